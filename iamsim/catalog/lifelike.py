"""Values of condition keys and names in ARNs that there can be, for requests that are made up.

The table is `data/lifelike.txt`; its state and its pages stand there.
"""

from __future__ import annotations

from functools import cache

from iamsim.catalog.files import data_lines
from iamsim.core.arn import ARN_PARTS

ENDS = ("", "/", ":")


@cache
def _rows(kind: str) -> dict[str, tuple[str, ...]]:
    """Read the rows of one kind once a process."""
    cut = (line.split(" ") for line in data_lines("lifelike.txt"))
    return {name: tuple(values) for start, name, *values in cut if start == kind}


def usual_values(key: str) -> tuple[str, ...]:
    """Give values that a key (in lower case) can have, the best first."""
    return _rows("key").get(key, ())


def lifelike_arn(arn: str) -> str:
    """Give an ARN with a name that there can be in place of the ``x`` that stands for any."""
    parts = arn.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return arn
    said = f"{parts[2]}:{parts[5]}"
    for start, (better,) in _rows("arn").items():
        if said.startswith(start) and said[len(start) : len(start) + 1] in ENDS:
            service, _, resource = f"{better}{said[len(start) :]}".partition(":")
            return ":".join((*parts[:2], service, *parts[3:5], resource))
    return arn
