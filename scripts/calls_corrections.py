"""What no package says about operations, from AWS's pages: the file that `build_calls.py` reads.

Lines of `calls_corrections.txt`::

    page URL                                   of all lines up to the next page
    prefix SERVICE PREFIX...                   IAM prefixes of a service of botocore
    ask SERVICE OPERATION[,OPERATION] ACTION...  what the operation asks, instead of its own name
    bind SERVICE OPERATION[,OPERATION] TYPE VARIABLE=MEMBER...
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from iamsim.files.reading import read_text


class Corrections(NamedTuple):
    """Prefixes by service, actions and bindings of ARN variables by operation."""

    prefixes: dict[str, tuple[str, ...]]
    actions: dict[tuple[str, str], tuple[str, ...]]
    bindings: dict[tuple[str, str, str], dict[str, str]]


def read_corrections() -> Corrections:
    """Read the file; ValueError names a line that is none of the above."""
    corrections = Corrections({}, {}, {})
    path = Path(__file__).with_suffix(".txt")
    page = ""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.partition("#")[0].split()
        match words:
            case []:
                continue
            case ["page", url]:
                page = url
            case ["prefix", service, *prefixes] if page:
                corrections.prefixes[service] = tuple(prefixes)
            case ["ask", service, operations, *actions] if page:
                for operation in operations.split(","):
                    corrections.actions[service, operation] = tuple(actions)
            case ["bind", service, operations, type_name, *pairs] if page and pairs:
                for operation in operations.split(","):
                    bound = dict(pair.split("=", 1) for pair in pairs)
                    corrections.bindings.setdefault((service, operation, type_name), {}).update(
                        bound
                    )
            case _:
                message = f"{path.name}, line {number}: `{line}`"
                raise ValueError(message)
    return corrections
