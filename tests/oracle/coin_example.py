"""Instruments of every kind in one market, for books that mix them."""

from tests.oracle.example import BTC_TIERS, ETH_TIERS, Document, perpetual, spot

COIN_TIERS = [
    {"from": "0", "maintenance": "0.4%", "max_leverage": "125"},
    {"from": "5", "maintenance": "0.5%", "max_leverage": "100"},
    {"from": "20", "maintenance": "1%", "max_leverage": "50"},
    {"from": "100", "maintenance": "2.5%", "max_leverage": "20"},
]


def inverse(base: str, size: str) -> Document:
    """Return an inverse perpetual: contracts of some dollars, margined in its own coin."""
    return {
        "kind": "perpetual",
        "base": base,
        "quote": "USD",
        "settle": base,
        "contract_size": size,
        "amount_step": "1",
        "min_amount": "1",
        "taker_fee": "0.05%",
        "margin_tiers": COIN_TIERS,
    }


def dated(row: Document, expiry: str) -> Document:
    """Return a contract that expires."""
    return row | {"kind": "future", "expiry": expiry}


MIXED: Document = {
    "as_of": "2025-12-31",
    "instruments": {
        "BTC/USDT": spot("BTC", "0.00001"),
        "ETH/USDT": spot("ETH", "0.0001"),
        "BTC/USDT:USDT": perpetual("BTC", "100", BTC_TIERS),
        "ETH/USDT:USDT-260327": dated(perpetual("ETH", "20", ETH_TIERS), "2026-03-27T08:00:00Z"),
        "BTC/USD:BTC": inverse("BTC", "100"),
        "BTC/USD:BTC-260327": dated(inverse("BTC", "100"), "2026-03-27T08:00:00Z"),
        "ETH/USD:ETH": inverse("ETH", "10"),
    },
}
MIXED_MARKS = {
    "BTC/USDT": "40000",
    "ETH/USDT": "2000",
    "BTC/USDT:USDT": "40040",
    "ETH/USDT:USDT-260327": "2010",
    "BTC/USD:BTC": "40080",
    "BTC/USD:BTC-260327": "40400",
    "ETH/USD:ETH": "1990",
}
MIXED_POLICY: Document = {
    "rebalancer": "1",
    "name": "mixed",
    "quote": "USDT",
    "assets": {
        "BTC": {"spot": "BTC/USDT", "future": "BTC/USD:BTC", "share": "60%"},
        "ETH": {"spot": "ETH/USDT", "future": "ETH/USD:ETH", "share": "40%"},
    },
    "sleeves": {
        "core": {"kind": "spot"},
        "dollars": {"kind": "basis", "collateral": "coin"},
        "carry": {"kind": "basis", "leverage": "1.5", "future": {"BTC": "BTC/USDT:USDT"}},
        "defence": {"kind": "short", "leverage": "2", "shares": {"BTC": "100%"}},
        "growth": {"kind": "long", "leverage": "2", "shares": {"ETH": "100%"}}
        | {"future": {"ETH": "ETH/USDT:USDT-260327"}},
        "stand_in": {"kind": "synthetic", "leverage": "4", "shares": {"BTC": "100%"}}
        | {"future": {"BTC": "BTC/USD:BTC-260327"}},
        "liquidity": {"kind": "cash"},
    },
    "regimes": {"mixed": {"targets": {"core": "100%"}}},
    "initial_regime": "mixed",
    "limits": {
        "gross_leverage": "3",
        "net_exposure": ["-100%", "200%"],
        "futures_leverage": "10",
        "margin_utilization": "100%",
        "liquidation_distance": "1%",
        "asset_weight": "200%",
    },
    "stress": {"price_move": {"BTC": ["-35%", "40%"], "ETH": ["-45%", "50%"]}},
    "rebalance": {"every": "1w", "band": "2%", "to": "edge"},
}
