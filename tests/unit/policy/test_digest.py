from pathlib import Path

import pytest

from rebalancer.policy import read_policy

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
    ],
)
def test_a_change_of_meaning_changes_the_digest(text: str) -> None:
    assert digest_of(text) != digest_of(SOUND)


def test_the_order_of_transitions_is_meaning() -> None:
    start, middle = SOUND.index("  - name: premium gone"), SOUND.index("  - name: premium back")
    end = SOUND.index("\nlimits:")
    swapped = SOUND[:start] + SOUND[middle:end] + SOUND[start:middle] + SOUND[end:]
    assert digest_of(swapped) != digest_of(SOUND)
