"""Logs that commands are given, read with a bar, in as many processes as were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import processes_of
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.replay.alike import Alike
    from iamsim.replay.counting import Count

__all__ = ["count_of"]


def count_of(options: Options, paths: Sequence[str], alike: Alike) -> Count:
    """Count the records of all log files below some paths; raises `RequestError` for none."""
    from iamsim.replay.counting import count_logs  # noqa: PLC0415 - `--help` needs none
    from iamsim.replay.logs import log_files  # noqa: PLC0415
    from iamsim.replay.workers import count_in_processes  # noqa: PLC0415

    files = log_files(paths)
    if not files:
        raise RequestError(
            "no-logs",
            "there is no log file in what was given",
            hint="give files or folders with CloudTrail's `.json.gz`, `.json` or `.jsonl`",
        )
    number = processes_of(options).number
    with ProgressBar("reading logs", quiet=bool(options["quiet"])) as bar:
        if number > 1 and len(files) > 1:
            return count_in_processes(files, alike, number, bar)
        return count_logs(files, alike, lambda done: bar(done, len(files)))
