"""The books that the planner is timed on, in small: they are what the benchmark says they are."""

import numpy as np
import pytest

from benchmarks import plan_batch
from benchmarks.plan_batch import bare_numpy, build_batch


@pytest.mark.parametrize("inside", [True, False])
def test_the_books_start_on_their_side_of_the_limits(
    monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    monkeypatch.setattr(plan_batch, "BOOKS", 200)

    batch = build_batch(inside=inside)
    planned = plan_batch.plan_batch(batch)

    assert len(batch.holdings.cash) == 200
    forced = (planned.destination.share > 0) | (planned.destination.factor < 1)
    assert planned.holds.all()
    # the band itself brings many of those outside back
    assert forced.mean() < 0.2 if inside else forced.mean() > 0.4


def test_bare_numpy_trades_back_to_the_band(monkeypatch: pytest.MonkeyPatch) -> None:
    # most of the books that start inside their limits trade what bare arithmetic would
    monkeypatch.setattr(plan_batch, "BOOKS", 200)
    batch = build_batch(inside=True)

    _, lots, _ = bare_numpy(batch)

    assert np.mean(lots[:, :3] == plan_batch.plan_batch(batch).orders.lots[:, :3]) > 0.5
