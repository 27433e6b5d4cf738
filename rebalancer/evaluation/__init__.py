"""A policy over a history: what it would have done, earned and risked."""
