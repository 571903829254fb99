"""`iamsim test --mutate`: whether the cases notice when a policy changes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN
from iamsim.cli.grammar import Option, Options, in_panel
from iamsim.cli.output import write_output
from iamsim.cli.standard_error import say
from iamsim.cli.test_coverage import share_of

if TYPE_CHECKING:
    from iamsim.api.suites import Mutation, SuiteRun

_FIELDS = ("mutate", "since", "write_tests", "mutate_fail_under")

MUTATION_OPTIONS = (
    *in_panel(
        "Mutation",
        Option(
            ("--mutate",),
            "Change the policies a little, one change at a time; show what no case notices.",
            "flag",
        ),
        Option(
            ("--since",),
            "Change only policies whose files differ from a revision of git.",
            metavar="REVISION",
        ),
        Option(
            ("--write-tests",),
            "Write the cases that would have noticed to a new suite.",
            metavar="FILE",
        ),
        Option(
            ("--mutate-fail-under",),
            "Exit with 1 when a smaller share of the changes is noticed.",
            metavar="PERCENT",
        ),
    ),
    ACCEPT_UNKNOWN._replace(panel="Mutation"),
)


def wants_mutation(options: Options) -> bool:
    """Whether an option asks for it."""
    return any(options[field] not in (None, False) for field in _FIELDS)


def noticed_limit(options: Options) -> float | None:
    """The share of changes that must be noticed, in percent; raises `RequestError`."""
    limit = options["mutate_fail_under"]
    return share_of(limit) if isinstance(limit, str) else None


def unchanged(options: Options) -> frozenset[str]:
    """The files whose policies are not changed, where `--since` says so."""
    since = options["since"]
    if not isinstance(since, str):
        return frozenset()
    from iamsim.inputs.revisions import unchanged_files

    return unchanged_files(since)


def say_what_was_changed(run: SuiteRun, mutation: Mutation, options: Options) -> None:
    """Say on standard error where nothing was changed, and write the cases that are missing."""
    if not mutation.any_policy:
        why = "`--policy` fits none" if options["policies"] else "the cases name no world"
        sys.stderr.write(f"there is no policy to change: {why}\n")
    elif not mutation.results and isinstance(options["since"], str):
        say(f"there is nothing to change: no policy's file differs from `{options['since']}`")
    file = options["write_tests"]
    if isinstance(file, str):
        write_output(run.missing_tests(file), file)


def enough(mutation: Mutation, options: Options) -> bool:
    """Whether enough changes were noticed, of those that were tried; says on standard error when
    not, and when some were not tried."""
    from iamsim.suites.mutation.run import MOST_ASKED, Verdict

    limit = noticed_limit(options)
    results = mutation.results
    untried = sum(result.verdict is Verdict.UNTRIED for result in results)
    accepted = limit is None or bool(options["accept_unknown"])
    if untried:
        sys.stderr.write(
            f"{untried:,} of {len(results):,} changes were not tried, after {MOST_ASKED:,}"
            " requests\nhint: choose with `--policy` or `--since`"
        )
        sys.stderr.write("\n" if accepted else "; `--accept-unknown` counts the others alone\n")
    if limit is not None and mutation.score < limit:
        sys.stderr.write(
            f"the mutation score is {mutation.score:.2f} %, and {limit:g} % is asked for\n"
        )
        return False
    return accepted or not untried
