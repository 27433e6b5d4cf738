"""Targets: a regime's sleeves and hedges as weights of instruments and wallets."""
