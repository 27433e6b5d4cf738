"""What a policy must be beyond its form: one family of checks per file."""
