"""Records counted: each once, those that can't differ together."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamsim.calls.event_forms import unwrapped
from iamsim.calls.events import read_event
from iamsim.calls.model import ALWAYS, Requested
from iamsim.core.collector import CollectLater
from iamsim.core.errors import InputError
from iamsim.core.remember import remember
from iamsim.replay.logs import PARQUET_ENDING, LogProblem, read_log, records_inside, records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from msgspec import Raw

    from iamsim.replay.alike import Alike
    from iamsim.replay.typed import Record, TypedLogs

__all__ = ["CallGroup", "Count", "count_logs"]

# What AWS answers when IAM says no. Services spell it in their own ways.
DENIALS = ("accessdenied", "unauthorized", "notauthorized", "authorizationerror", "forbidden")
# What it answers before it asks IAM.
BEFORE_IAM = ("expiredtoken", "invalidclienttokenid", "signaturedoesnotmatch", "invalidaccesskeyid")
NOT_SIGNED_IN = "the credentials were not accepted"
NO_CALLER = "the record does not name the caller"
MOST_OUTLINES = 20_000  # of records, each with the group that it leads to


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
    _outlines: dict[Hashable, CallGroup | str] = field(default_factory=dict)

    def record(self, record: Mapping[str, Any], alike: Alike) -> None:
        """Take in one record; one that was seen before counts no more."""
        event, code = str(record.get("eventID") or ""), str(record.get("errorCode") or "")
        if self._is_new(event) and not self._is_before_iam(code):
            time = str(record.get("eventTime") or "")
            self._take(alike.outline(record), lambda: record, alike, (event, code, time))

    def typed_record(self, record: Record, text: Raw, typed: TypedLogs, alike: Alike) -> None:
        """Take in one record of which the members that matter were read; its text is read only
        where none of its outline was before."""
        event, code = record.eventID or "", record.errorCode or ""
        if self._is_new(event) and not self._is_before_iam(code):

            def whole() -> Mapping[str, Any]:
                return unwrapped(json.loads(bytes(text)))

            happened = event, code, record.eventTime or ""
            self._take(typed.outline(record), whole, alike, happened)

    def _is_new(self, event: str) -> bool:
        """Count an event, unless it was seen before."""
        if event:
            number = _packed(event)
            if number in self.seen:
                return False
            self.seen.add(number)
        self.events += 1
        return True

    def _is_before_iam(self, code: str) -> bool:
        """Whether AWS turned a call away before it asked IAM."""
        if not code or not any(word in code.lower() for word in BEFORE_IAM):
            return False
        self.skipped[NOT_SIGNED_IN] += 1
        return True

    def _take(
        self,
        outline: Hashable | None,
        whole: Callable[[], Mapping[str, Any]],
        alike: Alike,
        happened: tuple[str, str, str],
    ) -> None:
        """Count a call with those that ask the same."""
        found = self._outlines.get(outline) if outline is not None else None
        if found is None:
            found = self._group_of(whole(), alike, happened)
            if outline is not None:
                remember(self._outlines, outline, found, MOST_OUTLINES)
        if isinstance(found, str):
            self.skipped[found] += 1
            return
        self.asked += 1
        event, code, time = happened
        if code and any(word in code.lower() for word in DENIALS):
            found.denied += 1
        else:
            found.allowed += 1
        if time < found.first:
            found.first, found.event = time, event
        elif time > found.last:
            found.last = time

    def _group_of(
        self, record: Mapping[str, Any], alike: Alike, happened: tuple[str, str, str]
    ) -> CallGroup | str:
        """The group of a record, or why it asks nothing."""
        keys = self._asked(record, alike)
        if isinstance(keys, str):
            return keys
        event, _, time = happened
        return self.groups.setdefault(keys, CallGroup(keys, time, time, event))

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
    count, typed = Count(), typed_logs(alike)
    with CollectLater():
        for done, file in enumerate(files, 1):
            _count_log(count, file, alike, typed)
            progress(done)
    return count


def _count_log(count: Count, file: str, alike: Alike, typed: TypedLogs | None) -> None:
    """Count the records of one file."""
    if typed is None or file.endswith(PARQUET_ENDING):
        for record in records_of(file, count.problems):
            count.record(record, alike)
        return
    content = read_log(file, count.problems)
    records = None if content is None else typed.records(content)
    for known, text in records or ():
        count.typed_record(known, text, typed, alike)
    if content is not None and records is None:
        for record in records_inside(content, file, count.problems):
            count.record(record, alike)


def typed_logs(alike: Alike) -> TypedLogs | None:
    """The quick reader of log files, where msgspec is installed."""
    try:
        from iamsim.replay.typed import TypedLogs  # noqa: PLC0415 - it needs msgspec
    except ImportError:
        return None
    return TypedLogs(alike)
