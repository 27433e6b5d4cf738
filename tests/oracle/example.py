"""The worked example of the command page, completed by hand into a whole plan."""

from copy import deepcopy
from typing import Any

Document = dict[str, Any]

REGIME = "yield_optimization"
MARKS = {"BTC/USDT": "42100", "BTC/USDT:USDT": "42100", "ETH/USDT": "2280", "ETH/USDT:USDT": "2280"}

POLICY: Document = {
    "rebalancer": "1",
    "name": "dynamic-rebalancing",
    "quote": "USDT",
    "assets": {
        "BTC": {"spot": "BTC/USDT", "future": "BTC/USDT:USDT", "share": "60%"},
        "ETH": {"spot": "ETH/USDT", "future": "ETH/USDT:USDT", "share": "40%"},
    },
    "sleeves": {
        "core": {"kind": "spot"},
        "hedged_yield": {"kind": "basis", "leverage": "1.5"},
        "defence": {"kind": "short", "leverage": "1", "shares": {"BTC": "100%"}},
        "liquidity": {"kind": "cash"},
    },
    "regimes": {
        "accumulation": {"targets": {"core": "70%", "hedged_yield": "20%", "liquidity": "10%"}},
        "yield_optimization": {
            "targets": {"core": "40%", "hedged_yield": "45%", "liquidity": "15%"}
        },
        "defensive": {"targets": {"core": "50%", "defence": "20%", "liquidity": "30%"}},
    },
    "initial_regime": "accumulation",
    "limits": {
        "gross_leverage": "1.5",
        "net_exposure": ["-1%", "101%"],
        "futures_leverage": "3",
        "margin_utilization": "60%",
        "liquidation_distance": "25%",
    },
    "stress": {"price_move": {"BTC": ["-35%", "40%"], "ETH": ["-45%", "50%"]}},
    "rebalance": {
        "every": "1w",
        "on": "monday 00:00",
        "band": "2%",
        "to": "edge",
        "min_trade": "25",
    },
}

BTC_TIERS = [
    {"from": "0", "maintenance": "0.4%", "max_leverage": "125"},
    {"from": "50000", "maintenance": "0.5%", "max_leverage": "100"},
    {"from": "600000", "maintenance": "1%", "max_leverage": "50"},
    {"from": "3000000", "maintenance": "2.5%", "max_leverage": "20"},
    {"from": "12000000", "maintenance": "5%", "max_leverage": "10"},
    {"from": "70000000", "maintenance": "10%", "max_leverage": "5"},
]
ETH_TIERS = [
    {"from": "0", "maintenance": "0.5%", "max_leverage": "100"},
    {"from": "50000", "maintenance": "0.65%", "max_leverage": "75"},
    {"from": "600000", "maintenance": "1%", "max_leverage": "50"},
    {"from": "3000000", "maintenance": "2%", "max_leverage": "25"},
    {"from": "12000000", "maintenance": "5%", "max_leverage": "10"},
    {"from": "50000000", "maintenance": "10%", "max_leverage": "5"},
]


def spot(base: str, step: str) -> Document:
    """Return a spot pair as the instruments file of the example has it."""
    return {
        "kind": "spot",
        "base": base,
        "quote": "USDT",
        "amount_step": step,
        "min_amount": step,
        "min_cost": "5",
        "taker_fee": "0.1%",
    }


def perpetual(base: str, min_cost: str, tiers: list[Document]) -> Document:
    """Return a linear perpetual as the instruments file of the example has it."""
    return {
        "kind": "perpetual",
        "base": base,
        "quote": "USDT",
        "settle": "USDT",
        "contract_size": "1",
        "amount_step": "0.001",
        "min_amount": "0.001",
        "min_cost": min_cost,
        "taker_fee": "0.05%",
        "margin_tiers": tiers,
    }


INSTRUMENTS: Document = {
    "as_of": "2023-12-31",
    "instruments": {
        "BTC/USDT": spot("BTC", "0.00001"),
        "BTC/USDT:USDT": perpetual("BTC", "100", BTC_TIERS),
        "ETH/USDT": spot("ETH", "0.0001"),
        "ETH/USDT:USDT": perpetual("ETH", "20", ETH_TIERS),
    },
}

PORTFOLIO: Document = {
    "as_of": "2023-12-31T00:00:00Z",
    "account": "separate",
    "spot": {"BTC": "0.85", "ETH": "9.4", "USDT": "21500"},
    "futures": {
        "wallets": {"USDT": "5200"},
        "positions": [
            {"symbol": "BTC/USDT:USDT", "contracts": "-0.21", "entry_price": "41250.5"},
        ],
    },
}


def order(step: int, symbol: str, side: str, *, amount: str, money: tuple[str, str]) -> Document:
    """Return an order row; `money` is its notional and its fee."""
    is_spot = ":" not in symbol
    return {
        "step": step,
        "kind": "order",
        "symbol": symbol,
        "side": side,
        "amount": amount,
        "unit": "base" if is_spot else "contracts",
        "quantity_base": amount,
        "notional": money[0],
        "price": MARKS[symbol],
        "reduce_only": False,
        "leg_group": None,
        "fee": money[1],
        "slippage": "0",
        "weight_before": "0",
        "weight_after": "0",
        "reason": "example",
    }


def transfer(step: int, amount: str, *, source: str, to: str) -> Document:
    """Return a transfer row."""
    return {
        "step": step,
        "kind": "transfer",
        "coin": "USDT",
        "amount": amount,
        "from": source,
        "to": to,
        "reason": "example",
    }


def limit(name: str, ends: tuple[str | None, str | None], *numbers: str | None) -> Document:
    """Return a limit row that holds; the numbers are before, worst during and after."""
    return {
        "name": name,
        "min": ends[0],
        "max": ends[1],
        "before": numbers[0],
        "worst_during": numbers[1],
        "after": numbers[2],
        "holds": True,
    }


def instrument(name: str, *numbers: str) -> Document:
    """Return an instrument or wallet row; the numbers are before, target, low, high and after."""
    keys = ("before", "target", "low", "high", "after")
    kind = "symbol" if "/" in name else "wallet"
    return {kind: name} | dict(zip(keys, numbers, strict=True))


PLAN: Document = {
    "status": "trade",
    "nav": "83738.605",
    "nav_after": "83731.144757",
    "instruments": [
        instrument("BTC/USDT", "0.4273", "0.4020", "0.3820", "0.4220", "0.4220"),
        instrument("ETH/USDT", "0.2559", "0.2680", "0.2480", "0.2880", "0.2560"),
        instrument("BTC/USDT:USDT", "-0.1056", "-0.1620", "-0.1701", "-0.1701", "-0.1699"),
        instrument("ETH/USDT:USDT", "0", "-0.1080", "-0.1031", "-0.1031", "-0.1031"),
        instrument("USDT", "0.0600", "0.1800", "0.1600", "0.2000", "0.1600"),
    ],
    "trades": [
        order(1, "BTC/USDT", "sell", amount="0.01063", money=("447.523", "0.447523"))
        | {"weight_before": "0.4273", "weight_after": "0.4220"},
        transfer(2, "8383.59", source="spot", to="futures"),
        order(3, "BTC/USDT:USDT", "sell", amount="0.128", money=("5388.80", "2.6944"))
        | {"weight_before": "-0.1056", "weight_after": "-0.1699"},
        order(4, "ETH/USDT:USDT", "sell", amount="3.788", money=("8636.64", "4.31832"))
        | {"weight_after": "-0.1031"},
    ],
    "book_after": {
        "spot": {"BTC": "0.83937", "ETH": "9.4", "USDT": "13563.485477"},
        "wallets": {"USDT": "13576.57728"},
        "positions": [
            {"symbol": "BTC/USDT:USDT", "contracts": "-0.338", "entry_price": "41572.204142"},
            {"symbol": "ETH/USDT:USDT", "contracts": "-3.788", "entry_price": "2280"},
        ],
    },
    "limits": [
        limit("gross_leverage", (None, "1.5"), "0.7889", "0.9511", "0.9511"),
        limit("net_exposure", ("-0.01", "1.01"), "0.5777", "0.4049", "0.4049"),
        limit("futures_leverage", (None, "3"), "1.7606", "1.7606", "1.7067"),
        limit("margin_utilization", (None, "0.6"), "0.1761", "0.1761", "0.1707"),
        limit("liquidation_distance", ("0.25", None), "0.5617", "0.5617", "0.5790"),
        limit("stress_gross_leverage", (None, "1.5"), "0.8992", "1.1616", "1.1616"),
        limit("stress_net_exposure", ("-0.01", "1.01"), "0.6640", "0.2941", "0.2941"),
        limit("stress_liquidation", ("0", None), "0.0171", "0.0171", "0.0387"),
    ],
    "costs": {"fees": "7.460243", "slippage": "0"},
    "residuals": [],
    "warnings": [],
    "refusals": [],
}


def changed(document: Document, path: str, value: Any) -> Document:
    """Return a copy with the value at a dotted path replaced: `trades.0.fee`."""
    copy = deepcopy(document)
    place: Any = copy
    *keys, last = path.split(".")
    for key in keys:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return copy
