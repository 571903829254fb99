"""What a count of log files has come to, kept in a folder, so that an interrupted one goes on.

Counts hang on what the policies of the worlds read, so a state is good for worlds that read the
same alone. It holds no copies taken back: those are told anew from the ids of all files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any

from iamsim.calls.model import Requested
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.files.reading import file_state, read_bytes
from iamsim.files.writing import make_folder, write_bytes, write_text
from iamsim.replay.copies import ID_BYTES, Ids
from iamsim.replay.counting import CallGroup, Count
from iamsim.replay.logs import LogProblem

if TYPE_CHECKING:
    from iamsim.replay.alike import Alike

NAME = "count.json"
SECONDS = 15.0  # between two times that it is written
Json = dict[str, Any]


class State:
    """The folder of one count. `done` has the files that were counted, with their time and size."""

    def __init__(self, folder: str, alike: Alike, version: str) -> None:
        """Read what is there. Raises `RequestError` for the state of another count, or of another
        `version` of iamsim."""
        self._folder = folder
        self._alike = alike
        reads = json.dumps(alike.__getstate__(), sort_keys=True, default=sorted)
        self._mark = hashlib.sha256(f"{version} {reads}".encode()).hexdigest()
        self.done: dict[str, tuple[int, int]] = {}
        self._ids: list[Json] = []  # the files of ids, and which logs they are of
        self._new: list[tuple[str, bytes]] = []
        self._count: Json | None = None
        self._written = monotonic()
        path = os.path.join(folder, NAME)  # noqa: PTH118 - as `iamsim.files` names files
        if file_state(path) is not None:
            self._read(path)

    def _read(self, path: str) -> None:
        try:
            data = json.loads(read_bytes(path))
            mark = data["mark"]
            self.done = {file: (time, size) for file, time, size in data["done"]}
            self._ids, self._count = data["ids"], data["count"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unusable(path, "it can't be read") from error
        if mark != self._mark:
            raise _unusable(
                path, "it was counted by another version, or for policies that read other things"
            )

    def begin(self, files: Sequence[str], ids: Ids) -> Count:
        """The count so far; the ids go into `ids`. Raises `RequestError` where a file that was
        counted is no longer there, or has changed."""
        given = set(files)
        for file, known in self.done.items():
            if file not in given:
                raise _unusable(self._folder, f"it counts `{file}`, which was not given")
            if file_state(file) != known:
                raise _unusable(self._folder, f"`{file}` has changed since it was counted")
        if self._count is None:
            return Count()
        try:
            for other_id in self._ids:
                packed = read_bytes(os.path.join(self._folder, other_id["name"]))  # noqa: PTH118
                place = 0
                for file, number in other_id["files"]:
                    ids.add(file, packed[place : place + number * ID_BYTES])
                    place += number * ID_BYTES
                if place != len(packed):
                    raise _unusable(self._folder, f"`{other_id['name']}` is not whole")
            return count_from_data(self._count, self._alike)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unusable(self._folder, "it can't be read") from error

    def note(self, files: Iterable[str], ids: Iterable[tuple[str, bytes]], count: Count) -> None:
        """Take note of files that were counted; now and then write it down."""
        self.done.update((file, file_state(file) or (0, 0)) for file in files)
        self._new += ids
        if monotonic() - self._written > SECONDS:
            self.save(count)

    def save(self, count: Count) -> None:
        """Write it down; raises `RequestError` where the folder can't be written."""
        try:
            self._write(count)
        except OSError as error:
            reason = (error.strerror or "it can't be written").lower()
            message = f"can't write to {quote(self._folder)}: {reason}"
            raise RequestError("output-not-writable", message) from error

    def _write(self, count: Count) -> None:
        """Write first the ids that are new, then the count with the names of all."""
        make_folder(self._folder)
        if self._new:
            name = f"ids-{len(self._ids) + 1:06}"
            packed = b"".join(some for _, some in self._new)
            write_bytes(os.path.join(self._folder, name), packed, over_input=True)  # noqa: PTH118
            files = [[file, len(some) // ID_BYTES] for file, some in self._new]
            self._ids.append({"name": name, "files": files})
            self._new = []
        data = {
            "mark": self._mark,
            "done": [[file, *known] for file, known in self.done.items()],
            "ids": self._ids,
            "count": count_to_data(count),
        }
        path = os.path.join(self._folder, NAME)  # noqa: PTH118 - as above
        write_text(path, json.dumps(data), over_input=True)
        self._written = monotonic()


def _unusable(where: str, why: str) -> RequestError:
    return RequestError(
        "unusable-state",
        f"the state in `{where}` can't be gone on with: {why}",
        hint="remove the folder, or name another one with `--state`",
    )


def count_to_data(count: Count) -> Json:
    """A count as JSON-ready data, without ids."""
    numbers = {key: number for number, key in enumerate(count.requests)}
    return {
        "events": count.events,
        "asked": count.asked,
        "skipped": dict(count.skipped),
        "requests": [asdict(requested) for requested in count.requests.values()],
        "groups": [
            [
                [numbers[key] for key in group.requests],
                *(group.first, group.last, group.event, group.allowed, group.denied),
            ]
            for group in count.groups.values()
        ],
        "data_services": sorted(count.data_services),
        "problems": [[problem.file, problem.reason] for problem in count.problems],
    }


def count_from_data(data: Json, alike: Alike) -> Count:
    """The count again; raises `ValueError`, `KeyError` or `TypeError` for what is none."""
    count = Count(data["events"], data["asked"])
    count.skipped.update(data["skipped"])
    count.data_services.update(data["data_services"])
    keys: list[Hashable] = []
    for entry in data["requests"]:
        requested = Requested(**entry)
        keys.append(alike.reduce(requested))
        count.requests[keys[-1]] = requested
    for numbers, first, last, event, allowed, denied in data["groups"]:
        asked = tuple(keys[number] for number in numbers)
        count.groups[asked] = CallGroup(asked, first, last, event, allowed, denied)
    count.problems += [LogProblem(file, reason) for file, reason in data["problems"]]
    return count
