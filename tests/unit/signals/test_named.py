from dataclasses import replace
from decimal import Decimal

from rebalancer.model.market import Market
from rebalancer.policy.compiled import (
    OWN,
    Amount,
    Asset,
    Hedge,
    Regime,
    Signal,
    Sleeve,
    SleeveKind,
    Source,
    SourceKind,
    TransformKind,
)
from rebalancer.signals.named import named_range, named_series, named_symbols
from tests.small_policies import MARKET_OF, bars, days, policy_of, price_signal, series_signal


def hedge(instrument: str) -> Hedge:
    return Hedge("core", Amount(Decimal(1)), instrument, Decimal(1), "cash")


POLICY = replace(
    policy_of(
        [
            price_signal(TransformKind.BETA, "3d", to="E/Q"),
            Signal("basis", Source(SourceKind.BASIS, "F/Q:Q", over="G/Q")),
            series_signal("outlook"),
        ],
        [],
        regimes=[Regime("calm", (), hedges=(hedge("H/Q:Q"), hedge(OWN)))],
    ),
    assets=(Asset("A", "A/Q", "A/Q:Q", Decimal(1)), Asset("C", None, None, Decimal(0))),
    sleeves=(Sleeve("core", SleeveKind.SHORT, futures=(("A", "S/Q:Q"),)),),
)


def test_a_policy_names_symbols_in_assets_sleeves_hedges_and_signals() -> None:
    named = {"A/Q", "A/Q:Q", "S/Q:Q", "H/Q:Q", "BTC/USDT", "E/Q", "F/Q:Q", "G/Q"}
    assert named_symbols(POLICY) == named
    assert named_series(POLICY) == {"outlook"}


def test_the_range_of_rows_leaves_out_what_the_policy_does_not_name() -> None:
    rows = {"A/Q": bars(days(3, 4), [1, 1]), "other": bars(days(0, 9), [1, 1])}
    assert named_range(POLICY, Market({}, MARKET_OF, bars=rows)) == tuple(days(3, 4).tolist())


def test_a_market_without_rows_has_no_range() -> None:
    assert named_range(POLICY, Market({}, MARKET_OF, bars={"A/Q": bars(days(), [])})) is None
