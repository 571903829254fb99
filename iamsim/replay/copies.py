"""Records that stand in several files: told by their ids, in bounded memory.

CloudTrail gives every event an id of its own, a UUID
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html).
The ids of each file are kept, 16 bytes each, on disk where they are many. In the end they are dealt
out by value into shares of which one at a time is looked at.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import Self

ID_BYTES = 16
TEXT = 36  # characters of a UUID
IN_MEMORY = 1_000_000  # bytes of ids
SHARE = 100_000  # ids that are looked at together
MOST_SHARES = 500  # which are files that are open


def packed_ids(events: list[str]) -> bytes:
    """The ids of events, 16 bytes each."""
    if set(map(len, events)) == {TEXT}:
        try:
            packed = bytes.fromhex("".join(events).replace("-", ""))
        except ValueError:
            packed = b""
        if len(packed) == ID_BYTES * len(events):
            return packed
    return b"".join(map(packed_id, events))


def packed_id(event: str) -> bytes:
    """One id; what is no UUID is hashed."""
    try:
        packed = bytes.fromhex(event.replace("-", ""))
    except ValueError:
        packed = b""
    if len(packed) == ID_BYTES and len(event) == TEXT:
        return packed
    return hashlib.blake2b(event.encode("utf-8", "surrogatepass"), digest_size=ID_BYTES).digest()


class Ids:
    """The ids of some files, each without copies within itself."""

    def __init__(self) -> None:
        """Start without files."""
        self._stored = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by `__exit__`
        self.files: list[tuple[str, int]] = []  # and how many ids each has

    def __enter__(self) -> Self:
        """Take files in, in this block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget them."""
        self._stored.close()

    def add(self, file: str, packed: bytes) -> None:
        """Take in the ids of a file."""
        if packed:
            self._stored.write(packed)
            self.files.append((file, len(packed) // ID_BYTES))

    def copies(self, order: Iterable[str]) -> dict[str, set[bytes]]:
        """By file, the ids that a file before it, in this order, has as well."""
        twice = self._halves_seen_twice()
        if not twice:
            return {}
        places = {file: place for place, file in enumerate(order)}
        holders: dict[bytes, list[str]] = {}
        for file, packed in self._by_file():
            for place in range(0, len(packed), ID_BYTES):
                one = packed[place : place + ID_BYTES]
                if int.from_bytes(one[:8], sys.byteorder) in twice:
                    holders.setdefault(one, []).append(file)
        found: dict[str, set[bytes]] = {}
        for key, files in holders.items():
            for file in sorted(files, key=places.__getitem__)[1:]:
                found.setdefault(file, set()).add(key)
        return found

    def _by_file(self) -> Iterator[tuple[str, bytes]]:
        self._stored.seek(0)
        for file, number in self.files:
            yield file, self._stored.read(number * ID_BYTES)

    def _halves_seen_twice(self) -> set[int]:
        """The first halves of ids, as numbers, that stand there more than once: hardly ever is one
        among them of which the other half is another."""
        shares = min(sum(number for _, number in self.files) // SHARE + 1, MOST_SHARES)
        if shares == 1:
            together = array("Q")
            for _, packed in self._by_file():
                together.extend(_halves(packed))
            return _twice(together)
        twice: set[int] = set()
        with ExitStack() as open_files:
            parts = [open_files.enter_context(TemporaryFile()) for _ in range(shares)]
            bounds = [(share << 64) // shares for share in range(1, shares)]
            for _, packed in self._by_file():
                halves = sorted(_halves(packed))  # the highest byte of a UUID's half is random
                places = [0, *(bisect_left(halves, bound) for bound in bounds), len(halves)]
                for part, (start, end) in zip(parts, pairwise(places), strict=True):
                    part.write(array("Q", halves[start:end]).tobytes())
            for part in parts:
                part.seek(0)
                twice |= _twice(array("Q", part.read()))
        return twice


def _halves(packed: bytes) -> array[int]:
    return array("Q", packed)[::2]


def _twice(numbers: array[int]) -> set[int]:
    """The numbers that stand there more than once."""
    if len(set(numbers)) == len(numbers):
        return set()
    return {number for number, times in Counter(numbers).items() if times > 1}
