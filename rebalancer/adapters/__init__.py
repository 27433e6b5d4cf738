"""Files and the clock: the only code that opens anything."""
