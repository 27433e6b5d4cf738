"""A plan by hand: half of the coins stay, two fifths of NAV become a synthetic dollar.

NAV 100,000: 1.6 BTC and 16,000 USDT in spot, and a wallet of 0.46 BTC behind a short of 8,000 USD
from 50,000, which at 40,000 has made 0.04 BTC. The bands ask for 52 % in spot and 38 % in the
wallet: 0.45 BTC moves between them, 0.15 BTC is bought, and 30,000 USD more are sold short.
"""

from tests.oracle.coin_example import inverse
from tests.oracle.example import Document, instrument, limit, spot

REGIME = "yield"
MARKS = {"BTC/USDT": "40000", "BTC/USD:BTC": "40000"}
INSTRUMENTS: Document = {
    "instruments": {"BTC/USDT": spot("BTC", "0.00001"), "BTC/USD:BTC": inverse("BTC", "100")}
}
POLICY: Document = {
    "rebalancer": "1",
    "name": "synthetic dollar",
    "quote": "USDT",
    "assets": {"BTC": {"spot": "BTC/USDT", "future": "BTC/USD:BTC"}},
    "sleeves": {
        "core": {"kind": "spot"},
        "dollars": {"kind": "basis", "collateral": "coin"},
        "liquidity": {"kind": "cash"},
    },
    "regimes": {REGIME: {"targets": {"core": "50%", "dollars": "40%", "liquidity": "10%"}}},
    "initial_regime": REGIME,
    "limits": {
        "gross_leverage": "1.5",
        "net_exposure": ["-1%", "101%"],
        "futures_leverage": "2",
        "margin_utilization": "60%",
        "liquidation_distance": "25%",
        "asset_weight": "80%",
    },
    "stress": {"price_move": {"BTC": ["-35%", "40%"]}},
    "rebalance": {"every": "1w", "band": "2%", "to": "edge", "min_trade": "25"},
}
PORTFOLIO: Document = {
    "account": "separate",
    "spot": {"BTC": "1.6", "USDT": "16000"},
    "futures": {
        "wallets": {"BTC": "0.46"},
        "positions": [{"symbol": "BTC/USD:BTC", "contracts": "-80", "entry_price": "50000"}],
    },
}


def move(step: int, amount: str, *, source: str = "spot", to: str = "futures") -> Document:
    """Return a transfer of coins."""
    row = {"step": step, "kind": "transfer", "coin": "BTC", "amount": amount}
    return row | {"from": source, "to": to, "reason": "example"}


def trade(step: int, symbol: str, side: str, **numbers: str) -> Document:
    """Return an order row of either instrument at 40,000."""
    return {
        "step": step,
        "kind": "order",
        "symbol": symbol,
        "side": side,
        "unit": "contracts" if ":" in symbol else "base",
        "price": "40000",
        "reduce_only": False,
        "slippage": "0",
        "weight_before": "0",
        "weight_after": "0",
        "reason": "example",
    } | numbers


CLIP = {"amount": "150", "quantity_base": "0.375", "notional": "15000", "fee": "0.0001875"}
WHOLE = {"amount": "300", "quantity_base": "0.75", "notional": "30000", "fee": "0.000375"}
BUY = {"amount": "0.15", "quantity_base": "0.15", "notional": "6000", "fee": "6"}
CLOSE = {"amount": "80", "quantity_base": "0.2", "notional": "8000", "fee": "0.0001"}

PLAN: Document = {
    "status": "trade",
    "nav": "100000",
    "nav_after": "99979",
    "instruments": [
        instrument("BTC/USDT", "0.64", "0.50", "0.48", "0.52", "0.5198"),
        instrument("BTC/USD:BTC", "-0.08", "-0.40", "-0.38", "-0.38", "-0.38"),
        instrument("BTC", "0.20", "0.40", "0.38", "0.42", "0.38"),
    ],
    "trades": [
        # 0.45 and the fees of both clips
        move(1, "0.450375"),
        trade(2, "BTC/USD:BTC", "sell", **CLIP, weight_before="-0.08", weight_after="-0.23"),
        trade(3, "BTC/USDT", "buy", **BUY, weight_before="0.4598", weight_after="0.5198"),
        trade(4, "BTC/USD:BTC", "sell", **CLIP, weight_before="-0.23", weight_after="-0.38"),
    ],
    "book_after": {
        "spot": {"BTC": "1.299625", "USDT": "9994"},
        "wallets": {"BTC": "0.91"},
        # 8,000 from 50,000 are 0.16 BTC, 30,000 more are 0.75: 38,000 for 0.91
        "positions": [
            {"symbol": "BTC/USD:BTC", "contracts": "-380", "entry_price": "41758.241758"}
        ],
    },
    "limits": [
        # 2.1 BTC and 8,000; 2.249625 BTC and 38,000 on 99,979
        limit("gross_leverage", (None, "1.5"), "0.92", "1.2801", "1.2801"),
        limit("net_exposure", ("-0.01", "1.01"), "0.76", "0.76", "0.5200"),
        limit("futures_leverage", (None, "2"), "0.4", "1", "1"),
        limit("margin_utilization", (None, "0.6"), "0.04", "0.1", "0.1"),
        # a short that its coins pay in full is never liquidated
        limit("liquidation_distance", ("0.25", None), None, None, None),
        limit("asset_weight", (None, "0.8"), "0.76", "0.76", "0.5200"),
        # 40 % up: 114,400 of coins and 8,000 on 130,400; 35 % down: 109,790.25 on 81,784.25
        limit("stress_gross_leverage", (None, "1.5"), "0.9387", "1.3424", "1.3424"),
        limit("stress_net_exposure", ("-0.01", "1.01"), "0.8160", "0.8160", "0.6026"),
        # 35 % down: 20,000 − 4,200 − 32; the whole 38,000 less 152 at any price
        limit("stress_liquidation", ("0", None), "0.1577", "0.1577", "0.3785"),
    ],
    "costs": {"fees": "21", "slippage": "0"},
    "residuals": [],
    "warnings": [],
    "refusals": [],
}
