from decimal import Decimal
from pathlib import Path

import pytest

from rebalancer.model.instant import DAY_US, HOUR_US, WEEK_US
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import (
    Amount,
    Asset,
    Comparison,
    Composite,
    Connective,
    Hedge,
    Leaf,
    Limits,
    OnBreach,
    Policy,
    Rebalance,
    Signal,
    SignalReference,
    Sleeve,
    SleeveKind,
    Source,
    SourceKind,
    Timing,
    TradeTo,
    Transform,
    TransformKind,
    Transition,
    Unmanaged,
    WhenStale,
)

COINS = """
rebalancer: 1
name: coins
quote: USDT
assets:
  BTC: {spot: BTC/USDT, future: {of: BTC/USD:BTC, roll: 7d}, share: 60%}
  ETH: {spot: ETH/USDT, future: ETH/USD:ETH, share: 40%}
signals:
  drop: {portfolio: drawdown}
  use: {portfolio: margin_utilization}
  lever: {portfolio: gross_leverage}
sleeves:
  core: {kind: spot}
  dollar: {kind: basis, collateral: coin}
  quarter: {kind: basis, leverage: 2, shares: {BTC: 100%}, future: {BTC: BTC/USDT:USDT-260327}}
  tilt:
    kind: synthetic
    leverage: 4
    shares: {ETH: 100%}
    future: {ETH: {of: ETH/USDT:USDT, roll: 36h}, BTC: {of: BTC/USDT:USDT, roll: 1d}}
  liquidity: {kind: cash}
regimes:
  calm: {targets: {core: 30%, dollar: 30%, quarter: 20%, tilt: 10%, liquidity: 10%}}
  guarded:
    targets: {core: 40%, liquidity: 60%}
    hedges:
      - {of: core, ratio: {target: 50%, range: [40%, 60%]}, with: own}
      - {of: core, ratio: 30%, with: BTC/USD:BTC, beta: 90d}
    limits: {asset_weight: 60%, turnover: 20%, order_notional: 10000}
initial_regime: calm
transitions:
  - name: trouble
    from: calm
    to: guarded
    when:
      any:
        - {signal: drop, below: -20%}
        - {signal: use, above: 70%}
        - {signal: lever, above: 2}
limits: {asset_weight: 90%, turnover: 40%, order_notional: 50000}
rebalance: {every: 1d}
execution: {max_leg_imbalance: 0%, price_collar: 20%}
"""

POLICIES = Path(__file__).parents[3] / "policies"

SMALL = """
rebalancer: 1
name: small
quote: USDT
assets: {BTC: {spot: BTC/USDT}}
sleeves: {core: {kind: spot}, liquidity: {kind: cash}}
regimes: {calm: {targets: {core: 90%, liquidity: 10%}}}
initial_regime: calm
rebalance: {every: 1d}
"""

RICH = """
rebalancer: 1
name: rich
description: Linear perpetuals and every kind of timing.
quote: USDT
assets:
  BTC: {spot: BTC/USDT, future: BTC/USDT:USDT, share: 60%}
  ETH: {spot: ETH/USDT, future: ETH/USDT:USDT, share: 40%}
signals:
  carry:
    funding: BTC/USDT:USDT
    apply: [{mean: 3d}, {quantile: {window: 90d, q: 90%}}]
    cadence: 8h
    max_age: 2d
    range: [-50%, 100%]
  premium: {basis: BTC/USDT:USDT, over: BTC/USDT}
  hurdle: {series: hurdle}
  link: {price: ETH/USDT, apply: [{correlation: {to: BTC/USDT, window: 30d}}]}
sleeves:
  core: {kind: spot, shares: {BTC: 100%, ETH: 0%}}
  yield: {kind: basis, leverage: 1.5}
  bets: {kind: long, leverage: 3, shares: {ETH: 100%}}
  liquidity: {kind: cash}
regimes:
  calm:
    description: The usual.
    targets: {core: {target: 50%, range: [40%, 55%]}, yield: 20%, liquidity: 30%}
    hedges:
      - {of: core, ratio: 50%, with: own, leverage: 2}
      - {of: yield, ratio: 0%, with: ETH/USDT:USDT, margin_from: liquidity}
    limits: {gross_leverage: 1.2, net_exposure: [0%, 90%]}
    min_dwell: 1w
  eager:
    targets: {bets: 10%, liquidity: 90%}
initial_regime: calm
transitions:
  - name: the carry pays
    from: [calm]
    to: eager
    when:
      any:
        - {signal: carry, above: {signal: hurdle}, for: 14d, share: 90%, coverage: 80%, max_gap: 2}
        - not: {signal: premium, between: [-5bp, 10bp]}
      for: 1d
  - {name: it does not, from: eager, to: calm, urgent: true, when: {signal: link, at_most: 0.20}}
limits: {gross_leverage: 2, futures_leverage: 5, margin_utilization: 60%, liquidation_distance: 20%}
stress: {price_move: {BTC: [-35%, 40%], ETH: [-45%, 50%]}}
rebalance:
  {every: 2w, on: wednesday 08:30, band: 150bp, to: target, min_trade: 25, on_breach: at_once}
execution: {slippage: 5bp, price_collar: none}
data: {max_age: 36h, when_stale: hold}
unmanaged: ignore
verify: {nav: [10000, 10000000], accept: {no-regime-is-a-trap: the desk decides}}
"""


def policy_of(text: str) -> Policy:
    policy, findings = read_policy(text, "policy.yaml")
    assert [str(finding) for finding in findings] == []
    assert policy is not None
    return policy


def test_what_a_policy_leaves_out_has_its_default() -> None:
    policy = policy_of(SMALL)
    assert policy.assets == (Asset("BTC", "BTC/USDT", None, Decimal(1)),)
    assert policy.sleeve("core") == Sleeve(
        "core", SleeveKind.SPOT, shares=(("BTC", Decimal(1)),), futures=()
    )
    assert policy.regime("calm").targets == (
        ("core", Amount(Decimal("0.9"))),
        ("liquidity", Amount(Decimal("0.1"))),
    )
    assert (policy.signals, policy.transitions, policy.stress) == ((), (), ())
    assert policy.limits == Limits()
    assert policy.rebalance == Rebalance(DAY_US, 0)
    assert policy.rebalance.to is TradeTo.EDGE
    assert policy.rebalance.on_breach is OnBreach.WAIT
    assert (policy.slippage, policy.max_age_us) == (Decimal(0), 2 * DAY_US)
    assert (policy.when_stale, policy.unmanaged) == (WhenStale.REDUCE_ONLY, Unmanaged.REFUSE)
    assert policy.description == ""
    assert (policy.rolls, policy.price_collar) == ((), None)
    assert policy.max_leg_imbalance == Decimal("0.05")


def test_weeks_begin_on_monday_at_midnight() -> None:
    policy = policy_of(SMALL.replace("every: 1d", "every: 1w"))
    assert policy.rebalance == Rebalance(WEEK_US, 0)


def test_assets_and_sleeves_are_compiled() -> None:
    policy = policy_of(RICH)
    assert policy.asset("ETH") == Asset("ETH", "ETH/USDT", "ETH/USDT:USDT", Decimal("0.4"))
    assert policy.sleeve("core").shares == (("BTC", Decimal(1)),)
    assert policy.sleeve("yield") == Sleeve(
        "yield",
        SleeveKind.BASIS,
        Decimal("1.5"),
        shares=(("BTC", Decimal("0.6")), ("ETH", Decimal("0.4"))),
        futures=(("BTC", "BTC/USDT:USDT"), ("ETH", "ETH/USDT:USDT")),
    )
    assert policy.sleeve("bets").futures == (("ETH", "ETH/USDT:USDT"),)
    assert policy.sleeve("liquidity") == Sleeve("liquidity", SleeveKind.CASH)


def test_signals_are_compiled() -> None:
    carry, premium, hurdle, link = policy_of(RICH).signals
    assert carry == Signal(
        "carry",
        Source(SourceKind.FUNDING, "BTC/USDT:USDT"),
        (
            Transform(TransformKind.MEAN, 3 * DAY_US),
            Transform(TransformKind.QUANTILE, 90 * DAY_US, q=Decimal("0.9")),
        ),
        cadence_us=8 * HOUR_US,
        max_age_us=2 * DAY_US,
        range=(Decimal("-0.5"), Decimal(1)),
    )
    assert premium.source == Source(SourceKind.BASIS, "BTC/USDT:USDT", over="BTC/USDT")
    assert hurdle.source == Source(SourceKind.SERIES, "hurdle")
    assert link.transforms == (Transform(TransformKind.CORRELATION, 30 * DAY_US, to="BTC/USDT"),)


def test_regimes_are_compiled_with_every_sleeve_and_tightened_limits() -> None:
    policy = policy_of(RICH)
    calm, eager = policy.regimes
    assert calm.targets == (
        ("core", Amount(Decimal("0.5"), Decimal("0.4"), Decimal("0.55"))),
        ("yield", Amount(Decimal("0.2"))),
        ("bets", Amount(Decimal(0))),
        ("liquidity", Amount(Decimal("0.3"))),
    )
    assert calm.hedges == (
        Hedge("core", Amount(Decimal("0.5")), "own", Decimal(2), "liquidity"),
        Hedge("yield", Amount(Decimal(0)), "ETH/USDT:USDT", Decimal(1), "liquidity"),
    )
    assert calm.limits == Limits(
        gross_leverage=Decimal("1.2"),
        net_exposure=(Decimal(0), Decimal("0.9")),
        futures_leverage=Decimal(5),
        margin_utilization=Decimal("0.6"),
        liquidation_distance=Decimal("0.2"),
    )
    assert (calm.min_dwell_us, calm.description) == (WEEK_US, "The usual.")
    assert eager.limits == policy.limits


def test_transitions_are_compiled_in_order() -> None:
    pays, stops = policy_of(RICH).transitions
    assert pays == Transition(
        "the carry pays",
        ("calm",),
        "eager",
        Composite(
            Connective.ANY,
            (
                Leaf(
                    "carry",
                    Comparison.ABOVE,
                    (SignalReference("hurdle"),),
                    Timing(14 * DAY_US, Decimal("0.9"), Decimal("0.8"), 2),
                    "above hurdle for 14d (90% of the time)",
                ),
                Composite(
                    Connective.NOT,
                    (
                        Leaf(
                            "premium",
                            Comparison.BETWEEN,
                            (Decimal("-0.0005"), Decimal("0.001")),
                            text="between -5bp and 10bp",
                        ),
                    ),
                ),
            ),
            Timing(DAY_US),
        ),
    )
    assert stops.urgent
    assert stops.when == Leaf("link", Comparison.AT_MOST, (Decimal("0.2"),), text="at most 0.2")


def test_the_rest_is_compiled() -> None:
    policy = policy_of(RICH)
    wednesday_us = 2 * DAY_US + 8 * HOUR_US + HOUR_US // 2
    assert policy.rebalance == Rebalance(
        2 * WEEK_US, wednesday_us, Decimal("0.015"), TradeTo.TARGET, Decimal(25), OnBreach.AT_ONCE
    )
    assert policy.stress == (
        ("BTC", Decimal("-0.35"), Decimal("0.4")),
        ("ETH", Decimal("-0.45"), Decimal("0.5")),
    )
    assert (policy.slippage, policy.max_age_us) == (Decimal("0.0005"), 36 * HOUR_US)
    assert (policy.when_stale, policy.unmanaged) == (WhenStale.HOLD, Unmanaged.IGNORE)


def test_a_rolled_family_stands_where_a_symbol_would() -> None:
    policy = policy_of(COINS)
    assert policy.asset("BTC").future == "BTC/USD:BTC-*"
    assert policy.sleeve("dollar").futures == (("BTC", "BTC/USD:BTC-*"), ("ETH", "ETH/USD:ETH"))
    assert policy.sleeve("tilt").futures == (("ETH", "ETH/USDT:USDT-*"),)


def test_only_families_that_are_traded_are_rolled() -> None:
    assert policy_of(COINS).rolls == (
        ("BTC/USD:BTC-*", 7 * DAY_US),
        ("ETH/USDT:USDT-*", 36 * HOUR_US),
    )


def test_a_dated_contract_without_a_roll_is_itself() -> None:
    assert policy_of(COINS).sleeve("quarter").futures == (("BTC", "BTC/USDT:USDT-260327"),)


def test_a_family_without_a_roll_is_its_perpetual() -> None:
    policy = policy_of(COINS.replace("{of: BTC/USD:BTC, roll: 7d}", "{of: BTC/USD:BTC}"))
    assert policy.asset("BTC").future == "BTC/USD:BTC"
    assert policy.rolls == (("ETH/USDT:USDT-*", 36 * HOUR_US),)


def test_only_coin_collateral_is_on_coin() -> None:
    sleeves = policy_of(COINS).sleeves
    assert [sleeve.name for sleeve in sleeves if sleeve.on_coin] == ["dollar"]
    assert sleeves[1].leverage == 1


def test_a_synthetic_sleeve_is_compiled() -> None:
    assert policy_of(COINS).sleeve("tilt") == Sleeve(
        "tilt",
        SleeveKind.SYNTHETIC,
        Decimal(4),
        shares=(("ETH", Decimal(1)),),
        futures=(("ETH", "ETH/USDT:USDT-*"),),
    )


def test_a_hedge_has_its_range_and_its_beta() -> None:
    half, third = Decimal("0.5"), Decimal("0.3")
    assert policy_of(COINS).regime("guarded").hedges == (
        Hedge("core", Amount(half, Decimal("0.4"), Decimal("0.6")), "own", Decimal(1), "liquidity"),
        Hedge("core", Amount(third), "BTC/USD:BTC", Decimal(1), "liquidity", 90 * DAY_US),
    )


def test_limits_of_weight_turnover_and_order_are_tightened_by_regimes() -> None:
    policy = policy_of(COINS)
    assert policy.limits == Limits(
        asset_weight=Decimal("0.9"), turnover=Decimal("0.4"), order_notional=Decimal(50000)
    )
    assert policy.regime("guarded").limits == Limits(
        asset_weight=Decimal("0.6"), turnover=Decimal("0.2"), order_notional=Decimal(10000)
    )


def test_rules_of_execution_are_compiled() -> None:
    policy = policy_of(COINS)
    assert (policy.max_leg_imbalance, policy.price_collar) == (Decimal(0), Decimal("0.2"))
    assert policy_of(RICH).price_collar is None


def test_a_signal_may_read_each_number_of_the_portfolio() -> None:
    assert [signal.source for signal in policy_of(COINS).signals] == [
        Source(SourceKind.PORTFOLIO, "drawdown"),
        Source(SourceKind.PORTFOLIO, "margin_utilization"),
        Source(SourceKind.PORTFOLIO, "gross_leverage"),
    ]


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_of_the_repository_has_no_findings_and_its_own_name(path: Path) -> None:
    if path.name.endswith(".test.yaml"):
        pytest.skip("a test beside a policy, not a policy")
    assert policy_of(path.read_text(encoding="utf-8")).name == path.stem
