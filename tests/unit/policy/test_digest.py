from dataclasses import replace
from pathlib import Path

import pytest

from rebalancer.policy import read_policy
from rebalancer.policy.compiled import SleeveKind
from rebalancer.policy.digest import digest_policy

SOUND = (Path(__file__).parents[2] / "bad_input" / "policies" / "sound.yaml").read_text("utf-8")


def digest_of(text: str) -> str:
    policy, findings = read_policy(text, "policy.yaml")
    assert policy is not None, findings
    return policy.digest


def changed(old: str, new: str) -> str:
    assert old in SOUND
    return SOUND.replace(old, new, 1)


def test_a_digest_names_its_hash() -> None:
    prefix, _, digits = digest_of(SOUND).partition(":")
    assert prefix == "sha256"
    assert len(digits) == 64
    assert set(digits) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        SOUND + "# a remark\n",
        changed("name: small", "name: 'small'"),
        changed("name: small", "name: small\ndescription: for a test"),
        changed(
            "core: 60%, carry: 30%, liquidity: 10%", "liquidity: 1000bp, carry: 0.30, core: 0.6"
        ),
        changed(
            "kind: basis, leverage: 2", "leverage: 2.00, kind: basis, shares: {ETH: 0.4, BTC: 0.6}"
        ),
        changed("core: {kind: spot}", "core: {kind: spot}\n  # the rest"),
        changed("from: calm", "from: [calm]"),
        changed("for: 7d", "for: 1w"),
        changed("for: 7d", "for: 168h, share: 100%, coverage: 90%, max_gap: 3"),
        changed("ratio: 50%, with: own", "with: own, ratio: 0.5, margin_from: liquidity"),
        changed("ratio: 50%, with: own", "with: own, ratio: 50.0%, leverage: 1"),
        changed("every: 1w\n  on: monday 00:00\n  band: 2%", "band: 0.02\n  every: 7d\n  to: edge"),
        changed("band: 2%", "band: 2%\ndata: {max_age: 48h}\nunmanaged: refuse"),
        changed("band: 2%", "band: 2%\nverify: {nav: [1000, 2000]}"),
        changed("band: 2%", "band: 2%\nexecution: {max_leg_imbalance: 5%}"),
        changed("band: 2%", "band: 2%\nexecution: {price_collar: none, slippage: 0bp}"),
        changed("kind: basis, leverage: 2", "kind: basis, leverage: 2, collateral: quote"),
        changed("future: BTC/USDT:USDT", "future: {of: BTC/USDT:USDT}"),
        changed("ratio: 50%", "ratio: {target: 50%}"),
    ],
)
def test_spelling_order_and_defaults_do_not_change_the_digest(text: str) -> None:
    assert digest_of(text) == digest_of(SOUND)


@pytest.mark.parametrize(
    "text",
    [
        changed("name: small", "name: large"),
        changed("carry: 30%, liquidity: 10%", "carry: 29%, liquidity: 11%"),
        changed("leverage: 2", "leverage: 2.000001"),
        changed("initial_regime: calm", "initial_regime: guarded"),
        changed("urgent: true", "urgent: false"),
        changed("below: 0%, for: 3d", "at_most: 0%, for: 3d"),
        changed("below: 0%, for: 3d", "below: 0%, for: 3d, share: 99%"),
        changed("      all:", "      any:"),
        changed("name: premium back", "name: premium returns"),
        changed("gross_leverage: 1.5", "gross_leverage: 1.6"),
        changed("[-1%, 101%]", "[-2%, 101%]"),
        changed("BTC: [-35%, 40%]", "BTC: [-35%, 41%]"),
        changed("on: monday 00:00", "on: monday 00:01"),
        changed("band: 2%", "band: 2%\n  to: target"),
        changed("band: 2%", "band: 2%\nexecution: {slippage: 1bp}"),
        changed("band: 2%", "band: 2%\nunmanaged: sell"),
        changed("band: 2%", "band: 2%\nexecution: {max_leg_imbalance: 0%}"),
        changed("band: 2%", "band: 2%\nexecution: {price_collar: 20%}"),
        changed("future: BTC/USDT:USDT", "future: BTC/USDT:USDT-260327"),
        changed("future: BTC/USDT:USDT", "future: {of: BTC/USDT:USDT, roll: 7d}"),
        changed("with: own", "with: own, beta: 90d"),
        changed("ratio: 50%", "ratio: {target: 50%, range: [40%, 60%]}"),
        changed("gross_leverage: 1.5", "gross_leverage: 1.5\n  turnover: 20%"),
        changed("gross_leverage: 1.5", "gross_leverage: 1.5\n  asset_weight: 90%"),
        changed("gross_leverage: 1.5", "gross_leverage: 1.5\n  order_notional: 50000"),
    ],
)
def test_a_change_of_meaning_changes_the_digest(text: str) -> None:
    assert digest_of(text) != digest_of(SOUND)


def test_the_order_of_transitions_is_meaning() -> None:
    start, middle = SOUND.index("  - name: premium gone"), SOUND.index("  - name: premium back")
    end = SOUND.index("\nlimits:")
    swapped = SOUND[:start] + SOUND[middle:end] + SOUND[start:middle] + SOUND[end:]
    assert digest_of(swapped) != digest_of(SOUND)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{of: BTC/USDT:USDT, roll: 7d}", "{of: BTC/USDT:USDT, roll: 8d}"),
        ("BTC/USDT:USDT-260327", "BTC/USDT:USDT-260626"),
    ],
)
def test_contracts_that_differ_in_their_time_are_different(before: str, after: str) -> None:
    old = "future: BTC/USDT:USDT"
    assert digest_of(changed(old, f"future: {before}")) != digest_of(
        changed(old, f"future: {after}")
    )


@pytest.mark.parametrize(
    ("old", "before", "after"),
    [
        ("with: own", "with: own, beta: 90d", "with: own, beta: 91d"),
        (
            "ratio: 50%",
            "ratio: {target: 50%, range: [40%, 60%]}",
            "ratio: {target: 50%, range: [40%, 61%]}",
        ),
    ],
)
def test_hedges_that_differ_in_a_window_or_a_range_are_different(
    old: str, before: str, after: str
) -> None:
    assert digest_of(changed(old, before)) != digest_of(changed(old, after))


def test_collateral_alone_is_meaning() -> None:
    policy, _ = read_policy(SOUND, "policy.yaml")
    assert policy is not None
    sleeves = tuple(
        replace(sleeve, on_coin=True) if sleeve.kind is SleeveKind.BASIS else sleeve
        for sleeve in policy.sleeves
    )
    assert digest_policy(replace(policy, sleeves=sleeves)) != digest_policy(policy)


def test_the_order_of_rolled_families_says_nothing() -> None:
    rolled = changed("future: BTC/USDT:USDT", "future: {of: BTC/USDT:USDT, roll: 7d}").replace(
        "future: ETH/USDT:USDT", "future: {of: ETH/USDT:USDT, roll: 3d}"
    )
    bitcoin, ether = rolled.splitlines()[5:7]
    swapped = rolled.replace(f"{bitcoin}\n{ether}", f"{ether}\n{bitcoin}")
    assert swapped != rolled
    assert digest_of(swapped) == digest_of(rolled)
