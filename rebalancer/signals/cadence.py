"""How often a source is observed: declared, or the commonest spacing in the rows so far."""

from collections import Counter

import numpy as np

from rebalancer.model.instant import SECOND_US
from rebalancer.model.market import Times
from rebalancer.model.observations import UNBOUNDED_US, whole_seconds


def commonest_spacings(time_us: Times) -> Times:
    """Return for each row the commonest spacing in the rows up to it, in microseconds.

    Spacings count as whole seconds; of equally common ones the shortest. The first row has no
    spacing yet: `UNBOUNDED_US`.
    """
    spacing_s = whole_seconds(np.diff(time_us))
    if len(spacing_s) and (spacing_s == spacing_s[0]).all():
        cadence_us = np.full(len(time_us), spacing_s[0] * SECOND_US)
    else:
        cadence_us = np.array([0, *_leading(spacing_s.tolist())], dtype=np.int64)[: len(time_us)]
        cadence_us *= SECOND_US
    cadence_us[:1] = UNBOUNDED_US
    return cadence_us


def _leading(spacings_s: list[int]) -> list[int]:
    """Return for each prefix of the spacings its commonest one, the shortest of equals."""
    counts: Counter[int] = Counter()
    leader, leading = 0, []
    for spacing_s in spacings_s:
        counts[spacing_s] += 1
        if (-counts[spacing_s], spacing_s) < (-counts[leader], leader):
            leader = spacing_s
        leading.append(leader)
    return leading
