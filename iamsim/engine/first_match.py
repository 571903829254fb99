"""Which of several tests of a request holds first; many of them are sought by resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.request import Request

    RequestTest = Callable[[Request], bool]
    Check = Callable[[Request], int]
    Heads = tuple[str, ...] | None

MANY = 16  # tests, from where on an index is faster than a loop


def first_match(tests: Sequence[RequestTest], heads: Sequence[Heads]) -> Check:
    """The number of the first test that holds, or -1.

    `heads` say of each test with what the resource begins if it holds, `None` where it may hold for
    any resource.
    """
    if len(tests) == 1:
        only = tests[0]
        return lambda request: 0 if only(request) else -1
    if len(tests) >= MANY and 2 * sum(found is None for found in heads) < len(tests):
        return _indexed(tests, heads)

    def check(request: Request) -> int:
        number = 0
        for test in tests:
            if test(request):
                return number
            number += 1  # noqa: SIM113 - enumerate() is slower here
        return -1

    return check


def _indexed(tests: Sequence[RequestTest], heads: Sequence[Heads]) -> Check:
    """Try those tests alone whose heads the resource begins with, in their order."""
    anywhere: list[int] = []
    tables: dict[int, dict[str, list[int]]] = {}
    for number, found in enumerate(heads):
        if found is None:
            anywhere.append(number)
            continue
        for head in dict.fromkeys(found):
            tables.setdefault(len(head), {}).setdefault(head, []).append(number)
    by_length = sorted(tables.items())

    def check(request: Request) -> int:
        resource = request.resource
        numbers = anywhere.copy()
        for length, table in by_length:
            numbers += table.get(resource[:length], ())
        numbers.sort()
        for number in numbers:
            if tests[number](request):
                return number
        return -1

    return check
