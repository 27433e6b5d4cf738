"""The numbers of many accounts, which are read from a run in parts."""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.summarize_many import summarize_many
from tests.unit.evaluation.small_histories import book_of, btc_market, policy_of

BARS, ACCOUNTS = 1_800, 70
"""Seven accounts of so many bars are looked at together, and eight times as many are read."""


def test_accounts_are_told_apart_however_many_there_are() -> None:
    steps = np.random.default_rng(5).normal(0, 0.03, BARS)
    market = btc_market((100 * np.exp(np.cumsum(steps))).round(2).tolist())
    shares = [Decimal(10 + account) for account in range(ACCOUNTS)]
    policies = [
        policy_of("core: {kind: spot}", f"core: {share}%, cash: {100 - share}%") for share in shares
    ]
    book = book_of(USDT="100000")

    found = summarize_many(policies, [market], book=book)

    for summary, alone in zip(found, evaluate_many(policies, [market], book=book), strict=True):
        assert summary.end_nav == alone.nav[-1]
        assert summary.summary.equity.max_drawdown == pytest.approx(
            (alone.nav / np.maximum.accumulate(alone.nav) - 1).min(), rel=1e-12
        )
    largest = [each.summary.largest_gross_leverage for each in found]
    assert np.all(np.diff(largest) > 0)
