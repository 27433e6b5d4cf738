"""Policy as code for portfolios of crypto spot and futures."""

__version__ = "0.1.0"
