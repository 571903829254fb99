"""Lines beside the answer: the one function that writes names from outside to standard error."""

from __future__ import annotations

import sys

from iamsim.core.caret import printable


def say(*lines: str) -> None:
    """Write lines to standard error; none of them moves the cursor or forges a line."""
    sys.stdout.flush()
    sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
