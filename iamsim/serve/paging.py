"""Pages of lists, and the tokens that lead to the next.

A token holds where to go on and what was asked: one of another request is refused, as AWS does.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

DEFAULT_ITEMS = 100
TOKENS = frozenset({"Marker", "MaxItems", "MaxResults", "NextToken", "maxResults", "nextToken"})
DIGEST = 12


def page(
    items: Sequence[T], parameters: Mapping[str, object], token: str | None, most: int
) -> tuple[Sequence[T], str | None]:
    """A page of items, at most `most` of them, and the token of the next; `None` at the end.

    Raises `ValueError` for a token that no response to these parameters had.
    """
    asked = {name: parameter for name, parameter in parameters.items() if name not in TOKENS}
    digest = sha256(repr(sorted(asked.items())).encode()).hexdigest()[:DIGEST]
    start = 0 if token is None else _start(token, digest)
    if not 0 <= start <= max(len(items) - 1, 0):
        raise ValueError(token)
    end = start + most
    following = urlsafe_b64encode(f"{digest}:{end}".encode()).decode()
    return items[start:end], following if end < len(items) else None


def _start(token: str, digest: str) -> int:
    known, _, number = urlsafe_b64decode(token.encode("ascii")).decode("ascii").partition(":")
    if known != digest:
        raise ValueError(token)
    return int(number)
