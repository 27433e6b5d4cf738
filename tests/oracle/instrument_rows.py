"""Do the printed `instruments` rows say the weights, targets and intervals of the design."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number, show
from tests.oracle.context import Context
from tests.oracle.order_checks import is_printed
from tests.oracle.places import Place, Places
from tests.oracle.replay import Replay
from tests.oracle.worth import Worth


def check_instrument_rows(
    ctx: Context, replay: Replay, found: Places, *, plan: Mapping[str, Any]
) -> list[str]:
    """Return rows whose digits differ; weights after may be of either NAV."""
    opening, final = replay.worth, replay.final_worth
    places = {place.name: place for place in (*found.coins, *found.futures, *found.wallets)}
    findings = []
    for row in plan["instruments"]:
        name = row.get("symbol") or row["wallet"]
        place = places.get(name)
        if place is None:
            findings.append(f"instruments has unknown {name}")
            continue
        findings += check_row(ctx, row, place=place, navs=(opening, final))
    return findings


def check_row(
    ctx: Context, row: Mapping[str, Any], *, place: Place, navs: tuple[Worth, Worth]
) -> list[str]:
    """Return the numbers of a row that are not the design's.

    A short may be sized on what the bands or the trades leave.
    """
    opening, final = navs
    asked: dict[str, tuple[Number, ...]] = {
        "before": (place.present,),
        "target": tuple(option.target for option in place.options),
        "low": tuple(option.low for option in place.options),
        "high": tuple(option.high for option in place.options),
        "after": (place.final, place.final * opening.nav / final.nav),
    }
    return [
        f"{place.name} {name} is {row[name]}, computed {' or '.join(map(show, values))}"
        for name, values in asked.items()
        if not is_printed(ctx, row[name], values)
    ]
