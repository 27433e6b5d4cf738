import numpy as np

from rebalancer.evaluation.openings import Openings
from tests.unit.evaluation.small_histories import btc_market, day


def test_many_times_open_at_the_bars_that_each_alone_does() -> None:
    openings = Openings(btc_market([100.0, 110.0, 120.0, 130.0]))
    times = np.array([day(0), day(0.5), day(1), day(1.75), day(2), day(3), day(9)])

    at_us, row_us, price = openings.next_openings("BTC/USDT", times)

    for place, time_us in enumerate(times.tolist()):
        alone = openings.next_opening("BTC/USDT", decided_us=time_us)
        if alone is None:
            assert np.isnan(price[place])
        else:
            found = (int(at_us[place]), int(row_us[place]), float(price[place]))
            assert found == (alone.at_us, alone.row_us, alone.price)


def test_a_symbol_without_bars_never_opens() -> None:
    _, _, price = Openings(btc_market([100.0, 110.0])).next_openings("ETH/USDT", np.array([day(0)]))
    assert np.isnan(price).all()
