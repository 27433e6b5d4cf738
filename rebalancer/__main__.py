"""The command, for `python -m rebalancer`."""

import sys

from rebalancer.cli.app import main

sys.exit(main())
