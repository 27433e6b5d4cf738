"""Signals: numbers measured from the market, one per observation time."""
