"""Triggers: three-valued conditions with their timing."""
