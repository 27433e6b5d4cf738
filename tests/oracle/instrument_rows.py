"""Do the printed `instruments` rows say the weights, targets and intervals of the design."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.oracle.arithmetic import Number, show
from tests.oracle.context import Context
from tests.oracle.intervals import Interval
from tests.oracle.order_checks import is_printed
from tests.oracle.places import Place, Places, place_all
from tests.oracle.replay import Replay
from tests.oracle.sizing import future_interval
from tests.oracle.targets import TargetSheet
from tests.oracle.worth import Worth


def check_instrument_rows(
    ctx: Context, sheet: TargetSheet, replay: Replay, *, plan: Mapping[str, Any]
) -> list[str]:
    """Return rows whose digits differ; weights after may be of either NAV."""
    opening, final = replay.worth, replay.final_worth
    found = place_all(ctx, sheet, opening=opening, final=final)
    places = {place.name: place for place in (*found.coins, *found.futures, *found.wallets)}
    findings = []
    for row in plan["instruments"]:
        name = row.get("symbol") or row["wallet"]
        place = places.get(name)
        if place is None:
            findings.append(f"instruments has unknown {name}")
            continue
        options = interval_options(ctx, sheet, place, places=found)
        findings += check_row(ctx, row, place=place, options=options, navs=(opening, final))
    return findings


def interval_options(
    ctx: Context, sheet: TargetSheet, place: Place, *, places: Places
) -> list[Interval]:
    """Return the intervals a row may print: a short sized on what the bands or trades leave."""
    index = ctx.contract_of.get(place.name)
    if index is None:
        return [place.interval]
    return [future_interval(ctx, sheet, index, held) for held in places.sizes]


def check_row(
    ctx: Context,
    row: Mapping[str, Any],
    *,
    place: Place,
    options: Sequence[Interval],
    navs: tuple[Worth, Worth],
) -> list[str]:
    """Return the numbers of a row that are not the design's."""
    opening, final = navs
    asked: dict[str, tuple[Number, ...]] = {
        "before": (place.present,),
        "target": tuple(option.target for option in options),
        "low": tuple(option.low for option in options),
        "high": tuple(option.high for option in options),
        "after": (place.final, place.final * opening.nav / final.nav),
    }
    return [
        f"{place.name} {name} is {row[name]}, computed {' or '.join(map(show, values))}"
        for name, values in asked.items()
        if not is_printed(ctx, row[name], values)
    ]
