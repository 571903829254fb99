"""CloudTrail's log files, record by record: folders as AWS lays them out, packed or not.

A file is a log file (``{"Records": [...]}``), the output of ``lookup-events``, an export of
CloudTrail Lake, a record on each line, or Parquet. Digests and Insights lie beside log files under
names of their own and are passed over.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iamsim.calls.event_forms import records_in, unwrapped
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_bytes, read_gzip
from iamsim.replay.parquet import parquet_rows

PARQUET_ENDING = ".parquet"
ENDINGS = (".json", ".jsonl", ".ndjson", ".gz", PARQUET_ENDING)
# Names of folders beside those of log files.
NOT_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated")
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LogProblem:
    """What of a file could not be read: all of it, or one line or record."""

    file: str
    reason: str


def log_files(paths: Sequence[str]) -> list[str]:
    """The log files below some paths, each once, in a stable order.

    Raises `RequestError` for a path that is not there.
    """
    found: dict[str, None] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS)
            found.update(
                (str(file), None)
                for file in inside
                if file.is_file() and not any(part in NOT_LOGS for part in file.parts)
            )
        elif path.exists():
            found[name] = None
        else:
            raise RequestError("no-such-file", f"there is no `{name}`")
    return list(found)


def records_of(file: str, problems: list[LogProblem]) -> Iterator[Mapping[str, Any]]:
    """The records of one file; what can't be read of it is a problem, and costs nothing else."""
    if file.endswith(PARQUET_ENDING):
        try:
            for row in parquet_rows(file):
                yield from unwrapped_records(row, file, problems)
        except OSError as error:
            problems.append(_unreadable(file, error))
        return
    content = read_log(file, problems)
    if content is not None:
        yield from records_inside(content, file, problems)


def read_log(file: str, problems: list[LogProblem]) -> bytes | None:
    """The content of a file of JSON, unpacked; `None` where it can't be read, which is a
    problem."""
    try:
        content = read_bytes(file)
    except OSError as error:
        problems.append(_unreadable(file, error))
        return None
    return unpacked(content, file, problems)


def unpacked(content: bytes, file: str, problems: list[LogProblem]) -> bytes | None:
    """What a file holds, packed or not; `None` where it is damaged, which is a problem."""
    try:
        return read_gzip(content, file) if content.startswith(GZIP) else content
    except (OSError, EOFError, zlib.error) as error:
        problems.append(_unreadable(file, error))
        return None


def _unreadable(file: str, error: Exception) -> LogProblem:
    """Say why a file can't be read."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return LogProblem(file, reason[:1].lower() + reason[1:])


def records_inside(
    content: bytes, file: str, problems: list[LogProblem]
) -> Iterator[Mapping[str, Any]]:
    """The records of a file's content, in whatever form it has."""
    try:
        documents: list[object] = [json.loads(content)]
    except (ValueError, RecursionError):
        documents = list(_lines(content, file, problems))
    for document in documents:
        yield from unwrapped_records(document, file, problems)


def unwrapped_records(
    document: object, file: str, problems: list[LogProblem]
) -> Iterator[Mapping[str, Any]]:
    """The records in a document; one that is none is a problem, and costs no other."""
    try:
        for record in records_in(document):
            try:
                yield unwrapped(record)
            except RequestError as error:
                problems.append(LogProblem(file, error.message))
    except RequestError as error:
        problems.append(LogProblem(file, error.message))


def _lines(content: bytes, file: str, problems: list[LogProblem]) -> Iterator[object]:
    """A record on each line; a file that breaks off loses its last line alone."""
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(LogProblem(file, f"line {number} is no JSON: {error}"))
