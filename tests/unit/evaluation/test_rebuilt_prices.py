import numpy as np

from rebalancer.evaluation.blocks import Blocks
from rebalancer.evaluation.rebuilt_prices import chain_scales, coin_of, rebuild_bars
from rebalancer.model.market import Bars, Market
from tests.small_policies import bars, days
from tests.unit.evaluation.small_markets import (
    INSTRUMENTS,
    OTHER,
    PERPETUAL,
    SPOT,
    blocks_of,
    market_of,
    wide_bars,
)

UP_AND_DOWN: list[float] = [100, 200, 400, 200, 100]


def rebuilt(market: Market, blocks: Blocks, symbol: str = SPOT) -> Bars:
    scales = chain_scales(market, blocks)
    return rebuild_bars(market.bars[symbol], scales[coin_of(INSTRUMENTS[symbol])])


def spot_of(closes: list[float], *times: float) -> Market:
    return market_of({SPOT: wide_bars(days(*(times or range(len(closes)))), closes)})


def test_returns_are_chained_across_a_join() -> None:
    path = rebuilt(spot_of(UP_AND_DOWN), blocks_of(2, 2, -2))
    assert path.time_us.tolist() == days(0, 1, 2, 3, 4).tolist()
    assert path.close.tolist() == [100, 50, 25, 50, 100]


def test_a_bar_keeps_its_shape() -> None:
    path = rebuilt(spot_of(UP_AND_DOWN), blocks_of(2, 2, -2))
    assert path.open.tolist() == [50, 25, 12.5, 25, 50]
    assert path.high.tolist() == [200, 100, 50, 100, 200]
    assert path.low.tolist() == [25, 12.5, 6.25, 12.5, 25]


def test_blocks_in_their_own_place_are_history_to_the_bit() -> None:
    market = spot_of([3.1, 7.7, 0.3, 9.9, 1.1])
    path = rebuilt(market, blocks_of(2, 0, 0))
    for name in ("open", "high", "low", "close"):
        assert getattr(path, name).tolist() == getattr(market.bars[SPOT], name).tolist()


def test_a_perpetual_keeps_the_basis_of_the_drawn_time() -> None:
    times = days(0, 1, 2, 3, 4)
    market = market_of(
        {
            SPOT: bars(times, UP_AND_DOWN),
            PERPETUAL: bars(times, [101, 204, 412, 208, 105]),
        }
    )
    blocks = blocks_of(2, 2, -2)
    spot, perpetual = (rebuilt(market, blocks, symbol) for symbol in (SPOT, PERPETUAL))
    basis = (perpetual.close / spot.close - 1).round(12)
    assert basis.tolist() == [0.01, 0.04, 0.05, 0.02, 0.03]


def test_each_coin_is_chained_by_itself() -> None:
    times = days(0, 1, 2, 3, 4)
    market = market_of({SPOT: bars(times, UP_AND_DOWN), OTHER: bars(times, [8, 16, 16, 16, 64])})
    assert rebuilt(market, blocks_of(2, 2, -2)).close.tolist() == [100, 50, 25, 50, 100]
    assert rebuilt(market, blocks_of(2, 2, -2), OTHER).close.tolist() == [8, 8, 32, 64, 64]


def test_a_coin_that_starts_late_starts_where_it_did() -> None:
    market = market_of(
        {
            SPOT: bars(days(*range(7)), [1] * 7),
            OTHER: bars(days(3, 4, 5, 6), [8, 16, 64, 128]),
        }
    )
    path = rebuilt(market, blocks_of(2, 3, 1, -1), OTHER)
    assert path.time_us.tolist() == days(3, 4, 5, 6).tolist()
    # day 4 shows day 5, four times its day before; days 5 and 6 show days 4 and 5
    assert path.close.tolist() == [8, 32, 64, 256]


def test_a_source_without_a_bar_is_quiet() -> None:
    market = spot_of([100, 200, 400, 200, 100, 50, 25], 0, 1, 2, 3, 4, 6, 7)
    path = rebuilt(market, blocks_of(4, 3, 0))
    # days 1 to 4 show days 4 to 7, of which day 5 has no bar
    assert path.close.tolist()[:5] == [100, 50, 50, 25, 12.5]
    assert (path.open[2], path.high[2], path.low[2]) == (50, 50, 50)


def test_a_bar_after_a_gap_spans_all_that_its_source_has() -> None:
    market = spot_of([100, 200, 100, 400, 200, 100], 0, 1, 3, 4, 5, 6)
    path = rebuilt(market, blocks_of(3, 3, 0))
    # day 3 shows days 5 and 6, since day 2 has no bar
    assert path.close.tolist()[:3] == [100, 400, 100]
    assert (path.open[2], path.high[2], path.low[2]) == (100, 400, 25)


def test_a_bar_after_a_gap_spans_nothing_before_its_block() -> None:
    market = spot_of([100, 200, 100, 400, 200, 100], 0, 1, 3, 4, 5, 6)
    path = rebuilt(market, blocks_of(2, 0, 2, 0))
    # the bar before day 3 is day 1, but its block begins after day 2 and shows day 5 alone, where
    # the price halves: as day 2 was as dear as day 1, to 100
    assert path.close.tolist()[:3] == [100, 200, 100]
    assert (path.open[2], path.high[2], path.low[2]) == (50, 200, 25)


def test_a_price_that_steps_only_at_joins_stays_flat() -> None:
    market = spot_of([100, 100, 100, 300, 300, 300])
    path = rebuilt(market, blocks_of(2, 0, 1, -4))
    assert path.close.tolist() == [100, 100, 100, 100, 100, 100]


def test_the_first_symbol_of_a_coin_is_its_reference_and_of_two_the_spot_pair() -> None:
    late, early = days(1, 2, 3), days(0, 1, 2, 3)
    both = market_of({PERPETUAL: bars(early, [1] * 4), SPOT: bars(early, [1] * 4)})
    assert [scale.reference for scale in chain_scales(both, blocks_of(9, 0)).values()] == [SPOT]
    young = market_of({SPOT: bars(late, [1] * 3), PERPETUAL: bars(early, [1] * 4)})
    (scale,) = chain_scales(young, blocks_of(9, 0)).values()
    assert (scale.reference, scale.anchor_us) == (PERPETUAL, int(early[0]))


def test_observed_bars_stay_as_they_are() -> None:
    market = spot_of([100, 200, 100, 400, 200, 100], 0, 1, 3, 4, 5, 6)
    before = [getattr(market.bars[SPOT], name).copy() for name in ("open", "high", "low", "close")]
    rebuilt(market, blocks_of(3, 3, 0))
    after = [getattr(market.bars[SPOT], name) for name in ("open", "high", "low", "close")]
    assert np.array_equal(before, after)
