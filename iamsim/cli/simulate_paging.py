"""The arguments of simulations about the response: its pages.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options

MOST_ITEMS = 1000
DEFAULT_ITEMS = 100  # of one call of the API; the AWS CLI makes as many calls as it takes


class Page(NamedTuple):
    """Which results are given: from number `first` on, `most` of them; `None` for all."""

    first: int = 0
    most: int | None = None


def page_of(options: Options, count: int) -> Page:
    """Read the options about paging, of `count` results; raises `RequestError` for other numbers
    than AWS takes, and for a marker that no response had."""
    most = _number(options, "max_items", "--max-items")
    _number(options, "page_size", "--page-size")
    if most is None and options["no_paginate"]:
        most = DEFAULT_ITEMS
    marker = options["starting_token"] or options["marker"]
    if not isinstance(marker, str):
        return Page(0, most)
    first = int(marker) if marker.isdecimal() and len(marker) < len(str(MOST_ITEMS)) * 2 else 0
    if not 0 < first < count:
        raise RequestError(
            "unknown-marker",
            f"`{marker}` is not the marker of a response to these arguments",
            hint="give the `Marker` of the response before",
        )
    return Page(first, most)


def _number(options: Options, field: str, option: str) -> int | None:
    text = options[field]
    if not isinstance(text, str):
        return None
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_ITEMS)) else 0
    if not 1 <= number <= MOST_ITEMS:
        raise RequestError(
            "invalid-number", f"`{option}` takes a number from 1 to {MOST_ITEMS}, not `{text}`"
        )
    return number
