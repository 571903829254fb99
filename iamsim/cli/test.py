"""`iamsim test`: run suites of scenarios, and say which expectations do not hold."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import say_unverified
from iamsim.cli.grammar import (
    OUTPUT_OPTION,
    Argument,
    Arguments,
    Command,
    Option,
    Options,
    format_option,
    in_panel,
    verbose_option,
)
from iamsim.cli.test_coverage import COVERAGE_OPTIONS, wants_coverage, write_coverage
from iamsim.cli.test_mutation import (
    MUTATION_OPTIONS,
    noticed_limit,
    say_what_was_changed,
    unchanged,
    wants_mutation,
)
from iamsim.cli.test_mutation import enough as is_enough
from iamsim.cli.test_record import RECORD_OPTIONS, known_record, say_and_record, write_first_suite
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_answer
from iamsim.cli.worlds import allow_unknown_names_option, overlay_option
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api.suites import SuiteRun
    from iamsim.suites.runner import Collected
    from iamsim.suites.selection import Wanted

FORMATS = (*DOCUMENT_FORMATS, "junit", "github")


def _test(options: Options, paths: Arguments) -> int:
    """Run once, or again whenever a file changes; or write a first suite instead."""
    if options["init"]:
        return write_first_suite(options, paths)
    if not options["watch"]:
        return _collecting_later(options, paths)
    from iamsim.cli.watch import watch

    watched = [*(paths or (".",)), *options.texts("worlds"), *options.texts("overlays")]
    return watch(lambda: _collecting_later(options, paths), watched)


def _collecting_later(options: Options, paths: Arguments) -> int:
    with CollectLater():
        return _run(options, paths)


def _run(options: Options, paths: Arguments) -> int:
    from iamsim.api.suites import run_suites
    from iamsim.cli.progress import ProgressBar
    from iamsim.suites.last_failed import LastFailed

    coverage = wants_coverage(options)
    known = known_record(options)
    noticed_limit(options)  # so that a mistake shows before the run
    memory = LastFailed()
    wanted = _wanted(options)
    if options["last_failed"]:
        wanted.append(memory.wanted())
    with ProgressBar("cases", quiet=bool(options["quiet"])) as progress:
        run = run_suites(
            *paths,
            worlds=options.texts("worlds"),
            overlays=options.texts("overlays"),
            wanted=wanted,
            allow_unknown_names=bool(options["allow_unknown_names"]),
            coverage=coverage,
            mutate=wants_mutation(options),
            policies=_picked(options),
            unchanged=unchanged(options),
            compare=known,
            recording=options["record"] is not None,
            workers=_number(options, "workers", 1) or 1,
            most_failures=1 if options["exit_first"] else _number(options, "most_failures", None),
            progress=progress,
        )
    report = run.report
    memory.store(report.outcomes)
    if run.mutation is not None:
        say_what_was_changed(run, run.mutation, options)
    say_and_record(run, options)
    _write(run, options)
    enough = report.coverage is None or write_coverage(report.coverage, options)
    enough &= run.mutation is None or is_enough(run.mutation, options)
    enough &= report.compared is None or not report.compared.changes
    collected = report.collected
    if collected.broken or not collected.cases:
        _complain(collected, told=options["format"] == "text" and not options["quiet"])
        return 2
    failed = run.failed
    if run.open:
        from iamsim.report.suite import open_sentence

        word = "accepted" if options["accept_unknown"] else "failed"
        sys.stderr.write(f"{word}: {open_sentence(len(run.open))}\n")
    if options["accept_unknown"]:
        failed = [outcome for outcome in failed if outcome not in run.open]
    if failed or not enough:
        return 1
    say_unverified(options, run.unverified)
    return 0


def _picked(options: Options) -> Callable[[str, str], bool] | None:
    """Pick policies by the patterns of `--policy`, over names and files."""
    patterns = options.texts("policies")
    if not patterns:
        return None
    from fnmatch import fnmatchcase

    return lambda name, file: any(
        fnmatchcase(text, pattern) for text in (name, file) for pattern in patterns
    )


def _write(run: SuiteRun, options: Options) -> None:
    from iamsim.cli.world_options import say_in_no_unit
    from iamsim.report import suite, suite_ci

    report, verbose = run.report, bool(options["verbose"])
    say_in_no_unit(options, run)
    write_answer(
        Options({"color": "auto", **options}),
        lambda: run.document(verbose=verbose),
        lambda: run.to_dict(verbose=verbose),
        lambda: suite.counts_of(report),
        {
            "junit": lambda: suite_ci.run_to_junit(report.collected, report.outcomes),
            "github": lambda: suite_ci.run_to_github(report),
        },
    )


def _complain(collected: Collected, *, told: bool) -> None:
    """Say on standard error why the exit code is 2, unless the report told it."""
    if collected.broken:
        if not told:
            from iamsim.core.caret import render_error

            sys.stderr.write(
                "".join(f"{render_error(broken_file.error)}\n" for broken_file in collected.broken)
            )
        return
    hint = f" ({collected.left_out} were left out)" if collected.left_out else ""
    sys.stderr.write(f"no case was run{hint}\n")


def _wanted(options: Options) -> list[Wanted]:
    from iamsim.suites.selection import by_name, by_tag

    wanted = [by_tag(text) for text in options.texts("tags")]
    name = options.text("keyword")
    return wanted if name is None else [by_name(name), *wanted]


def _number(options: Options, field: str, otherwise: int | None) -> int | None:
    """Read a whole number above zero; `auto` is the number of processors."""
    text = options.text(field)
    if text is None:
        return otherwise
    if text == "auto" and field == "workers":
        import os

        return os.cpu_count() or 1
    if not text.isdecimal() or not int(text[:9]) > 0:
        raise RequestError(
            "invalid-number",
            f"`{text}` is no whole number above zero",
            hint="write a number such as 4" + (", or `auto`" if field == "workers" else ""),
        )
    return int(text[:9])


COMMAND = Command(
    "test",
    "Run suites: requests with the decision that each must get.\n\n"
    "PATHs are scenario files, or folders that are searched for *.iamtest.yaml (by default the"
    " current one). A failure shows what was expected, what came, and the line of policy that"
    " decided. Exit code 0: all as expected; 1: not all; 2: a file can't be read, or nothing ran.",
    (
        Option(
            ("--world",),
            "The world for suites that name none; may be repeated.",
            "list",
            "PATH",
            kept_as="worlds",
        ),
        overlay_option(),
        *in_panel(
            "Selection",
            Option(
                ("-k",),
                "Run the cases whose ids hold these words: `reports and not s3`.",
                metavar="WORDS",
                kept_as="keyword",
            ),
            Option(
                ("-t", "--tag"),
                "Run the cases with these tags: `guardrail or data`; may be repeated.",
                "list",
                "TAGS",
                kept_as="tags",
            ),
            Option(
                ("--lf", "--last-failed"),
                "Run only what failed last time (all, when nothing did).",
                "flag",
            ),
        ),
        *in_panel(
            "Run",
            Option(("-x", "--exit-first"), "Stop at the first failure.", "flag"),
            Option(
                ("--max-failures",),
                "Stop after so many failures.",
                metavar="NUMBER",
                kept_as="most_failures",
            ),
            Option(
                ("-n", "--processes"),
                "Number of processes; `auto`: one a processor.",
                metavar="NUMBER",
                kept_as="workers",
            ),
        ),
        allow_unknown_names_option(),
        Option(("--watch",), "Run again whenever a file changes.", "flag", panel="Run"),
        *COVERAGE_OPTIONS,
        *MUTATION_OPTIONS,
        *RECORD_OPTIONS,
        format_option(*FORMATS, text="How the outcome is written."),
        verbose_option("Also every case, and every failure in full."),
        Option(("-q", "--quiet"), "Only the count.", "flag", panel="Output"),
        OUTPUT_OPTION,
    ),
    _test,
    Argument("PATH", "Scenario files, or folders with suites."),
)
