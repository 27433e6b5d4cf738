"""Regimes: the finite-state machine that triggers move."""
