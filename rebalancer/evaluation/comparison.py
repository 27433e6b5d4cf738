"""A policy over history, side by side with the two simplest things that its owner could do instead.

Both keep the weights of the initial regime, on the same capital, fees and dates, and both are
policies that the very same engine runs: `fixed_weights` trades back to them every week, and
`buy_and_hold` plans once and then never again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from rebalancer import __version__
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.frames import Frames, build_frames
from rebalancer.evaluation.made_plans import plans_with
from rebalancer.evaluation.run_setting import Setting
from rebalancer.evaluation.summary import Summary, summarize
from rebalancer.model.digest import digest_book, digest_instruments, digest_market
from rebalancer.model.instant import MONDAY_EPOCH_US, WEEK_US
from rebalancer.model.market import Market
from rebalancer.model.plan import Inputs, PlanStatus
from rebalancer.policy.compiled import Amount, Limits, OnBreach, Policy, Rebalance, Regime, TradeTo
from rebalancer.policy.digest import digest_policy
from rebalancer.signals.named import named_series, named_symbols

BUY_AND_HOLD = "buy_and_hold"
FIXED_WEIGHTS = "fixed_weights"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One evaluation with its numbers."""

    evaluation: Evaluation
    summary: Summary


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedPolicy:
    """What a policy did over a history, its numbers, and what it is compared with.

    `inputs` are the digests of all that the result is a function of besides its start, end and
    fill rule; `instruments_as_of` is the date of the trading rules. `comparison` has
    `buy_and_hold` and `fixed_weights`, both of the regime `initial_regime`.
    """

    inputs: Inputs
    instruments_as_of: str
    initial_regime: str
    evaluation: Evaluation
    summary: Summary
    comparison: Mapping[str, Measured]

    @property
    def frames(self) -> Frames:
        """Return the results as tables; each knows `to_pandas()`."""
        summaries = {name: each.summary for name, each in self.comparison.items()}
        return build_frames(self.evaluation, {"policy": self.summary, **summaries})


def evaluate_beside(policy: Policy, market: Market, *, setting: Setting) -> EvaluatedPolicy:
    """Return a policy's evaluation, its numbers, and the same of what it is compared with.

    Raises UsageError as `evaluate` does.
    """
    measured = _measure(policy, market, setting)
    fixed = _measure(fixed_weights(policy), market, setting)
    held = _hold(policy, market, setting=setting, fixed=fixed.evaluation)
    return EvaluatedPolicy(
        inputs=_inputs(policy, market, setting),
        instruments_as_of=market.instruments_as_of,
        initial_regime=policy.initial_regime,
        evaluation=measured.evaluation,
        summary=measured.summary,
        comparison={BUY_AND_HOLD: held, FIXED_WEIGHTS: fixed},
    )


def fixed_weights(policy: Policy) -> Policy:
    """Return the policy that trades to the initial regime's weights every Monday, whatever happens.

    Nothing is left of signals, transitions, bands and ranges, nor of a limit on turnover, which
    would keep the weights from being reached. All other limits hold.
    """
    derived = replace(
        policy,
        name=f"{policy.name}, fixed weights",
        signals=(),
        regimes=(_fixed(policy.regime(policy.initial_regime)),),
        transitions=(),
        limits=_without_turnover(policy.limits),
        rebalance=Rebalance(
            every_us=WEEK_US,
            offset_us=0,
            band=Decimal(0),
            to=TradeTo.TARGET,
            min_trade=policy.rebalance.min_trade,
            on_breach=OnBreach.WAIT,
        ),
    )
    return replace(derived, digest=digest_policy(derived))


def buy_and_hold(policy: Policy, *, at_us: int, until_us: int) -> Policy:
    """Return the policy that plans once for the initial regime's weights, and never again by then.

    Its calendar is so wide that only one of its times, `at_us`, lies near the history.
    """
    fixed = fixed_weights(policy)
    every_us = abs(until_us - at_us) + 520 * WEEK_US
    once = replace(
        fixed.rebalance, every_us=every_us, offset_us=(at_us - MONDAY_EPOCH_US) % every_us
    )
    derived = replace(fixed, name=f"{policy.name}, buy and hold", rebalance=once)
    return replace(derived, digest=digest_policy(derived))


def _fixed(regime: Regime) -> Regime:
    """Return a regime whose targets and ratios have no range."""
    return replace(
        regime,
        targets=tuple((name, Amount(amount.target)) for name, amount in regime.targets),
        hedges=tuple(replace(each, ratio=Amount(each.ratio.target)) for each in regime.hedges),
        limits=_without_turnover(regime.limits),
    )


def _without_turnover(limits: Limits) -> Limits:
    return replace(limits, turnover=None)


def _hold(policy: Policy, market: Market, *, setting: Setting, fixed: Evaluation) -> Measured:
    """Return the run that plans at the start, or where that is refused, as soon as a plan is made.

    A beta may need weeks of history, and a coin may be listed later than the first row.
    """

    def hold_from(at_us: int) -> Measured:
        return _measure(buy_and_hold(policy, at_us=at_us, until_us=setting.end_us), market, setting)

    held = hold_from(setting.start_us)
    if held.summary.trades or held.summary.plans[PlanStatus.HOLD]:
        return held
    made = (status for status in PlanStatus if status is not PlanStatus.REFUSED)
    sound = next(plans_with(fixed.plans, *made), None)
    return hold_from(sound.as_of_us) if sound else held


def _measure(policy: Policy, market: Market, setting: Setting) -> Measured:
    evaluation = evaluate(
        policy,
        market,
        book=setting.book,
        start_us=setting.start_us,
        end_us=setting.end_us,
        fill=setting.fill,
    )
    regimes = [regime.name for regime in policy.regimes]
    return Measured(evaluation, summarize(evaluation, regimes, instruments=market.instruments))


def _inputs(policy: Policy, market: Market, setting: Setting) -> Inputs:
    """Return the digests of what a run is made from, over the rows up to its end."""
    symbols = named_symbols(policy)
    return Inputs(
        policy=policy.digest,
        portfolio=digest_book(setting.book),
        market=digest_market(market, symbols, series=named_series(policy), as_of_us=setting.end_us),
        instruments=digest_instruments(market.instruments, symbols),
        version=__version__,
    )
