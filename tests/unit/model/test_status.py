import pytest

from rebalancer.model.status import Reading


@pytest.mark.parametrize(
    ("age_us", "max_age_us", "is_stale"),
    [(10, 10, False), (11, 10, True), (None, 10, False), (11, None, False), (None, None, False)],
)
def test_a_signal_is_stale_when_its_last_observation_is_too_old(
    age_us: int | None, max_age_us: int | None, *, is_stale: bool
) -> None:
    reading = Reading("wind", None, observed_us=0, age_us=age_us, max_age_us=max_age_us)

    assert reading.is_stale is is_stale
