from dataclasses import replace

import pytest

from rebalancer.policy.compiled import Comparison, Composite, Condition, Connective
from rebalancer.triggers.text import comparison_text, condition_text, leaf_text
from tests.small_policies import held, leaf

RICH = leaf("apr", Comparison.ABOVE, "0.1", timing=held("14d"))
WEAK = leaf("spot", Comparison.AT_MOST, "$support")
RANGE = leaf("mood", Comparison.BETWEEN, "20", "40")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (RICH, "apr above 0.1 for 14d"),
        (replace(RICH, text="above 10% for 14d"), "apr above 10% for 14d"),
        (WEAK, "spot at most support"),
        (RANGE, "mood between 20 and 40"),
        (Composite(Connective.NOT, (WEAK,)), "not (spot at most support)"),
        (
            Composite(Connective.ALL, (RANGE, WEAK), held("3d", share="0.9")),
            "(mood between 20 and 40 and spot at most support) for 3d (90% of the time)",
        ),
        (
            Composite(Connective.ANY, (Composite(Connective.ALL, (RICH, WEAK)), RANGE)),
            "(apr above 0.1 for 14d and spot at most support) or mood between 20 and 40",
        ),
        (
            Composite(Connective.ALL, (Composite(Connective.NOT, (WEAK,)), RICH)),
            "not (spot at most support) and apr above 0.1 for 14d",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: Condition, text: str) -> None:
    assert condition_text(condition) == text


def test_a_comparison_is_shown_without_its_time() -> None:
    assert leaf_text(RICH) == "above 0.1 for 14d"
    assert comparison_text(RICH) == "above 0.1"
    assert comparison_text(replace(RICH, text="above 10% for 14d")) == "above 10%"
