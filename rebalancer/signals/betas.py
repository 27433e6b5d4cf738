"""The betas that a regime's hedges are sized by."""

from collections.abc import Iterator

from rebalancer.model.beta import Beta, HedgedPair
from rebalancer.model.market import Market
from rebalancer.policy.compiled import (
    OWN,
    Hedge,
    Policy,
    Regime,
    Signal,
    Source,
    SourceKind,
    Transform,
    TransformKind,
)
from rebalancer.signals.compute import compute_signals
from rebalancer.signals.freshness import read_signal


def measure_betas(
    policy: Policy, regime: Regime, *, market: Market, as_of_us: int
) -> dict[HedgedPair, Beta | None]:
    """Return the beta of each asset that a regime hedges by beta, to the contract that hedges it.

    They are the `beta` and `correlation` of a signal that reads the asset's spot price, as of a
    time: None where the window is not covered, a price rests or the last one is too old.
    """
    pairs = dict.fromkeys(pair for hedge in regime.hedges for pair in _hedged_pairs(policy, hedge))
    return {pair: _measure(pair, market, as_of_us=as_of_us) for pair in pairs}


def _hedged_pairs(policy: Policy, hedge: Hedge) -> Iterator[HedgedPair]:
    """Yield the pairs of spot and contract whose beta a hedge asks for."""
    if hedge.beta_us is None:
        return
    for name, _ in policy.sleeve(hedge.of).shares:
        asset = policy.asset(name)
        contract = asset.future if hedge.instrument == OWN else hedge.instrument
        if asset.spot is not None and contract is not None:
            yield HedgedPair(asset.spot, contract, hedge.beta_us)


def _measure(pair: HedgedPair, market: Market, *, as_of_us: int) -> Beta | None:
    kinds = (TransformKind.BETA, TransformKind.CORRELATION)
    histories = compute_signals(market, [_signal(pair, kind) for kind in kinds])
    value, correlation = (read_signal(histories[kind], as_of_us).value for kind in kinds)
    return None if value is None or correlation is None else Beta(value, correlation)


def _signal(pair: HedgedPair, kind: TransformKind) -> Signal:
    """Return the signal that a policy would write for one number of a pair."""
    transform = Transform(kind, pair.window_us, to=pair.contract)
    return Signal(kind, Source(SourceKind.PRICE, pair.spot), (transform,))
