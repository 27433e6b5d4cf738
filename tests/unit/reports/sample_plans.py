"""Plans written out by hand: the book of the design's example, with two trades and a transfer."""

from dataclasses import replace
from decimal import Decimal

from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.plan import (
    BookAfter,
    Carry,
    Inputs,
    InstrumentLine,
    LimitLine,
    Order,
    Plan,
    PlanStatus,
    Refusal,
    RegimeLine,
    Residual,
    Side,
    Transfer,
)
from rebalancer.model.regime_path import Evidence
from rebalancer.model.truth import Truth

AS_OF_US = parse_instant("2023-12-31")
DIGEST = f"sha256:{'0' * 64}"

EVIDENCE = Evidence("funding_apr", 0.1642, "above 10% for 14d", Truth.TRUE, 21 * DAY_US)

REGIME = RegimeLine(
    name="yield_optimization",
    since_us=parse_instant("2023-11-20"),
    because="premium pays",
    next_calendar_us=parse_instant("2024-01-01"),
    evidence=(EVIDENCE,),
)
_SELL_SPOT = Order(
    step=1,
    symbol="BTC/USDT",
    side=Side.SELL,
    amount=Decimal("0.01063"),
    unit="base",
    quantity_base=Decimal("0.01063"),
    notional=Decimal("447.52300"),
    price=Decimal(42100),
    reduce_only=False,
    leg_group=None,
    fee=Decimal("0.447523"),
    fee_coin="USDT",
    slippage=Decimal("0E-7"),
    weight_before=0.42734,
    weight_after=0.42198,
    reason="core: 42.73% is over its band; regime yield_optimization since 2023-11-20",
)
_MOVE_MARGIN = Transfer(
    step=2,
    coin="USDT",
    amount=Decimal("8383.59"),
    source="spot",
    target="futures",
    reason="margin of hedged_yield; regime yield_optimization since 2023-11-20",
)
_SELL_FUTURE = Order(
    step=3,
    symbol="BTC/USDT:USDT",
    side=Side.SELL,
    amount=Decimal("0.128"),
    unit="contracts",
    quantity_base=Decimal("0.128"),
    notional=Decimal("5388.800"),
    price=Decimal(42100),
    reduce_only=False,
    leg_group="hedged_yield/BTC",
    fee=Decimal("2.6944"),
    fee_coin="USDT",
    slippage=Decimal(0),
    weight_before=0.0,
    weight_after=-0.0644,
    reason="hedged_yield: short sized on its spot; regime yield_optimization since 2023-11-20",
)

TRADING = Plan(
    plan_id=DIGEST,
    status=PlanStatus.TRADE,
    as_of_us=AS_OF_US,
    observed_us=AS_OF_US - DAY_US,
    nav=Decimal("83738.605"),
    nav_after=Decimal("83735.463077"),
    quote="USDT",
    policy_name="dynamic-rebalancing",
    inputs=Inputs(DIGEST, DIGEST, DIGEST, DIGEST, "0.1.0"),
    regime=REGIME,
    instruments_as_of="2023-12-31",
    prices=(("BTC/USDT", Decimal(42100)), ("BTC/USDT:USDT", Decimal(42100))),
    targets=(
        ("core", Decimal("0.4")),
        ("hedged_yield", Decimal("0.45")),
        ("defence", Decimal(0)),
        ("liquidity", Decimal("0.15")),
    ),
    instruments=(
        InstrumentLine("BTC/USDT", None, 0.42734, 0.402, 0.382, 0.422, 0.42198),
        InstrumentLine("BTC/USDT:USDT", None, 0.0, -0.162, -0.0644, -0.0644, -0.0644),
        InstrumentLine(None, "USDT", 0.06, 0.18, 0.16, 0.2, 0.16),
    ),
    trades=(_SELL_SPOT, _MOVE_MARGIN, _SELL_FUTURE),
    book_after=BookAfter(
        spot=(("BTC", Decimal("0.83937")), ("USDT", Decimal("13563.4854770"))),
        wallets=(("USDT", Decimal("13580.8956")),),
        positions=(("BTC/USDT:USDT", Decimal("-0.128"), Decimal(42100)),),
    ),
    limits=(
        LimitLine("gross_leverage", None, Decimal("1.5"), 0.7889, 0.9511, 0.9511, holds=True),
        LimitLine(
            "net_exposure", Decimal("-0.01"), Decimal("1.01"), 0.5783, 0.4053, 0.4053, holds=True
        ),
        LimitLine("liquidation_distance", Decimal("0.25"), None, None, 0.56, 0.56, holds=True),
    ),
    fees=Decimal("3.141923"),
    carry=(Carry("hedged_yield", 0.0985, 7.22), Carry("other", None, None)),
    residuals=(Residual("ETH/USDT", Decimal("-0.0007584"), Decimal("1.7"), "under the minimum"),),
    warnings=("the hedge is scaled to what its cash sleeve can carry",),
)

HOLDING = replace(
    TRADING,
    status=PlanStatus.HOLD,
    instruments=(
        InstrumentLine("BTC/USDT", None, 0.395, 0.402, 0.382, 0.422, 0.395),
        InstrumentLine("ETH/USDT", None, 0.286, 0.268, 0.248, 0.288, 0.286),
        InstrumentLine("BTC/USDT:USDT", None, -0.1591, -0.162, -0.1592, -0.1592, -0.1591),
    ),
    trades=(),
    fees=Decimal(0),
    nav_after=TRADING.nav,
    carry=(),
    residuals=(),
    warnings=(),
)

REDUCING = replace(
    TRADING,
    status=PlanStatus.REDUCE_ONLY,
    trades=(replace(_SELL_FUTURE, step=1, reduce_only=True),),
    limits=(LimitLine("gross_leverage", None, Decimal("1.5"), 1.9, 1.9, 1.8, holds=False),),
)

REFUSED = replace(
    TRADING,
    status=PlanStatus.REFUSED,
    observed_us=None,
    trades=(),
    limits=(),
    instruments=(),
    fees=Decimal(0),
    nav_after=TRADING.nav,
    carry=(),
    residuals=(),
    warnings=(),
    regime=replace(REGIME, because="the initial regime", evidence=()),
    refusals=(Refusal("unmanaged", "the portfolio holds 12 DOGE, which no asset names"),),
)

EVERY_PLAN = {"trading": TRADING, "holding": HOLDING, "reducing": REDUCING, "refused": REFUSED}
