"""The planner: from a book and its targets to an ordered list of trades."""
