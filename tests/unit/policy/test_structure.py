from rebalancer.policy import read_policy

HEAD = "rebalancer: 1\nname: small\nquote: USDT\nassets: {BTC: {spot: BTC/USDT}}\n"
TAIL = "sleeves: {core: {kind: spot}}\ninitial_regime: calm\nrebalance: {every: 1w}\n"
MAPPING_HINT = "write `key: value` lines under it, or `{key: value}`"


def findings_of(text: str) -> list[str]:
    return [
        f"{finding.place.line}:{finding.place.column} {finding.message}"
        + (f" ({finding.hint})" if finding.hint else "")
        for finding in read_policy(text, "policy.yaml")[1]
    ]


def test_a_missing_key_is_said_where_it_belongs_with_an_example() -> None:
    text = HEAD + TAIL + "regimes:\n  calm: {min_dwell: 3d}\n"
    assert findings_of(text) == [
        "9:3 `targets` is missing in `calm` (add it, such as `targets: {core: 100%}`)"
    ]


def test_a_misspelt_key_is_not_also_missing() -> None:
    text = HEAD + TAIL + "regimes:\n  calm: {target: {core: 100%}}\n"
    assert findings_of(text) == ["9:10 unknown key `target` (did you mean `targets`?)"]


def test_an_unknown_key_that_resembles_none_lists_what_is_known() -> None:
    text = HEAD + TAIL + "regimes: {calm: {targets: {core: {target: 100%, zzz: 1}}}}\n"
    assert findings_of(text) == ["8:49 unknown key `zzz` (known are `target`, `range`)"]


def test_a_value_in_its_short_form_is_named_by_its_own_key() -> None:
    text = HEAD + TAIL + "regimes: {calm: {targets: {core: 101%}}}\n"
    assert findings_of(text) == ["8:34 `core` must be within 0% and 100%, was 101%"]


def test_what_cannot_be_read_does_not_hide_what_else_is_wrong() -> None:
    text = HEAD + TAIL + "regimes: {calm: {targets: {cor: 1OO%}, min_dwell: soon}}\n"
    assert findings_of(text) == [
        "8:28 unknown sleeve `cor` (did you mean `core`?)",
        "8:33 `1OO%` is not a number such as 25, 1.5, 10% or 5bp",
        "8:51 `soon` is not a duration such as 8h, 14d or 2w",
    ]


def test_a_section_that_cannot_be_read_makes_no_name_unknown() -> None:
    text = HEAD + "regimes: {calm: {targets: {core: 100%}}}\n" + TAIL.replace("{core:", "[core:")
    text = text.replace("spot}}", "spot}]")
    assert findings_of(text) == [f"6:10 `sleeves` takes a mapping, found a list ({MAPPING_HINT})"]


def test_shapes_are_named_as_a_person_would() -> None:
    text = HEAD + TAIL + "regimes: {calm: {targets: [core], hedges: own}}\n"
    assert findings_of(text) == [
        f"8:27 `targets` takes a mapping, found a list ({MAPPING_HINT})",
        "8:43 `hedges` takes a list, found `own` (write `[...]`, or lines that start with `-`)",
    ]


def test_warnings_alone_leave_a_policy() -> None:
    text = HEAD + TAIL + "regimes: {calm: {targets: {core: 100%}}}\nsignals: {x: {series: x}}\n"
    policy, findings = read_policy(text, "policy.yaml")
    assert policy is not None
    (finding,) = findings
    assert str(finding) == (
        "policy.yaml:9:11: warning[unused-signal]: no transition reads the signal `x`\n"
        "  hint: remove it, or use it"
    )
