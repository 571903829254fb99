"""`python -m iamsim` is the command `iamsim`."""

from __future__ import annotations

import sys

from iamsim.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
