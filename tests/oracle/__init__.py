"""An independent calculator that replays a plan and names every promise it breaks.

Written from the design pages alone: nothing here may import the package under test.
"""
