import pytest

from rebalancer.errors import UsageError
from rebalancer.evaluation.setting import parse_setting, write_value


def values_of(text: str) -> list[str]:
    return [write_value(value) for value in parse_setting(text).values]


def message_of(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_setting(text)
    return str(caught.value)


def test_values_are_parted_by_commas() -> None:
    setting = parse_setting("transitions.premium_pays.when.above = 8%, 10%,12%")
    assert setting.path == "transitions.premium_pays.when.above"
    assert [write_value(value) for value in setting.values] == ["8%", "10%", "12%"]


def test_a_comma_inside_brackets_or_quotes_parts_nothing() -> None:
    assert values_of("limits.net_exposure=[-1%,101%],[-5%,105%]") == ["[-1%, 101%]", "[-5%, 105%]"]
    assert values_of("regimes.calm.targets={core: 60%, cash: 40%}") == ["{core: 60%, cash: 40%}"]
    assert values_of("description='calm, mostly',wild") == ["'calm, mostly'", "wild"]


def test_values_are_spelled_as_in_a_policy_file() -> None:
    assert values_of("rebalance.on=monday 00:00,tuesday 08:00") == [
        "monday 00:00",
        "tuesday 08:00",
    ]
    assert values_of("assets.BTC.future=BTC/USDT:USDT") == ["BTC/USDT:USDT"]
    assert values_of("transitions.a.when.below=-5%") == ["-5%"]


def test_an_equals_sign_after_the_first_belongs_to_the_value() -> None:
    assert values_of("description=a=b") == ["a=b"]


@pytest.mark.parametrize("text", ["rebalance.band", "=1%", "", " = 1%"])
def test_a_setting_has_a_path_and_an_equals_sign(text: str) -> None:
    expected = f"a setting is PATH=VALUE,VALUE such as rebalance.band=1%,2%, was `{text}`"
    assert message_of(text) == expected


def test_a_setting_has_a_value() -> None:
    expected = "the setting of `rebalance.band` has no value; write one after the `=`"
    assert message_of("rebalance.band=") == expected


def test_a_value_comes_once() -> None:
    assert message_of("rebalance.band=1%,2%,1%") == (
        "the setting of `rebalance.band` has the value `1%` twice"
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("[1%", "did not find expected ',' or ']'"),
        ("1%] # 2%", "did not find expected key"),
        ("1%,,2%", "did not find expected node content"),
        ("&one 1%", "an anchor `&one` is not read"),
        ("{a: 1, a: 2}", "`a` is already set on line 1"),
    ],
)
def test_what_a_policy_file_cannot_hold_is_no_value(values: str, reason: str) -> None:
    message = message_of(f"rebalance.band={values}")
    assert message.startswith("the values of `rebalance.band` cannot be read: ")
    assert reason in message


def test_values_cannot_escape_their_list() -> None:
    assert message_of("rebalance.band=1%]\nlimits: [2") == (
        r"the values of `rebalance.band` are no list of values, was `1%]\nlimits: [2`"
    )
