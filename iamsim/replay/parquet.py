"""CloudTrail records in Parquet, as Athena, Glue and exports of CloudTrail Lake write them.

Columns are the members of records, as structures or as JSON in texts, in either spelling; or one
column holds each record whole. A null is a member that is not there.
https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from iamsim.core.errors import RequestError

PARQUET = b"PAR1"  # at the beginning and the end of every file
ROWS = 4096  # in memory at a time


def parquet_rows(file: str) -> Iterator[dict[str, Any]]:
    """The rows of a file. Raises `RequestError` without pyarrow, `OSError` for what can't be read.

    What pyarrow finds wrong behind the first rows is raised when it gets there.
    """
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise RequestError(
            "extra-missing",
            f"`{file}` is Parquet, which needs pyarrow",
            hint="install it with pip install 'iamsim[parquet]'",
        ) from error
    try:
        with ParquetFile(file) as opened:
            for batch in opened.iter_batches(batch_size=ROWS):
                for row in batch.to_pylist():
                    yield plain_row(row)
    except pa.ArrowException as error:
        raise OSError(f"not readable as Parquet: {str(error).partition(chr(10))[0]}") from error


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a record of JSON: a null is a member that is not there."""
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: object) -> object:
    """A value as JSON has it: times as CloudTrail writes them, no members that are null."""
    if isinstance(value, datetime):
        time = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value
