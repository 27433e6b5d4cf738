import numpy as np
import pytest

from rebalancer.model.market import rows_until


@pytest.mark.parametrize(("at_us", "count"), [(9, 0), (10, 1), (19, 1), (20, 2), (99, 3)])
def test_a_row_is_known_from_its_own_stamp_on(at_us: int, count: int) -> None:
    assert rows_until(np.array([10, 20, 30]), at_us) == count


def test_nothing_is_known_of_no_rows() -> None:
    assert rows_until(np.array([], dtype=np.int64), 10) == 0
