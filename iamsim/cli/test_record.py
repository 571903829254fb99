"""`iamsim test --record`, `--compare` and `--init`: what is decided today, kept for later."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Arguments, Option, Options, in_panel
from iamsim.cli.output import terminal_width, write_output
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api.suites import SuiteRun
    from iamsim.suites.record import Record

_TOLD = ("text", "json", "markdown", "html")  # reports that show what differs

RECORD_OPTIONS = in_panel(
    "Record",
    Option(
        ("--record",),
        "Keep all decisions, with the policies in play, for `--compare`.",
        metavar="FILE",
    ),
    Option(
        ("--compare",),
        "Show which decisions differ from a record, and the change of a policy that is the cause;"
        " exit with 1 when some do.",
        metavar="FILE",
    ),
    Option(
        ("--init",),
        "Write a first suite from `--world`: what each user and role can do today.",
        "flag",
    ),
)


def known_record(options: Options) -> Record | None:
    """Read the record to compare with, so that a mistake shows before the run."""
    known = options["compare"]
    if not isinstance(known, str):
        return None
    from iamsim.suites.record import read_record

    return read_record(known)


def say_and_record(run: SuiteRun, options: Options) -> None:
    """Say on standard error what differs from a record where the report has no place for it, and
    write a new one where that is asked for."""
    compared = run.report.compared
    if compared is not None and compared.changes and options["format"] not in _TOLD:
        import sys

        from iamsim.report.comparison import comparison_document
        from iamsim.report.paint import Paint
        from iamsim.report.writers.text import to_text

        sys.stderr.write(to_text(comparison_document(compared), Paint(), terminal_width()))
    kept = options["record"]
    if isinstance(kept, str):
        from iamsim.suites.record import write_record

        write_output(write_record(run.record()), kept)


def write_first_suite(options: Options, paths: Arguments) -> int:
    """Write a suite for the worlds of the options; raises `RequestError` without one."""
    from iamsim.cli.progress import ProgressBar
    from iamsim.suites.cases import Shelf
    from iamsim.suites.first import first_suite

    worlds = options["worlds"]
    if not isinstance(worlds, tuple) or not worlds:
        raise RequestError(
            "missing-argument",
            "`iamsim test --init` needs `--world`",
            hint="name the world to write a suite for: `iamsim test --init --world PATH`",
        )
    if paths:
        raise RequestError(
            "unexpected-argument",
            f"`iamsim test --init` does not take `{paths[0]}`",
            hint="`-o FILE` names the file to write",
        )
    shelf = Shelf(worlds, options.texts("overlays"))
    file = options.text("output")
    if file is not None and os.path.exists(file) and file != "-":  # noqa: PTH110 - pathlib costs start-up time
        raise RequestError(
            "output-not-writable",
            f"`{file}` is there already, and perhaps no longer what `--init` wrote",
            hint="name another file, or remove it",
        )
    folder = os.path.dirname(file) if file is not None else ""  # noqa: PTH120 - pathlib costs start-up time
    from iamsim.engine.world import CompiledWorld

    world = CompiledWorld.checked(shelf.load(*worlds))
    with ProgressBar("users and roles", quiet=bool(options["quiet"])) as progress:
        text = first_suite(world, worlds, folder, progress=progress)
    write_output(text, file)
    return 0
