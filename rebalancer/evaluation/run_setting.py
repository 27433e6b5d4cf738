"""What every run of a comparison or a sweep shares."""

from dataclasses import dataclass

from rebalancer.evaluation.evaluation import FillRule
from rebalancer.model.book import Book


@dataclass(frozen=True, slots=True)
class Setting:
    """The first book, the dates and the fill rule."""

    book: Book
    start_us: int
    end_us: int
    fill: FillRule
