import numpy as np
import pytest

from rebalancer.model.contracts import margin_at_leverage, notional, profit
from rebalancer.model.liquidation import Backing, liquidation_price
from rebalancer.model.margin import Floats, MarginTiers, maintenance_margin, margin_tiers
from tests.small_plans import perpetual


def tiers_of(*rows: tuple[str, str]) -> MarginTiers:
    return margin_tiers(perpetual("BTC", tiers=[(floor, rate, "1") for floor, rate in rows]))


FLAT = tiers_of(("0", "0.4%"))
STEEP = tiers_of(("0", "0.5%"), ("50000", "5%"), ("500000", "20%"))
COIN_STEEP = tiers_of(("0", "0.5%"), ("1", "5%"), ("10", "20%"))


def published_tier(maintenance: float, cum: float) -> MarginTiers:
    """A rate and its cum, over a tier without margin that makes them continuous."""
    columns = ([0.0, cum / maintenance], [0.0, maintenance], [0.0, cum], [1.0, 1.0])
    return MarginTiers(*map(np.array, columns))


def linear(size: float, entry: float, wallet: float, tiers: MarginTiers = FLAT) -> float:
    return liquidation_price(size, entry, backing=Backing(wallet), tiers=tiers, inverse=False)


def inverse(size: float, entry: float, wallet: float, tiers: MarginTiers = FLAT) -> float:
    return liquidation_price(size, entry, backing=Backing(wallet), tiers=tiers, inverse=True)


def test_two_positions_of_one_cross_wallet_as_a_venue_publishes_them() -> None:
    """A Binance FAQ: 109.488 BTC and 3,683.979 ETH long share a wallet of 1,535,443.01."""
    btc, eth = published_tier(0.025, 16_300.0), published_tier(0.1, 135_365.0)
    btc_mark, eth_mark = np.array([31_967.27]), np.array([1_335.18])
    btc_size, eth_size = np.array([109.488]), np.array([3_683.979])
    btc_entry, eth_entry = np.array([32_481.98]), np.array([1_456.84])

    def backing(size: Floats, entry: Floats, mark: Floats, tiers: MarginTiers) -> Backing:
        needs = maintenance_margin(notional(size, mark, inverse=False), tiers)
        return Backing(1_535_443.01, needs, profit(size, entry=entry, mark=mark, inverse=False))

    at_btc = liquidation_price(
        btc_size,
        btc_entry,
        backing=backing(eth_size, eth_entry, eth_mark, eth),
        tiers=btc,
        inverse=False,
    )
    at_eth = liquidation_price(
        eth_size,
        eth_entry,
        backing=backing(btc_size, btc_entry, btc_mark, btc),
        tiers=eth,
        inverse=False,
    )
    assert at_btc == pytest.approx([26_316.89], abs=0.005)
    assert at_eth == pytest.approx([1_153.26], abs=0.005)


def test_the_tier_is_that_of_the_price_of_liquidation_not_of_today() -> None:
    # 400 short at 100: 40,000 pays 0.5 % today; at 200 it is 80,000, and 5 % less cum 2,250
    assert linear(-400.0, 100.0, 40_000.0, STEEP) == pytest.approx((80_000 + 2_250) / 420)
    # 600 long at 100: 60,000 pays 5 % today, and at half the price 0.5 %
    assert linear(600.0, 100.0, 30_000.0, STEEP) == pytest.approx(30_000 / (600 * 0.995))


def test_a_fully_backed_long_is_never_liquidated() -> None:
    assert linear(2.0, 100.0, 200.0) == 0
    assert linear(2.0, 100.0, 5_000.0) == 0
    assert linear(2.0, 100.0, 199.0) == pytest.approx(1 / (2 * 0.996))
    assert linear(2.0, 100.0, 199.999999) == pytest.approx(0.000001 / (2 * 0.996), rel=1e-6)


def test_a_linear_short_always_has_a_price() -> None:
    assert linear(-2.0, 100.0, 200.0) == pytest.approx(200 / 1.004)
    assert linear(-2.0, 100.0, 20_000.0) == pytest.approx(20_200 / 2 / 1.004)


def test_an_inverse_short_is_safe_exactly_where_its_coins_cover_it() -> None:
    assert inverse(-40_000.0, 40_000.0, 1.0) == np.inf
    assert inverse(-40_000.0, 40_000.0, 2.0) == np.inf
    assert inverse(-40_000.0, 40_000.0, 0.99) == pytest.approx(40_000 * 0.996 / 0.01)
    assert inverse(-40_000.0, 40_000.0, 0.999999) == pytest.approx(40_000 * 0.996e6, rel=1e-6)


def test_rounding_does_not_liquidate_a_synthetic_dollar() -> None:
    coins, marks = np.meshgrid([0.1, 1 / 3, 7.7], [3.0, 0.07, 41_237.1])
    found = liquidation_price(
        -coins * marks, marks, backing=Backing(coins), tiers=COIN_STEEP, inverse=True
    )
    assert np.isinf(found).all()


def test_the_cum_of_a_high_tier_does_not_make_an_inverse_short_safe() -> None:
    """A rally shrinks the notional in coins, so the position leaves the tier and its cum."""
    # 20 coins of notional: the tier from 10 coins has a cum of 1.545, the first has none
    backing = 20 - 0.5
    assert COIN_STEEP.cum.tolist() == pytest.approx([0, 0.045, 1.545])
    assert inverse(-20_000.0, 1_000.0, backing, COIN_STEEP) == pytest.approx(20_000 * 0.995 / 0.5)


def test_an_inverse_long_always_has_a_price() -> None:
    assert inverse(40_000.0, 40_000.0, 1.0) == pytest.approx(40_000 * 1.004 / 2)
    assert inverse(40_000.0, 40_000.0, 1_000.0) == pytest.approx(40_000 * 1.004 / 1_001)


def test_nothing_behind_a_position_liquidates_it_at_any_mark() -> None:
    """The other positions of a cross wallet may have lost more than it held."""
    ruined = Backing(100.0, other_maintenance=50.0, other_profit=-1_000.0)
    assert ruined.free == -950

    def at(size: float, entry: float, *, inverse: bool) -> float:
        return liquidation_price(size, entry, backing=ruined, tiers=FLAT, inverse=inverse)

    assert at(-1.0, 900.0, inverse=False) == 0
    assert at(1_000.0, 2.0, inverse=True) == np.inf
    assert at(1.0, 900.0, inverse=False) == pytest.approx(1_850 / 0.996)
    assert at(-1_000.0, 2.0, inverse=True) == pytest.approx(996 / 1_450)


def test_a_close_fee_brings_liquidation_nearer() -> None:
    backing = Backing(margin_at_leverage(1.0, 100.0, leverage=3.0, inverse=False))
    at = liquidation_price(1.0, 100.0, backing=backing, tiers=FLAT, inverse=False, close_fee=0.0006)
    assert at == pytest.approx(100 * (2 / 3) / (1 - 0.0046))
    assert at > linear(1.0, 100.0, 100 / 3)


def test_no_position_has_no_price() -> None:
    sizes = np.array([0.0, 1.0])
    at = liquidation_price(
        sizes, np.full(2, 100.0), backing=Backing(50.0), tiers=FLAT, inverse=True
    )
    assert np.isnan(at).tolist() == [True, False]
    assert np.isnan(linear(0.0, 100.0, 50.0))


def test_a_batch_is_the_same_as_its_rows() -> None:
    sizes = np.array([[1.0, -1.0], [900.0, -900.0]])
    entry, wallet = np.array([100.0, 90.0]), np.array([[40.0], [30_000.0]])
    together = liquidation_price(sizes, entry, backing=Backing(wallet), tiers=STEEP, inverse=False)
    assert together.shape == (2, 2)
    for row in range(2):
        for column in range(2):
            alone = linear(
                float(sizes[row, column]), float(entry[column]), float(wallet[row, 0]), STEEP
            )
            assert together[row, column] == alone


def test_a_tier_that_asks_for_the_whole_notional_never_meets() -> None:
    """Equity and maintenance margin of a long then rise together: the room stays what it is."""
    whole = tiers_of(("0", "100%"))
    assert linear(1.0, 100.0, 101.0, whole) == 0
    assert linear(1.0, 100.0, 100.0, whole) == np.inf
    assert linear(1.0, 100.0, 99.0, whole) == np.inf
    assert linear(-1.0, 100.0, 100.0, whole) == 100


def test_a_rate_above_the_whole_notional_is_refused() -> None:
    with pytest.raises(ValueError, match="must not pass 100 %"):
        liquidation_price(
            1.0,
            100.0,
            backing=Backing(1.0),
            tiers=tiers_of(("0", "99.5%")),
            inverse=False,
            close_fee=0.01,
        )
