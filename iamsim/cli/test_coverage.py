"""`iamsim test --cov`: which statements and clauses of the policies the cases exercised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Option, Options, in_panel
from iamsim.cli.output import write_output
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.suites.covered import PolicyCoverage

COVERAGE_FORMS = ("lcov", "cobertura", "json", "html")

COVERAGE_OPTIONS = in_panel(
    "Coverage",
    Option(
        ("--cov",),
        "Show which statements and clauses of the policies were exercised.",
        "flag",
    ),
    Option(
        ("--policy",),
        "Cover or change only policies whose name or file is like this; may be repeated.",
        "list",
        "PATTERN",
        kept_as="policies",
    ),
    Option(
        ("--cov-report",),
        f"Write coverage to a file, as {', '.join(COVERAGE_FORMS)}; may be repeated.",
        "list",
        "FORM:FILE",
        kept_as="cov_reports",
    ),
    Option(
        ("--cov-fail-under",),
        "Exit with 1 when less than this share is covered.",
        metavar="PERCENT",
    ),
)


def wants_coverage(options: Options) -> bool:
    """Whether an option asks for coverage; raises `RequestError` for a mistake in one."""
    if not (options["cov"] or options["cov_reports"] or options["cov_fail_under"] is not None):
        return False
    for report in options.texts("cov_reports"):
        _report(report)  # so that a mistake shows before the run
    limit = options["cov_fail_under"]
    if isinstance(limit, str):
        share_of(limit)
    return True


def write_coverage(covered: Sequence[PolicyCoverage], options: Options) -> bool:
    """Write the reports that were asked for; gives whether enough is covered."""
    from iamsim.report.coverage import shortfall

    for report in options.texts("cov_reports"):
        form, path = _report(report)
        write_output(_coverage_report(form, covered), path)
    limit = options["cov_fail_under"]
    if not isinstance(limit, str):
        return True
    missing = shortfall(covered, share_of(limit))
    if missing is not None:
        import sys

        sys.stderr.write(f"{missing}\n")
    return missing is None


def _report(text: str) -> tuple[str, str]:
    """Split FORM:FILE."""
    form, colon, path = text.partition(":")
    if form not in COVERAGE_FORMS or not path:
        raise RequestError(
            "invalid-report",
            f"`{text}` is no coverage report" + ("" if colon else ": it names no file"),
            hint=f"write FORM:FILE; forms are {', '.join(COVERAGE_FORMS)}",
        )
    return form, path


def _coverage_report(form: str, covered: Sequence[PolicyCoverage]) -> str:
    if form == "json":
        from iamsim.report.cleaning import to_json
        from iamsim.report.coverage import coverage_to_dict

        return to_json(coverage_to_dict(covered))
    if form == "html":
        from iamsim.report.coverage import coverage_document
        from iamsim.report.writers.html import to_html

        return to_html(coverage_document(covered))
    from iamsim.report import coverage_files

    if form == "lcov":
        return coverage_files.coverage_to_lcov(covered)
    return coverage_files.coverage_to_cobertura(covered)


def share_of(text: str) -> float:
    """Read a percentage."""
    try:
        share = float(text.rstrip("%"))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 100:  # noqa: PLR2004 - percent
        raise RequestError(
            "invalid-number", f"`{text}` is no percentage", hint="write a number from 0 to 100"
        )
    return share
