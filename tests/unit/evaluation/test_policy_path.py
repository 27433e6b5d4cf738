from typing import Any

import pytest

from rebalancer.errors import UsageError
from rebalancer.evaluation.policy_path import find_route, set_value, slug
from rebalancer.evaluation.setting import parse_setting
from rebalancer.policy.nodes import MappingNode, Places, Route, to_plain
from rebalancer.policy.source import read_yaml

POLICY = """\
rebalancer: 1
name: small
quote: USDT
assets:
  BTC: {spot: BTC/USDT, future: BTC/USDT:USDT}
signals:
  trend: {price: BTC/USDT, apply: [{over_mean: 100d}]}
sleeves:
  core: {kind: spot}
  liquidity: {kind: cash}
regimes:
  calm:
    targets: {core: {target: 70%, range: [60%, 80%]}, liquidity: 30%}
    hedges: [{of: core, ratio: 10%, with: own}]
  storm: {targets: {liquidity: 100%}}
initial_regime: calm
transitions:
  - name: the Trend turns, at last!
    from: calm
    to: storm
    when: {all: [{signal: trend, below: 0%}, {signal: trend, below: 1%}]}
  - {name: it turns, from: storm, to: calm, when: {signal: trend, above: 0%}}
  - {name: it turns?, from: storm, to: calm, when: {signal: trend, above: 9%}}
rebalance: {every: 1w}
"""


def tree_of(text: str = POLICY) -> MappingNode:
    tree, findings = read_yaml(text, "small.yaml")
    assert tree is not None, findings
    return tree


def route_of(path: str) -> Route:
    return find_route(tree_of(), path)


def changed(setting: str) -> Any:
    """The plain tree after a setting of one value."""
    parsed = parse_setting(setting)
    route = route_of(parsed.path)
    return to_plain(set_value(tree_of(), route, value=parsed.values[0]))


def message_of(path: str) -> str:
    with pytest.raises(UsageError) as caught:
        route_of(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("premium pays", "premium_pays"),
        ("The trend turns -- at last!", "the_trend_turns_at_last"),
        ("a_b", "a_b"),
        ("Überhitzt 2x", "überhitzt_2x"),
    ],
)
def test_a_slug_is_the_words_of_a_name(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_transitions_are_found_by_name_and_by_position() -> None:
    expected = ("transitions", 0, "when", "all", 1, "below")
    assert route_of("transitions.the_trend_turns_at_last.when.all[1].below") == expected
    assert route_of("transitions[0].when.all[1].below") == expected


def test_keys_stand_for_themselves() -> None:
    assert route_of("assets.BTC.future") == ("assets", "BTC", "future")
    assert route_of("signals.trend.apply[0].over_mean") == (
        *("signals", "trend", "apply", 0, "over_mean"),
    )
    assert route_of("regimes.calm.hedges[0].ratio") == ("regimes", "calm", "hedges", 0, "ratio")


def test_a_key_that_the_file_leaves_out_is_known() -> None:
    assert route_of("rebalance.band") == ("rebalance", "band")
    assert route_of("limits.gross_leverage") == ("limits", "gross_leverage")
    assert route_of("transitions[1].when.for") == ("transitions", 1, "when", "for")
    assert route_of("regimes.storm.targets.core") == ("regimes", "storm", "targets", "core")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("transition[0].to", "the policy has no `transition`; did you mean `transitions`?"),
        ("rebalance.bnad", "`rebalance` has no `bnad`; did you mean `band`?"),
        ("limits.gros_leverage", "`limits` has no `gros_leverage`; did you mean `gross_leverage`?"),
        ("signals.trnd.max_age", "`signals` has no `trnd`; did you mean `trend`?"),
        ("signals.trnd", "`signals` has no `trnd`; did you mean `trend`?"),
        ("sleeves.cor.leverage", "`sleeves` has no `cor`; did you mean `core`?"),
        (
            "regimes.storm.targets.core.range",
            "`targets` has no `core`; known are `liquidity`",
        ),
        ("name.first", "`name` has no `first`"),
        (
            "transitions.the_trend_turn.to",
            "`transitions` has no `the_trend_turn`; did you mean `the_trend_turns_at_last`?",
        ),
        ("transitions[3].to", "`transitions` has no `[3]`; it has 3, from `[0]` on"),
        ("rebalance[0]", "`rebalance` is no list, it has no `[0]`"),
        ("transitions[0].when.any[0].below", "`any` is no list, it has no `[0]`"),
        (
            "transitions[0].when.all.below",
            "the items of `all` have no names; say which, as `all[0]`",
        ),
        ("transitions[0].when.all[0].blow", "`all[0]` has no `blow`; did you mean `below`?"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(path: str, problem: str) -> None:
    assert message_of(path) == f"cannot set `{path}`: {problem}"


def test_a_slug_of_two_transitions_is_ambiguous() -> None:
    assert message_of("transitions.it_turns.to") == (
        "cannot set `transitions.it_turns.to`: "
        "`it_turns` may be `[1]` and `[2]` of `transitions`; say which"
    )


@pytest.mark.parametrize("path", ["", ".", "limits.", "transitions.[0]", "a[b]", "a[0]b", "a[-1]"])
def test_a_path_is_keys_and_positions(path: str) -> None:
    assert message_of(path) == (
        f"cannot set `{path}`: a path is keys and positions "
        "such as transitions.premium_pays.when.all[0].below"
    )


def test_a_value_is_replaced_and_nothing_else_changes() -> None:
    expected = to_plain(tree_of())
    expected["transitions"][0]["when"]["all"][1]["below"] = "-5%"
    assert changed("transitions[0].when.all[1].below=-5%") == expected


def test_a_left_out_key_is_added_with_the_sections_that_hold_it() -> None:
    expected = to_plain(tree_of())
    expected["limits"] = {"gross_leverage": "1.5"}
    assert changed("limits.gross_leverage=1.5") == expected


def test_a_short_form_grows_to_hold_another_key() -> None:
    plain = changed("regimes.calm.targets.liquidity.range=[20%, 40%]")
    assert plain["regimes"]["calm"]["targets"]["liquidity"] == {
        "target": "30%",
        "range": ["20%", "40%"],
    }
    plain = changed("assets.BTC.future.roll=7d")
    assert plain["assets"]["BTC"]["future"] == {"of": "BTC/USDT:USDT", "roll": "7d"}


def test_a_lone_text_replaces_the_key_that_it_is_short_for() -> None:
    plain = changed("regimes.calm.targets.core=65%")
    assert plain["regimes"]["calm"]["targets"]["core"] == {
        "target": "65%",
        "range": ["60%", "80%"],
    }


def test_a_mapping_replaces_the_whole_value() -> None:
    plain = changed("regimes.calm.targets.core={target: 65%}")
    assert plain["regimes"]["calm"]["targets"]["core"] == {"target": "65%"}


def test_a_new_value_stands_where_the_old_one_stood() -> None:
    route = route_of("limits")
    value = parse_setting("x={net_exposure: [1, 2]}").values[0]
    places = Places(set_value(tree_of(), ("rebalance", "every"), value=value), "small.yaml")
    assert str(places.of_value(("rebalance", "every", "net_exposure", 1))) == "small.yaml:24:20"
    places = Places(set_value(tree_of(), route, value=value), "small.yaml")
    assert str(places.of_value(("limits", "net_exposure"))) == "small.yaml:1:1"
    assert str(places.of_value(("rebalance", "every"))) == "small.yaml:24:20"
