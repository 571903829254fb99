"""API operations that have no action of their own name, and what AWS asks for instead.

A small table of the ones that people write for actions; `data/operations.txt` names the pages.
"""

from __future__ import annotations

from functools import cache

from iamsim.catalog.files import data_lines

FILE = "operations.txt"


@cache
def operations() -> dict[str, tuple[str, ...]]:
    """The actions by operations, whose names are in lower case."""
    rows = (line.split() for line in data_lines(FILE))
    return {operation.lower(): tuple(actions) for operation, *actions in rows}


def actions_of_operation(name: str) -> tuple[str, ...]:
    """Give the actions that stand for an operation such as ``s3:ListObjectsV2``, also where only
    one service has it and its name is left out."""
    lowered = name.lower()
    if ":" in name:
        return operations().get(lowered, ())
    found = [known for known in operations() if known.partition(":")[2] == lowered]
    return operations()[found[0]] if len(found) == 1 else ()
