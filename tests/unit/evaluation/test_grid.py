from decimal import Decimal
from pathlib import Path

import pytest

from rebalancer.errors import InvalidInput, UsageError
from rebalancer.evaluation.grid import build_variants
from rebalancer.evaluation.policy_variant import PolicyVariant
from rebalancer.policy import read_policy

TEXT = (Path(__file__).parents[3] / "policies" / "dynamic-rebalancing.yaml").read_text("utf-8")
ABOVE = "transitions.premium_pays.when.above"
MUCH = "not-a-number: `much` is not a number such as 25, 1.5, 10% or 5bp, in the variant"
TWICE = "out-of-range: `band` must be within 0% and 100%, was 200%, in the variant"


def variants_of(*settings: str) -> tuple[PolicyVariant, ...]:
    return build_variants(TEXT, "policy.yaml", settings=settings)


def findings_of(*settings: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        variants_of(*settings)
    return [f"{finding.code}: {finding.message}" for finding in caught.value.findings]


def refusal_of(*settings: str) -> str:
    with pytest.raises(UsageError) as caught:
        variants_of(*settings)
    return str(caught.value)


def test_without_settings_the_policy_is_as_written() -> None:
    (variant,) = variants_of()
    assert variant.label == "as written"
    assert (variant.policy, ()) == read_policy(TEXT, "policy.yaml")


def test_the_first_setting_changes_slowest() -> None:
    variants = variants_of(f"{ABOVE}=8%,10%", "rebalance.band=1%,3%,2%")
    assert [(variant.values[0][1], variant.values[1][1]) for variant in variants] == [
        ("8%", "1%"),
        ("8%", "3%"),
        ("8%", "2%"),
        ("10%", "1%"),
        ("10%", "3%"),
        ("10%", "2%"),
    ]
    assert [variant.policy.rebalance.band for variant in variants[:3]] == [
        Decimal("0.01"),
        Decimal("0.03"),
        Decimal("0.02"),
    ]


def test_a_label_names_each_path_and_value() -> None:
    variant = variants_of(f"{ABOVE}=8%", "rebalance.band=1%")[0]
    assert variant.label == "transitions.premium_pays.when.above=8%, rebalance.band=1%"


def test_a_variant_is_the_policy_that_a_person_would_write() -> None:
    written = TEXT.replace("above: 10%, for: 14d", "above: 8%, for: 14d")
    written = written.replace("rebalance:\n", "execution: {slippage: 3bp}\nrebalance:\n")
    assert written.count("above: 8%") == written.count("slippage") == 1
    (variant,) = variants_of(f"{ABOVE}=8%", "execution.slippage=3bp")
    assert variant.policy == read_policy(written, "policy.yaml")[0]


def test_a_value_of_its_own_changes_no_digest() -> None:
    digest = variants_of()[0].policy.digest
    same, other = variants_of(f"{ABOVE}=10%,11%")
    assert same.policy.digest == digest
    assert other.policy.digest != digest


def test_a_finding_says_which_variants_have_it() -> None:
    assert findings_of(f"{ABOVE}=8%,much", "rebalance.band=1%,2%,3%") == [
        f"{MUCH} `{ABOVE}=much, rebalance.band=1%` and 2 more"
    ]


def test_the_findings_of_all_variants_come_in_source_order() -> None:
    assert findings_of("rebalance.band=1%,200%", f"{ABOVE}=8%,much") == [
        f"{MUCH} `rebalance.band=1%, {ABOVE}=much` and 1 more",
        f"{TWICE} `rebalance.band=200%, {ABOVE}=8%` and 1 more",
    ]


def test_warnings_of_a_variant_are_not_repeated() -> None:
    needs_no_trend = "transitions[0].when={signal: funding_apr, below: 0%}"
    assert len(variants_of(needs_no_trend)) == 1
    (finding,) = findings_of(needs_no_trend, "rebalance.band=200%")
    assert finding.startswith("out-of-range")


def test_a_finding_stands_at_the_value_that_was_set() -> None:
    with pytest.raises(InvalidInput) as caught:
        variants_of(f"{ABOVE}=much")
    line = next(row for row in TEXT.splitlines() if "above: 10%, for: 14d" in row)
    (finding,) = caught.value.findings
    assert finding.place.line == TEXT.splitlines().index(line) + 1
    assert finding.place.column == line.index("10%") + 1


def test_the_whole_policy_is_checked_again() -> None:
    (finding,) = findings_of("limits.asset_weight=90%,40%")
    assert finding.startswith("limit-broken-at-target: the targets of `accumulation` make")
    (finding,) = findings_of("initial_regime=calm,accumulation")
    assert finding == "unknown-regime: unknown regime `calm`, in the variant `initial_regime=calm`"


def test_targets_that_must_add_up_are_set_together() -> None:
    steady = "{core: 60%, hedged_yield: 20%, liquidity: 20%}"
    bold = "{core: 80%, hedged_yield: 10%, liquidity: 10%}"
    variants = variants_of(f"regimes.accumulation.targets={steady},{bold}")
    targets = [dict(variant.policy.regime("accumulation").targets) for variant in variants]
    assert [each["core"].target for each in targets] == [Decimal("0.6"), Decimal("0.8")]


def test_a_file_with_errors_has_no_variants() -> None:
    with pytest.raises(InvalidInput) as caught:
        build_variants("name: [", "policy.yaml", settings=["rebalance.band=1%"])
    assert [finding.code for finding in caught.value.findings] == ["yaml-syntax"]
    with pytest.raises(InvalidInput) as caught:
        build_variants(TEXT.replace("1w", "1x"), "policy.yaml", settings=["rebalance.every=1w"])
    assert [finding.code for finding in caught.value.findings] == ["not-a-duration"]


def test_two_settings_do_not_meet() -> None:
    assert refusal_of(f"{ABOVE}=8%", "transitions[1].when.above=9%") == (
        "`transitions[1].when.above` is set twice; give all its values at once"
    )
    assert refusal_of("rebalance.band=1%", "rebalance={every: 1w}") == (
        "`rebalance.band` lies within `rebalance`; set one of them"
    )


def test_a_grid_beyond_reason_is_refused() -> None:
    many = ",".join(str(number) for number in range(101))
    assert refusal_of(f"rebalance.min_trade={many}", f"limits.order_notional={many}") == (
        "the settings make 10,201 variants, more than 10,000"
    )


def test_an_unknown_path_is_refused_with_a_hint() -> None:
    assert refusal_of("transitions.premum_pays.when.above=8%") == (
        "cannot set `transitions.premum_pays.when.above`: "
        "`transitions` has no `premum_pays`; did you mean `premium_pays`?"
    )
