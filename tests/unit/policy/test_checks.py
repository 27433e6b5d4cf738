"""What the checks say, message by message: each case is a sound policy with some keys replaced."""

import re

import pytest

from rebalancer.policy import read_policy

SOUND = """
rebalancer: 1
name: demo
quote: USDT
assets: {BTC: {spot: BTC/USDT, future: BTC/USDT:USDT}}
signals: {carry: {funding: BTC/USDT:USDT}}
sleeves: {core: {kind: spot}, liquidity: {kind: cash}}
regimes: {calm: {targets: {core: 60%, liquidity: 40%}}, low: {targets: {core: 50%, liquidity: 50%}}}
initial_regime: calm
transitions: [{name: out, from: calm, to: low, when: {signal: carry, below: 0%}}]
rebalance: {every: 1w}
"""
HEDGED = (
    "regimes: {calm: {targets: {core: 60%, liquidity: 40%}, hedges: [HEDGE]}}\ntransitions: []\n"
)
SCALED = "they are scaled to that"
NO_ROOM = "a fee alone breaks it"


def messages(changes: str) -> list[str]:
    """The findings of the sound policy with the top-level keys of `changes` in place of its own."""
    written = set(re.findall(r"^\w+", changes, re.MULTILINE))
    kept = [line for line in SOUND.splitlines() if line.partition(":")[0] not in written]
    _, findings = read_policy("\n".join([*kept, changes]), "policy.yaml")
    return [finding.message for finding in findings if finding.code != "unused-signal"]


def when(condition: str) -> str:
    return f"transitions: [{{name: out, from: calm, to: low, when: {condition}}}]"


def hedged(hedge: str) -> str:
    return HEDGED.replace("HEDGE", hedge)


def test_the_policy_of_these_cases_is_sound() -> None:
    assert messages("") == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{signal: carry}", "the signal is not compared"),
        ("{below: 0%}", "`below` compares no signal"),
        ("{for: 3d}", "the condition says nothing"),
        ("{signal: carry, below: 0%, any: []}", "a comparison and `any` are in one condition"),
        (
            "{all: [{signal: carry, below: 0}], any: [{signal: carry, below: 0}]}",
            "`all` and `any` are in one condition",
        ),
        ("{any: []}", "`any` joins no condition"),
        ("{signal: carry, outside: [2, 1]}", "`outside` has its low 2 above its high 1"),
        ("{signal: carry, below: 0, coverage: 1}", "`coverage` says nothing without `for`"),
        ("{signal: carry, between: [{signal: x}, 1]}", "unknown signal `x`"),
        (
            "{signal: carry, below: {signl: x}}",
            "`below` compares with a number, or with one signal",
        ),
        ("{not: {signal: carry, below: {signal: y}}}", "unknown signal `y`"),
        ("{signal: carry, below: 0, for: 1d, max_gap: 0}", "`max_gap` must be at least 1, was 0"),
    ],
)
def test_a_condition_that_says_too_little_or_too_much(condition: str, expected: str) -> None:
    found = messages(when(condition))
    assert any(message.startswith(expected) for message in found), found


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ("{}", "the signal `carry` has no source"),
        ("{price: BTC/USDT, series: x}", "the signal `carry` has two sources, `price` and"),
        ("{basis: BTC/USDT:USDT}", "`over` is missing: a basis is over a spot price"),
        ("{price: BTC/USDT, over: BTC/USDT}", "`over` goes with `basis` only"),
        ("{funding: BTC/USDT}", "`BTC/USDT` is a spot pair, not a contract"),
        ("{price: BTC/USDT, apply: [{}]}", "an item of `apply` is empty"),
        ("{price: BTC/USDT, apply: [{min: 1d, max: 1d}]}", "`min` and `max` are in one item"),
        ("{price: BTC/USDT, range: [1]}", "`range` takes two values `[low, high]`, found a"),
        ("{portfolio: profit}", "`profit` is not one of drawdown, margin_"),
    ],
)
def test_a_signal_is_one_source_and_single_transforms(signal: str, expected: str) -> None:
    (found,) = messages(f"signals: {{carry: {signal}}}")
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("rebalance", "expected"),
    [
        ("{every: 1w, on: 08:00}", ["a calendar of weeks needs a weekday"]),
        ("{every: 4h, on: monday 00:00}", ["a weekday does not fit a calendar of 4h steps"]),
        ("{every: 4h, on: 04:00}", ["`on` must be before the step of 4h ends"]),
        ("{every: 4h, on: 03:59}", []),
        ("{every: 3d, on: 23:59}", []),
        ("{every: 2w, on: sunday 23:59}", []),
    ],
)
def test_the_time_fits_the_calendar(rebalance: str, expected: list[str]) -> None:
    assert messages(f"rebalance: {rebalance}") == expected


@pytest.mark.parametrize(
    ("hedge", "expected"),
    [
        ("{of: core, ratio: 50%, with: own}", []),
        ("{of: core, ratio: 50%, with: own, margin_from: cash}", ["unknown sleeve `cash`"]),
        (
            "{of: core, ratio: 50%, with: own, margin_from: core}",
            ["`core` is of kind spot, margin comes from cash"],
        ),
        ("{of: core, ratio: 50%, with: own, beta: 90d}", []),
        ("{of: core, ratio: 90%, with: own, beta: 90d}", []),
        ("{of: core, ratio: {target: 50%, range: [50%, 50%]}, with: own}", []),
        (
            "{of: core, ratio: {target: 50%, range: [51%, 60%]}, with: own}",
            ["the target 50% is not within its range 51% and 60%"],
        ),
        (
            "{of: core, ratio: {target: 50%, range: [60%, 40%]}, with: own}",
            ["`range` has its low 60% above its high 40%"],
        ),
        ("{of: core, ratio: 50%, with: BTC/USD:BTC}", []),
        ("{of: core, ratio: 50%, with: BTC/USDT:USDT-260327}", []),
        (
            "{of: core, ratio: 50%, with: SOL/USD:SOL}",
            ["`SOL/USD:SOL` is a contract on no asset of this policy"],
        ),
        ("{of: core, ratio: 150%, with: own}", ["`ratio` must be within 0% and 100%, was 150%"]),
        (
            "{of: core, ratio: 90%, with: own}",
            ["the hedges of `calm` need 54% of margin, `liquidity` has 40%: " + SCALED],
        ),
    ],
)
def test_a_hedge_takes_its_margin_from_cash(hedge: str, expected: list[str]) -> None:
    assert messages(hedged(hedge)) == expected


def test_a_hedge_without_any_cash_sleeve_has_no_margin() -> None:
    changes = (
        "sleeves: {core: {kind: spot}}\ntransitions: []\n"
        "regimes: {calm: {targets: {core: 100%}, hedges: [{of: core, ratio: 1%, with: own}]}}"
    )
    assert messages(changes) == ["no sleeve of kind cash pays the margin"]


@pytest.mark.parametrize(
    ("limits", "own", "expected"),
    [
        ("{gross_leverage: 2}", "{gross_leverage: 1.5}", []),
        ("{gross_leverage: 2}", "{futures_leverage: 9}", []),
        ("{net_exposure: [0%, 90%]}", "{net_exposure: [10%, 80%]}", []),
        (
            "{net_exposure: [0%, 90%]}",
            "{net_exposure: [-1%, 80%]}",
            ["`net_exposure` [-1%, 80%] is looser than the policy's [0%, 90%]"],
        ),
        ("{liquidation_distance: 20%}", "{liquidation_distance: 30%}", []),
        (
            "{liquidation_distance: 20%}",
            "{liquidation_distance: 10%}",
            ["`liquidation_distance` 10% is looser than the policy's 20%"],
        ),
        ("{asset_weight: 90%}", "{asset_weight: 80%}", []),
        (
            "{asset_weight: 90%}",
            "{asset_weight: 95%}",
            ["`asset_weight` 95% is looser than the policy's 90%"],
        ),
        ("{turnover: 20%}", "{turnover: 20%}", []),
        ("{turnover: 20%}", "{turnover: 30%}", ["`turnover` 30% is looser than the policy's 20%"]),
        ("{order_notional: 50000}", "{order_notional: 2500}", []),
        (
            "{order_notional: 50000}",
            "{order_notional: 62500.5}",
            ["`order_notional` 62,500.5 is looser than the policy's 50,000"],
        ),
    ],
)
def test_a_regime_only_tightens_limits(limits: str, own: str, expected: list[str]) -> None:
    regimes = f"{{calm: {{targets: {{core: 60%, liquidity: 40%}}, limits: {own}}}}}"
    assert messages(f"limits: {limits}\nregimes: {regimes}\ntransitions: []") == expected


def test_a_regime_is_held_to_its_own_limits_at_its_targets() -> None:
    changes = (
        "limits: {gross_leverage: 2}\ntransitions: []\n"
        "regimes: {calm: {targets: {core: 60%, liquidity: 40%}, limits: {gross_leverage: 0.5}}}"
    )
    expected = "the targets of `calm` make `gross_leverage` 0.6, the limit is 0.5"
    assert messages(changes) == [expected]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("{net_exposure: [-1%, 60.0001%]}", []),
        (
            "{net_exposure: [61%, 100%]}",
            ["the targets of `calm` make `net_exposure` 60%, the limit is [61%, 100%]"],
        ),
        (
            "{net_exposure: [0%, 60%]}",
            ["the targets of `calm` make `net_exposure` 60%, the limit is [0%, 60%]: " + NO_ROOM],
        ),
        ("{futures_leverage: 0.1}", []),
        (
            "{asset_weight: 59%}",
            ["the targets of `calm` make `asset_weight` 60%, the limit is 59%"],
        ),
        ("{turnover: 0.1%}", []),
        ("{order_notional: 0.01}", []),
    ],
)
def test_a_limit_is_compared_exactly_with_the_targets(limits: str, expected: list[str]) -> None:
    regimes = "regimes: {calm: {targets: {core: 60%, liquidity: 40%}}}\ntransitions: []"
    assert messages(f"limits: {limits}\n{regimes}") == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("assets: {BTC: {spot: BTC/USDC}}", ["`BTC/USDC` is priced in USDC, the policy in USDT"]),
        (
            "assets: {btc!: {spot: BTC/USDT}}",
            ["`btc!` is not a coin such as BTC", "`BTC/USDT` is of the coin BTC, not of btc!"],
        ),
        ("assets: {BTC: {spot: BTC-USDT}}", ["`BTC-USDT` is not a symbol such as BTC/USDT"]),
        ("stress: {price_move: {BTC: [5%, 40%]}}", ["`BTC` must move from at most 0% to at least"]),
        ("stress: {price_move: {BTC: [-100%, 0%]}}", ["`BTC` must be more than -100%, was -100%"]),
        (
            "sleeves: {core: {kind: spot, shares: {BTC: 90%}}, liquidity: {kind: cash}}",
            ["the shares of `core` sum to 90%, not to 100%"],
        ),
        (
            "sleeves: {core: {kind: basis, shares: {BTC: x}}, liquidity: {kind: cash}}",
            ["`x` is not a number such as"],
        ),
        ("limits: {margin_utilization: 0%}", ["`margin_utilization` must be more than 0% and"]),
        ("rebalance: {every: 1w, min_trade: -1}", ["`min_trade` must be at least 0, was -1"]),
        ("rebalance: {every: 1w, min_trade: 1%}", ["`1%` is not a number such as 25 or 1.5"]),
        ("verify: {nav: [100, 10]}", ["`nav` has its low 100 above its high 10"]),
        ("unmanaged: {sell: all}", ["`unmanaged` takes one of refuse, ignore, sell, found"]),
        ("name: two words", ["`two words` is not a name of letters, digits"]),
    ],
)
def test_other_messages(changes: str, expected: list[str]) -> None:
    found = messages(changes)
    assert len(found) == len(expected), found
    assert all(map(str.startswith, found, expected)), found


def test_transitions_that_differ_in_urgency_do_not_shadow_each_other() -> None:
    two = (
        "transitions:\n"
        "  - {name: a, from: calm, to: low, when: {signal: carry, below: 0%}}\n"
        "  - {name: b, from: calm, to: low, urgent: true, when: {signal: carry, below: 0%}}\n"
    )
    assert messages(two) == []
    reversed_urgency = two.replace("to: low, when", "to: low, urgent: true, when", 1)
    assert messages(reversed_urgency) == ["`a` is tried first and has the same condition"]
