import json

import pytest

from tests.cli.conftest import Command, assert_snapshot

STATUS = ("status", "policy.yaml", "--market", "market")


@pytest.mark.parametrize(("style", "name"), [("table", "status.txt"), ("json", "status.json")])
def test_a_status_is_printed_in_both_formats(command: Command, style: str, name: str) -> None:
    result = command(*STATUS, "--format", style)
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, name)


def test_without_a_time_it_is_the_last_row_of_the_market(command: Command) -> None:
    assert command(*STATUS).out == command(*STATUS, "--as-of", "2025-07-21").out


def test_an_earlier_time_knows_only_what_was_known_then(command: Command) -> None:
    document = json.loads(command(*STATUS, "--as-of", "2025-02-01", "--format", "json").out)
    assert document["regime"]["name"] == "accumulation"
    assert document["regime"]["because"] == "the initial regime"
    trend = next(signal for signal in document["signals"] if signal["signal"] == "trend")
    assert (trend["value"], trend["stale"]) == (None, False)


def test_a_time_before_any_row_knows_nothing(command: Command) -> None:
    result = command(*STATUS, "--as-of", "2020-01-01")
    assert result.code == 0
    assert "never" in result.out


def test_a_bad_time_is_bad_usage(command: Command) -> None:
    result = command(*STATUS, "--as-of", "now")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: as of `now` is not a date or a time with a zone such as 2023-12-31T00:00Z\n"
    )


def test_a_missing_market_is_named(command: Command) -> None:
    result = command("status", "policy.yaml", "--market", "absent")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: absent: no such folder; ")
