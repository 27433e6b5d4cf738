"""The policy language: YAML text becomes a checked policy, or findings."""
