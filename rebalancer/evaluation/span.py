"""What runs of several policies share."""

from dataclasses import dataclass

from rebalancer.evaluation.evaluation import FillRule
from rebalancer.model.book import Book


@dataclass(frozen=True, slots=True)
class Span:
    """What every run shares: the first book, the dates (None: all there is) and the fill rule."""

    book: Book
    start_us: int | None
    end_us: int | None
    fill: FillRule
