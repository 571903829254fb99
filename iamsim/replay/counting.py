"""Records counted: each once, those that can't differ together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamsim.calls.events import read_event
from iamsim.calls.model import ALWAYS, Requested
from iamsim.core.errors import InputError
from iamsim.replay.alike import MOST_REMEMBERED
from iamsim.replay.logs import LogProblem, records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from iamsim.replay.alike import Alike

__all__ = ["CallGroup", "Count", "count_logs"]

# What AWS answers when IAM says no. Services spell it in their own ways.
DENIALS = ("accessdenied", "unauthorized", "notauthorized", "authorizationerror", "forbidden")
# What it answers before it asks IAM.
BEFORE_IAM = ("expiredtoken", "invalidclienttokenid", "signaturedoesnotmatch", "invalidaccesskeyid")
NOT_SIGNED_IN = "the credentials were not accepted"
NO_CALLER = "the record does not name the caller"


@dataclass(slots=True)
class CallGroup:
    """Calls that ask the same: the keys of their requests, and what AWS answered how often.

    `first` and `last` are times as the trail writes them, `event` the id of the first record.
    """

    requests: tuple[Hashable, ...]
    first: str
    last: str
    event: str
    allowed: int = 0
    denied: int = 0

    @property
    def count(self) -> int:
        """How many records there are."""
        return self.allowed + self.denied

    def add(self, other: CallGroup) -> None:
        """Take in a group of the same requests."""
        self.allowed += other.allowed
        self.denied += other.denied
        if other.first < self.first:
            self.first, self.event = other.first, other.event
        self.last = max(self.last, other.last)


@dataclass(slots=True)
class Count:
    """What some log files hold. `requests` has one request of each kind by its key, `seen`
    the ids of all records."""

    events: int = 0
    asked: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    groups: dict[tuple[Hashable, ...], CallGroup] = field(default_factory=dict)
    requests: dict[Hashable, Requested] = field(default_factory=dict)
    problems: list[LogProblem] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    _outlines: dict[str, tuple[Hashable, ...] | str] = field(default_factory=dict)

    def record(self, record: Mapping[str, Any], alike: Alike) -> None:
        """Take in one record; one that was seen before counts no more."""
        event = str(record.get("eventID") or "")
        if event:
            number = _packed(event)
            if number in self.seen:
                return
            self.seen.add(number)
        self.events += 1
        code = str(record.get("errorCode") or "").lower()
        if any(word in code for word in BEFORE_IAM):
            self.skipped[NOT_SIGNED_IN] += 1
            return
        outline = alike.outline(record)
        keys = self._outlines.get(outline) if outline is not None else None
        if keys is None:
            keys = self._asked(record, alike)
            if outline is not None and len(self._outlines) < MOST_REMEMBERED:
                self._outlines[outline] = keys
        if isinstance(keys, str):
            self.skipped[keys] += 1
            return
        self.asked += 1
        denied = any(word in code for word in DENIALS)
        time = str(record.get("eventTime") or "")
        group = CallGroup(keys, time, time, event, int(not denied), int(denied))
        self._add(group)

    def _asked(self, record: Mapping[str, Any], alike: Alike) -> tuple[Hashable, ...] | str:
        """The keys of what a record asks, or why it asks nothing."""
        try:
            reading = read_event(record)
        except InputError as error:
            return error.message
        if reading.skipped is not None or not reading.asked:
            return _reason(reading.skipped)
        asked = [requested for requested in reading.asked if requested.needed == ALWAYS]
        if any(requested.principal is None for requested in asked):
            return NO_CALLER
        keys = []
        for requested in asked:
            key = alike.reduce(requested)
            self.requests.setdefault(key, requested)
            keys.append(key)
        return tuple(keys)

    def _add(self, group: CallGroup) -> None:
        known = self.groups.get(group.requests)
        if known is None:
            self.groups[group.requests] = group
        else:
            known.add(group)

    def add(self, other: Count) -> None:
        """Take in what another process counted, of other records."""
        self.seen |= other.seen
        self.events += other.events
        self.asked += other.asked
        self.skipped.update(other.skipped)
        for group in other.groups.values():
            self._add(group)
        for key, requested in other.requests.items():
            self.requests.setdefault(key, requested)
        self.problems += other.problems


def _packed(event: str) -> bytes:
    """The id of an event in few bytes."""
    try:
        return bytes.fromhex(event.replace("-", ""))
    except ValueError:
        return event.encode()


def _reason(skipped: str | None) -> str:
    """Why nothing is asked, without the names of single records."""
    if skipped is None:
        return "the call asks nothing of IAM"
    return skipped.partition(" (`")[0].partition(": `")[0]


def count_logs(
    files: Iterable[str], alike: Alike, progress: Callable[[int], None] = lambda _: None
) -> Count:
    """Count the records of some files; `progress` is told how many files are done."""
    count = Count()
    for done, file in enumerate(files, 1):
        for record in records_of(file, count.problems):
            count.record(record, alike)
        progress(done)
    return count
