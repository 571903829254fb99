"""Log files counted beyond one machine: with Apache Spark, into the same groups.

Each task counts its files with `iamsim.replay.counting`; Spark adds the groups up, and tells by
their ids the records that stand in several files. Worlds are asked where the answer is wanted, on
the driver: of a billion records a few thousand kinds are left there.
https://spark.apache.org/docs/latest/api/python/reference/pyspark.sql/api/pyspark.sql.DataFrame.mapInArrow.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from iamsim.calls.model import Requested
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.replay.copies import ID_BYTES
from iamsim.replay.counting import CallGroup, Count, Counting
from iamsim.replay.logs import NOT_LOGS, LogProblem, records_inside, unpacked, unwrapped_records
from iamsim.replay.parquet import plain_row

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import Column, DataFrame, SparkSession

    from iamsim.replay.alike import Alike

# What tasks give: groups, why records ask nothing, problems, numbers of records, ids.
SCHEMA = (
    "kind string, name string, requests string, allowed long, denied long,"
    " first string, event string, last string, id binary"
)
COLUMNS = [column.split()[0] for column in SCHEMA.split(", ")]
GROUP, SKIPPED, PROBLEM, EVENTS, ID = "group", "skipped", "problem", "events", "id"
DATA = "data events"
NAMES = "*.{json,jsonl,ndjson,gz}"
TABLE = "the table"
# Columns that hold a record's id, or the record whole.
ID_COLUMNS = ("eventid", "eventjson", "cloudtrailevent", "eventdata")

Rows = dict[str, list[Any]]


def open_session(master: str) -> SparkSession:
    """A session of Spark; `auto` takes the one that is there, or what `spark-submit` was told.

    Raises `RequestError` without pyspark, and where Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise RequestError(
            "extra-missing",
            "`--spark` needs pyspark",
            hint="install it with pip install 'iamsim[spark]'",
        ) from error
    builder = SparkSession.builder.appName("iamsim")
    try:
        return (builder if master == "auto" else builder.master(master)).getOrCreate()
    except Exception as error:  # of the gateway or of Java: Spark itself has said why
        message = f"Spark does not start with {quote(master)}"
        hint = "such as `local[2]`, `yarn`, `spark://HOST:PORT` or `auto`"
        raise RequestError("spark-failed", message, hint=hint) from error


def count_files(session: SparkSession, paths: Sequence[str], alike: Alike) -> Count:
    """Count the log files below some paths, which Spark reads: ``s3://``, ``hdfs://``, local ones.

    Each id counts once. The answer is that of `iamsim.replay.workers.count_logs`, without the ids.
    """
    from pyspark import StorageLevel
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F  # noqa: N812 - as Spark's pages write it

    reader = session.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        data_frame = reader.option("pathGlobFilter", NAMES).load(list(paths))
    except AnalysisException as error:
        raise RequestError("no-such-file", str(error).partition("\n")[0]) from error
    files = data_frame.select("path", "content", F.xxhash64("path").alias("file"))
    for name in NOT_LOGS:
        files = files.filter(~F.col("path").contains(f"/{name}/"))
    rows = files.mapInArrow(partial(_count, alike), SCHEMA).persist(StorageLevel.DISK_ONLY)
    try:
        twice = (
            rows.filter(F.col("kind") == ID)
            .groupBy("id")
            .agg(F.sort_array(F.collect_list("allowed")).alias("files"))
            .filter(F.size("files") > 1)
            .select("id", F.explode(F.expr("slice(files, 2, size(files) - 1)")).alias("file"))
            .groupBy("file")
            .agg(F.collect_list("id").alias("ids"))
        )
        count = _added_up(rows, alike)
        if not twice.isEmpty():
            again = files.join(twice, "file").select("path", "content", "ids")
            count.take_back(_added_up(again.mapInArrow(partial(_copies, alike), SCHEMA), alike))
        return count
    finally:
        rows.unpersist()


def count_table(table: DataFrame, alike: Alike) -> Count:
    """Count the records of a table, in columns as Athena, Glue and CloudTrail Lake have them."""
    from pyspark.sql import functions as F  # noqa: N812 - as above

    own = next((column for column in table.columns if column.lower() in ID_COLUMNS), None)
    if own is None:
        raise RequestError("not-a-record", "the table has no column with ids of events")
    is_id = own.lower() == ID_COLUMNS[0]
    id_: Column = F.col(own) if is_id else F.get_json_object(F.col(own).cast("string"), "$.eventID")
    told = table.withColumn("iamsim_id", id_)
    single = told.filter(F.col("iamsim_id").isNotNull()).dropDuplicates(["iamsim_id"])
    records = single.unionByName(told.filter(F.col("iamsim_id").isNull())).drop("iamsim_id")
    return _added_up(records.mapInArrow(partial(_table, alike), SCHEMA), alike)


def _count(alike: Alike, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    """Count files, in a task."""
    counting = Counting(alike)
    for batch in batches:
        files = []
        for row in batch.to_pylist():
            content = unpacked(row["content"], row["path"], counting.count.problems)
            if content is not None:
                counting.content(content, row["path"])
            files.append(row["file"])
        numbers = dict(zip(batch.column("path").to_pylist(), files, strict=True))
        yield from _ids(counting.count, numbers)
    yield _batch(_rows(counting.count))


def _copies(alike: Alike, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    """Count those records of files again that stand in another one as well."""
    counting = Counting(alike)
    for batch in batches:
        for row in batch.to_pylist():
            content = unpacked(row["content"], row["path"], [])
            if content is not None:
                records = records_inside(content, row["path"], [])
                counting.records(records, row["path"], frozenset(row["ids"]))
    yield _batch(_rows(counting.count))


def _table(alike: Alike, batches: Iterable[RecordBatch]) -> Iterator[RecordBatch]:
    """Count rows, in a task."""
    counting = Counting(alike)
    for batch in batches:
        for row in batch.to_pylist():
            found = unwrapped_records(plain_row(row), TABLE, counting.count.problems)
            counting.records(found)
        counting.count.ids = []
    yield _batch(_rows(counting.count))


def _ids(count: Count, numbers: dict[str, int]) -> Iterator[RecordBatch]:
    """The ids of files, which leave the count."""
    rows: Rows = {"id": [], "allowed": []}
    for file, packed in count.ids:
        some = [packed[place : place + ID_BYTES] for place in range(0, len(packed), ID_BYTES)]
        rows["id"] += some
        rows["allowed"] += [numbers[file]] * len(some)
    count.ids = []
    if rows["id"]:
        yield _batch({"kind": [ID] * len(rows["id"]), **rows})


def _rows(count: Count) -> Rows:
    told: list[dict[str, Any]] = [{"kind": EVENTS, "allowed": count.events, "denied": count.asked}]
    told += [
        {"kind": SKIPPED, "name": reason, "allowed": number}
        for reason, number in count.skipped.items()
    ]
    told += [
        {"kind": PROBLEM, "name": problem.file, "first": problem.reason}
        for problem in count.problems
    ]
    told += [{"kind": DATA, "name": service} for service in sorted(count.data_services)]
    for group in count.groups.values():
        asked = [asdict(count.requests[key]) for key in group.requests]
        told.append(
            {
                "kind": GROUP,
                "name": json.dumps(group.requests),
                "requests": json.dumps(asked),
                "allowed": group.allowed,
                "denied": group.denied,
                "first": group.first,
                "event": group.event,
                "last": group.last,
            }
        )
    return {name: [row.get(name) for row in told] for name in COLUMNS}


def _batch(rows: Rows) -> RecordBatch:
    """Rows as Arrow has them; columns that are not given are empty."""
    import pyarrow as pa

    types = {"allowed": pa.int64(), "denied": pa.int64(), "id": pa.binary()}
    number = len(next(iter(rows.values())))
    arrays = [
        pa.array(rows.get(name, [None] * number), types.get(name, pa.string())) for name in COLUMNS
    ]
    return pa.RecordBatch.from_arrays(arrays, names=COLUMNS)


def _added_up(rows: DataFrame, alike: Alike) -> Count:
    from pyspark.sql import functions as F  # noqa: N812 - as above

    added = (
        rows.filter(F.col("kind") != ID)
        .groupBy("kind", "name", F.when(F.col("kind") == PROBLEM, F.col("first")).alias("reason"))
        .agg(
            F.first("requests").alias("requests"),
            F.sum("allowed").alias("allowed"),
            F.sum("denied").alias("denied"),
            F.min(F.struct("first", "event")).alias("start"),
            F.max("last").alias("last"),
        )
    )
    count = Count()
    for row in added.toLocalIterator():
        if row["kind"] == EVENTS:
            count.events, count.asked = row["allowed"], row["denied"]
        elif row["kind"] == SKIPPED:
            count.skipped[row["name"]] = row["allowed"]
        elif row["kind"] == DATA:
            count.data_services.add(row["name"])
        elif row["kind"] == PROBLEM:
            count.problems.append(LogProblem(row["name"], row["reason"]))
        else:
            _take_group(count, row.asDict(), alike)
    count.problems.sort(key=lambda problem: (problem.file, problem.reason))
    return count


def _take_group(count: Count, row: dict[str, Any], alike: Alike) -> None:
    keys = []
    for entry in json.loads(row["requests"]):
        requested = Requested(**entry)
        keys.append(alike.reduce(requested))
        count.requests.setdefault(keys[-1], requested)
    first, event = row["start"]
    group = CallGroup(tuple(keys), first, row["last"], event, row["allowed"], row["denied"])
    if group.requests in count.groups:
        count.groups[group.requests].add(group)
    else:
        count.groups[group.requests] = group
