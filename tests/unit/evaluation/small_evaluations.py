"""An evaluation of four days written out by hand, with one event of every kind."""

from decimal import Decimal

import numpy as np

from rebalancer.evaluation.comparison import EvaluatedPolicy, Measured
from rebalancer.evaluation.evaluation import PARTS, Attribution, Evaluation, FillRule, OrderFill
from rebalancer.evaluation.events import (
    Breach,
    ClosedPosition,
    CutOrder,
    DataGap,
    Expiry,
    Liquidation,
    Missing,
)
from rebalancer.evaluation.summary import summarize
from rebalancer.model.book import Book, Position
from rebalancer.model.instant import DAY_US
from rebalancer.model.plan import Inputs
from rebalancer.model.regime_path import RegimePath, RegimeStep
from tests.small_plans import dated, perpetual, spot_pair
from tests.small_policies import MONDAY, days
from tests.unit.reports.sample_plans import DIGEST, EVIDENCE, REFUSED, TRADING

INSTRUMENTS = {
    each.symbol: each for each in (spot_pair("BTC"), perpetual("BTC"), dated("BTC", "2024-03-29"))
}
DATED = "BTC/USDT:USDT-240329"
REGIMES = ("calm", "storm", "rest")


def fill_of(day: int, symbol: str, amount: str, *, notional: float) -> OrderFill:
    at_us = MONDAY + day * DAY_US
    return OrderFill(
        decided_us=at_us,
        at_us=at_us,
        row_us=at_us + DAY_US,
        symbol=symbol,
        amount=Decimal(amount),
        quoted=100.0,
        price=100.0,
        notional=notional,
        fee=0.5,
        slippage=-0.0,
        is_closing=day > 0,
    )


BREACH = Breach(
    MONDAY + DAY_US, MONDAY + 3 * DAY_US, "gross_leverage", 0.5, 0.8, bars=2, after_fill=True
)
LIQUIDATION = Liquidation(
    MONDAY + 2 * DAY_US,
    "USDT",
    (ClosedPosition("BTC/USDT:USDT", Decimal("-2.5"), entry_price=100.0, price=140.25),),
    equity=12.5,
    maintenance=12.5,
    fee=1.0,
)
GAP = DataGap(
    MONDAY + DAY_US, MONDAY + 2 * DAY_US, "BTC/USDT:USDT", Missing.FUNDING, held=Decimal(-2)
)
CUT = CutOrder(
    MONDAY + DAY_US, MONDAY, "BTC/USDT", Decimal(5), Decimal("4.5"), "cash pays for no more"
)
EXPIRY = Expiry(MONDAY + 4 * DAY_US, DATED, Decimal(1), price=99.5)

EVALUATION = Evaluation(
    policy_name="small",
    quote="USDT",
    fill=FillRule.NEXT_OPEN,
    time_us=days(0, 1, 2, 3, 4),
    nav=np.array([1000.0, 1000.0, 1100.0, 990.0, 1045.0]),
    symbols=("BTC/USDT", "BTC/USDT:USDT", DATED),
    weights=np.array(
        [[0.0, 0.0, 0.0], [0.5, -0.2, 0.1], [0.5, -0.2, 0.1], [0.5, -0.2, 0.1], [0.5, 0.0, 0.1]]
    ),
    wallets=("USDT",),
    wallet_weights=np.array([[0.0], [0.1], [0.1], [0.1], [0.1]]),
    regimes=("calm", "storm", "storm", "storm", "storm"),
    path=RegimePath(
        "calm",
        MONDAY - 9 * DAY_US,
        MONDAY + 4 * DAY_US,
        (
            RegimeStep(
                MONDAY - 7 * DAY_US, "calm", "storm", "early", urgent=False, on_calendar=True
            ),
            RegimeStep(
                MONDAY - 6 * DAY_US, "storm", "calm", "over", urgent=False, on_calendar=True
            ),
            RegimeStep(
                MONDAY + DAY_US,
                "calm",
                "storm",
                "premium pays",
                urgent=True,
                on_calendar=False,
                evidence=(EVIDENCE,),
            ),
        ),
    ),
    parts=np.linspace(0.0, 1.0, 5)[:, None] * np.array([50.0, -5.0, 4.0, 2.0, 1.0, 1.0]),
    attribution=Attribution(1000.0, 50.0, -5.0, 4.0, 2.0, 1.0, 1.0, 1045.0),
    gross_leverage=np.array([0.0, 0.8, 0.8, 0.8, 0.6]),
    margin_utilization=np.array([0.0, 0.3, 0.45, 0.2, 0.1]),
    liquidation_distance=np.array([np.inf, 0.5, 0.4, np.inf, np.inf]),
    funding={"BTC/USDT:USDT": 4.0},
    book=Book(
        MONDAY + 4 * DAY_US,
        spot={"USDT": Decimal("522.5"), "BTC": Decimal("5.225")},
        wallets={"USDT": Decimal("104.5")},
        positions=(Position(DATED, Decimal(1), Decimal("100.50")),),
    ),
    plans=(TRADING, REFUSED),
    fills=(
        fill_of(0, "BTC/USDT", "5", notional=500.0),
        fill_of(0, "BTC/USDT:USDT", "-2", notional=200.0),
        fill_of(0, DATED, "1", notional=100.0),
        fill_of(3, "BTC/USDT:USDT", "2", notional=198.0),
    ),
    events=(BREACH, CUT, GAP, LIQUIDATION, EXPIRY),
)
assert len(PARTS) == EVALUATION.parts.shape[1]

SUMMARY = summarize(EVALUATION, REGIMES, instruments=INSTRUMENTS)
MEASURED = Measured(EVALUATION, SUMMARY)

EVALUATED = EvaluatedPolicy(
    inputs=Inputs(DIGEST, DIGEST, DIGEST, DIGEST, "0.1.0"),
    instruments_as_of="2024-01-01",
    initial_regime="calm",
    evaluation=EVALUATION,
    summary=SUMMARY,
    comparison={"buy_and_hold": MEASURED, "fixed_weights": MEASURED},
)
