"""How commands count the logs that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Option, Options
from iamsim.cli.world_options import PROCESSES, processes_of
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api.trails import Counted
    from iamsim.cli.progress import ProgressBar

# How logs are counted.
COUNTED_BY = (
    PROCESSES,
    Option(
        ("--state",),
        "Keep in this folder what was counted, so that an interrupted run goes on, and one with"
        " more logs reads only these.",
        metavar="FOLDER",
    ),
    Option(
        ("--spark",),
        "Count with Apache Spark, which reads the logs: its master, such as `local[2]` or `yarn`;"
        " `auto` for that of spark-submit.",
        metavar="MASTER",
    ),
)


def counted_by(options: Options, progress: ProgressBar) -> Counted:
    """How logs are to be counted; raises `RequestError` for what Spark does by itself."""
    state, spark = options.text("state"), options.text("spark")
    if spark is not None and (state is not None or options["processes"] is not None):
        raise RequestError(
            "option-with-spark",
            "Spark deals the work out by itself: `--spark` goes without `--state` and `-n`",
        )
    number = processes_of(options).number
    return {"processes": number, "state": state, "spark": spark, "progress": progress}
