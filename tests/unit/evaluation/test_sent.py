"""What the books of a batch send: BTC costs 100, and a book without value is refused a plan."""

import pytest

from rebalancer.evaluation.sent import send_orders
from rebalancer.model.book import Book
from tests.small_plans import book_of, case_of, policy_of

POLICY = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
RICH, GONE = book_of(USDT="1000"), book_of(("BTC/USDT:USDT", "-5", "50"), USDT="100", wallet="100")


@pytest.mark.parametrize(
    ("books", "with_refused", "rows", "bought"),
    [
        ([RICH, GONE], True, [0, 1], [5000, 0]),
        ([RICH, GONE], False, [0], [5000]),
        ([GONE, GONE], True, [0, 1], [0, 0]),
        ([GONE], False, [], []),
    ],
)
def test_a_book_that_is_refused_a_plan_sends_nothing(
    books: list[Book], *, with_refused: bool, rows: list[int], bought: list[float]
) -> None:
    case = case_of(POLICY, *books)

    sent = send_orders(case, case.layout, places=(0, 1), with_refused=with_refused)

    assert sent.rows.tolist() == rows
    assert sent.opening[:, 0].tolist() == bought
    assert not sent.closing.any()
