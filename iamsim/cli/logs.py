"""Logs that commands are given, read with a bar, in as many processes as were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import PROCESSES, processes_of
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.replay.alike import Alike
    from iamsim.replay.counting import Count

__all__ = ["COUNTED_BY", "count_of"]

# How logs are counted.
COUNTED_BY = (
    PROCESSES,
    Option(
        ("--state",),
        "state",
        "Keep in this folder what was counted, so that an interrupted run goes on, and one with"
        " more logs reads only these.",
        metavar="FOLDER",
    ),
    Option(
        ("--spark",),
        "spark",
        "Count with Apache Spark, which reads the logs: its master, such as `local[2]` or `yarn`;"
        " `auto` for what spark-submit was told.",
        metavar="MASTER",
    ),
)


def count_of(options: Options, paths: Sequence[str], alike: Alike) -> Count:
    """Count the records of all log files below some paths; raises `RequestError` for none."""
    from iamsim.cli.ask import text_of
    from iamsim.replay.logs import log_files
    from iamsim.replay.state import State
    from iamsim.replay.workers import count_logs

    if options["spark"] is not None:
        return _count_with_spark(options, paths, alike)
    files = log_files(paths)
    if not files:
        raise RequestError(
            "no-logs",
            "there is no log file in what was given",
            hint="give files or folders with CloudTrail's `.json.gz`, `.json` or `.jsonl`",
        )
    number = processes_of(options).number
    folder = text_of(options, "state")
    state = None if folder is None else State(folder, alike, __version__)
    with ProgressBar("reading logs", quiet=bool(options["quiet"])) as bar:
        return count_logs(files, alike, number, bar, state)


def _count_with_spark(options: Options, paths: Sequence[str], alike: Alike) -> Count:
    """Count on a cluster, or with a local Spark; tables are told by their names."""
    from iamsim.cli.ask import text_of
    from iamsim.replay.logs import PARQUET_ENDING
    from iamsim.replay.spark import count_files, count_table, open_session

    if options["state"] is not None or options["processes"] is not None:
        raise RequestError(
            "option-with-spark",
            "Spark deals the work out by itself: `--spark` goes without `--state` and `-n`",
        )
    session = open_session(text_of(options, "spark") or "auto")
    if all(path.rstrip("/").endswith(PARQUET_ENDING) for path in paths):
        return count_table(session.read.parquet(*paths), alike)
    return count_files(session, paths, alike)
