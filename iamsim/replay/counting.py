"""Records counted: each once, those that can't differ together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from iamsim.calls.event_forms import unwrapped
from iamsim.calls.events import read_event
from iamsim.calls.model import ALWAYS, Requested
from iamsim.core.collector import CollectLater
from iamsim.core.errors import InputError, RequestError
from iamsim.core.remember import remember
from iamsim.replay.copies import packed_id, packed_ids
from iamsim.replay.logs import PARQUET_ENDING, LogProblem, read_log, records_inside, records_of

if TYPE_CHECKING:
    from iamsim.replay.alike import Alike
    from iamsim.replay.typed import Record, TypedLogs

# What AWS answers when IAM says no. Services spell it in their own ways.
DENIALS = ("accessdenied", "unauthorized", "notauthorized", "authorizationerror", "forbidden")
# What it answers before it asks IAM.
BEFORE_IAM = ("expiredtoken", "invalidclienttokenid", "signaturedoesnotmatch", "invalidaccesskeyid")
NOT_SIGNED_IN = "the credentials were not accepted"
NO_CALLER = "the record does not name the caller"
# What reasons say of calls that policies may decide, and of which the record does not tell enough.
_UNTOLD = ("is not known", "does not name", "does not say", "names no service")
MOST_OUTLINES = 20_000  # of records, each with the group that it leads to
MOST_CODES = 1_000
NOT_MANAGEMENT = (False, "false")


@dataclass(slots=True)
class CallGroup:
    """Calls that ask the same: the keys of their requests, and what AWS answered how often.

    `first` and `last` are times as the trail writes them, `event` the id of the first record; of
    several at one time, the least.
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
        self.first, self.event = min((self.first, self.event), (other.first, other.event))
        self.last = max(self.last, other.last)


@dataclass(slots=True)
class Count:
    """What some log files hold. `requests` has one request of each kind by its key, `ids` the ids
    of the records of each file, `data_services` the prefixes of services with data events."""

    events: int = 0
    asked: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    groups: dict[tuple[Hashable, ...], CallGroup] = field(default_factory=dict)
    requests: dict[Hashable, Requested] = field(default_factory=dict)
    problems: list[LogProblem] = field(default_factory=list)
    ids: list[tuple[str, bytes]] = field(default_factory=list)
    data_services: set[str] = field(default_factory=set)

    def add(self, other: Count) -> None:
        """Take in what was counted of other files, all but their ids."""
        self.events += other.events
        self.asked += other.asked
        self.skipped.update(other.skipped)
        for keys, group in other.groups.items():
            known = self.groups.get(keys)
            if known is None:
                self.groups[keys] = group
            else:
                known.add(group)
        for key, requested in other.requests.items():
            self.requests.setdefault(key, requested)
        self.problems += other.problems
        self.data_services |= other.data_services

    def take_back(self, copies: Count) -> None:
        """Take out records that were counted twice."""
        self.events -= copies.events
        self.asked -= copies.asked
        self.skipped -= copies.skipped
        for keys, group in copies.groups.items():
            known = self.groups[keys]
            known.allowed -= group.allowed
            known.denied -= group.denied


class Counting:
    """Counts log files. What it has learned of one file it knows for the next."""

    def __init__(self, alike: Alike) -> None:
        """Start without having read anything."""
        self._alike = alike
        self._typed = typed_logs(alike)
        self._outlines: dict[Hashable, tuple[Hashable, ...] | str] = {}
        self._denials: dict[str, bool] = {}
        self._handed_over: set[Hashable] = set()
        self.start()

    def start(self) -> None:
        """Begin a count of its own."""
        self.count = Count()
        self._groups: dict[Hashable, CallGroup | str] = {}

    def files(
        self, files: Iterable[str], progress: Callable[[int], None] = lambda _: None
    ) -> Count:
        """Count some files; `progress` is told how many are done. Requests that an earlier count of
        this object has are not in the new one."""
        self.start()
        with CollectLater():
            for done, file in enumerate(files, 1):
                self._file(file)
                progress(done)
        return self.count

    def content(self, content: bytes, file: str) -> None:
        """Count what a file of JSON holds, unpacked."""
        records = None if self._typed is None else self._typed.records(content)
        if records is not None and self._typed is not None:
            self._typed_records(records, content, file, self._typed)
        else:
            self.records(records_inside(content, file, self.count.problems), file)

    def records(
        self,
        records: Iterable[Mapping[str, Any]],
        file: str = "",
        only: frozenset[bytes] | set[bytes] | None = None,
    ) -> None:
        """Count records of a file, each id once; `only` those of some ids."""
        seen: dict[str, None] = {}
        for record in records:
            event = str(record.get("eventID") or "")
            if event in seen or (only is not None and packed_id(event) not in only):
                continue
            if event:
                seen[event] = None
            self.record(record, event)
        self.count.ids.append((file, packed_ids(list(seen))))

    def record(self, record: Mapping[str, Any], event: str = "") -> None:
        """Count one record."""
        code = str(record.get("errorCode") or "")
        time = str(record.get("eventTime") or "")
        self.count.events += 1
        if not self._is_before_iam(code):
            self._take(self._alike.outline(record), lambda: record, (event, code, time))

    def _file(self, file: str) -> None:
        if file.endswith(PARQUET_ENDING):
            self.records(records_of(file, self.count.problems), file)
            return
        content = read_log(file, self.count.problems)
        if content is not None:
            self.content(content, file)

    def _typed_records(
        self, records: list[Record], content: bytes, file: str, typed: TypedLogs
    ) -> None:
        """Count records of which the members that matter were read; the text of one is read only
        where none of its outline was before."""
        count, groups, outline_of = self.count, self._groups, typed.outline
        events = [record.eventID for record in records if record.eventID]
        seen = dict.fromkeys(events)
        copied = len(seen) != len(events)
        count.ids.append((file, packed_ids(list(seen))))
        asked = 0
        text_of = typed.text_of(content, records)

        def whole(place: int) -> Mapping[str, Any]:
            return unwrapped(json.loads(text_of(place)))

        for place, record in enumerate(records):
            if copied and record.eventID:
                if record.eventID not in seen:
                    continue
                del seen[record.eventID]
            count.events += 1
            code = record.errorCode
            if code and self._is_before_iam(code):
                continue
            outline = outline_of(record)
            group = groups.get(outline) if outline is not None else None
            if group.__class__ is not CallGroup:
                happened = record.eventID or "", code or "", record.eventTime or ""
                try:
                    self._take(outline, partial(whole, place), happened)
                except RequestError as error:
                    count.events -= 1
                    count.problems.append(LogProblem(file, error.message))
                continue
            asked += 1
            if code and self._is_denial(code):
                group.denied += 1
            else:
                group.allowed += 1
            time = record.eventTime or ""
            if time > group.last:  # noqa: PLR1730 - a call less for each record
                group.last = time
            if time <= group.first:
                known = group.first, group.event
                group.first, group.event = min(known, (time, record.eventID or ""))
        count.asked += asked

    def _is_denial(self, code: str) -> bool:
        known = self._denials.get(code)
        if known is None:
            denied = any(word in code.lower() for word in DENIALS)
            known = remember(self._denials, code, denied, MOST_CODES)
        return known

    def _is_before_iam(self, code: str) -> bool:
        """Whether AWS turned a call away before it asked IAM."""
        if not code or not any(word in code.lower() for word in BEFORE_IAM):
            return False
        self.count.skipped[NOT_SIGNED_IN] += 1
        return True

    def _take(
        self,
        outline: Hashable | None,
        whole: Callable[[], Mapping[str, Any]],
        happened: tuple[str, str, str],
    ) -> None:
        """Count a call with those that ask the same."""
        event, code, time = happened
        call_group = self._groups.get(outline) if outline is not None else None
        if call_group is None:
            call_group = self._group_of(outline, whole, time, event)
        if isinstance(call_group, str):
            self.count.skipped[call_group] += 1
            return
        self.count.asked += 1
        denied = bool(code) and self._is_denial(code)
        call_group.add(CallGroup((), time, time, event, int(not denied), int(denied)))

    def _group_of(
        self,
        outline: Hashable | None,
        whole: Callable[[], Mapping[str, Any]],
        time: str,
        event: str,
    ) -> CallGroup | str:
        """The group of a record in this count, or why it asks nothing."""
        keys = self._outlines.get(outline) if outline is not None else None
        if keys is None:
            keys = self._asked(whole())
            if outline is not None:
                remember(self._outlines, outline, keys, MOST_OUTLINES)
        found: CallGroup | str = keys if isinstance(keys, str) else self._group(keys, time, event)
        if outline is not None:
            remember(self._groups, outline, found, MOST_OUTLINES)
        return found

    def _group(self, keys: tuple[Hashable, ...], time: str, event: str) -> CallGroup:
        known = self.count.groups.get(keys)
        if known is None:
            known = self.count.groups[keys] = CallGroup(keys, time, time, event)
        return known

    def _asked(self, record: Mapping[str, Any]) -> tuple[Hashable, ...] | str:
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
        if record.get("eventCategory") == "Data" or record.get("managementEvent") in NOT_MANAGEMENT:
            self.count.data_services.update(
                requested.action.partition(":")[0] for requested in asked
            )
        keys = []
        for requested in asked:
            key = self._alike.reduce(requested)
            if key not in self._handed_over:
                self._handed_over.add(key)
                self.count.requests[key] = requested
            keys.append(key)
        return tuple(keys)


def _reason(skipped: str | None) -> str:
    """Why nothing is asked, without the names of single records."""
    if skipped is None:
        return "which permissions the call needs is not known"
    return skipped.partition(" (`")[0].partition(": `")[0]


def is_untold(reason: str) -> bool:
    """Whether the reason for which a record was not asked leaves open what policies say of it."""
    return any(words in reason for words in _UNTOLD)


def typed_logs(alike: Alike) -> TypedLogs | None:
    """The quick reader of log files, where msgspec is installed."""
    try:
        from iamsim.replay.typed import TypedLogs
    except ImportError:
        return None
    return TypedLogs(alike)
