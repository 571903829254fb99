"""`iamsim test --mutate`: whether the cases notice when a policy changes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN
from iamsim.cli.options import Option
from iamsim.cli.output import write_output
from iamsim.cli.standard_error import say
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.cli.options import Options
    from iamsim.suites.cases import Case, Shelf
    from iamsim.suites.mutation.run import MutationResult
    from iamsim.world.model import PolicyDocument

__all__ = ["MUTATION_OPTIONS", "enough", "mutate", "wants_mutation"]

_FIELDS = ("mutate", "since", "write_tests", "mutate_fail_under")

MUTATION_OPTIONS = (
    Option(
        ("--mutate",),
        "mutate",
        "Change the policies a little, one change at a time; show what no case notices.",
        "flag",
        panel="Mutation",
    ),
    Option(
        ("--since",),
        "since",
        "Change only policies whose files differ from a revision of git.",
        metavar="REVISION",
        panel="Mutation",
    ),
    Option(
        ("--write-tests",),
        "write_tests",
        "Write the cases that would have noticed to a new suite.",
        metavar="FILE",
        panel="Mutation",
    ),
    Option(
        ("--mutate-fail-under",),
        "mutate_fail_under",
        "Exit with 1 when a smaller share of the changes is noticed.",
        metavar="PERCENT",
        panel="Mutation",
    ),
    ACCEPT_UNKNOWN._replace(panel="Mutation"),
)


def wants_mutation(options: Options) -> bool:
    """Whether an option asks for it."""
    return any(options[field] not in (None, False) for field in _FIELDS)


def mutate(
    cases: Sequence[Case],
    shelf: Shelf,
    options: Options,
    picked: Callable[[str, str], bool] | None,
) -> tuple[list[MutationResult], float]:
    """Run the mutants of the worlds of some cases; gives the results and the score.

    `picked` chooses policies by name and file.
    """
    from iamsim.cli.progress import ProgressBar  # noqa: PLC0415 - only where it is asked for
    from iamsim.proofs.same_access import same_access  # noqa: PLC0415 - as above
    from iamsim.suites.mutation.cases import suite_text  # noqa: PLC0415 - as above
    from iamsim.suites.mutation.run import run_mutants, score  # noqa: PLC0415 - as above

    fitting: set[str] = set()
    since = options["since"]
    unchanged = _unchanged_files(since) if isinstance(since, str) else frozenset()

    def wanted(policy: PolicyDocument) -> bool:
        file = policy.source.name
        if picked is not None and not picked(policy.name, file):
            return False
        fitting.add(policy.name)
        return os.path.realpath(file) not in unchanged

    with ProgressBar("mutants", quiet=bool(options["quiet"])) as progress:
        results = list(
            run_mutants(cases, shelf, wanted=wanted, progress=progress, prove=same_access)
        )
    if not fitting:
        why = "the cases name no world" if picked is None else "`--policy` fits none"
        sys.stderr.write(f"there is no policy to change: {why}\n")
    elif not results and isinstance(since, str):
        say(f"there is nothing to change: no policy's file differs from `{since}`")
    file = options["write_tests"]
    if isinstance(file, str):
        write_output(suite_text(results, shelf.paths, file), file)
    return results, score(results) if fitting else 0.0


def enough(
    results: Sequence[MutationResult], whole: float, limit: float | None, options: Options
) -> bool:
    """Whether enough changes were noticed, of those that were tried; says on standard error when
    not, and when some were not tried."""
    from iamsim.suites.mutation.run import MOST_ASKED, Verdict  # noqa: PLC0415 - as above

    untried = sum(result.verdict is Verdict.UNTRIED for result in results)
    accepted = limit is None or bool(options["accept_unknown"])
    if untried:
        sys.stderr.write(
            f"{untried:,} of {len(results):,} changes were not tried, after {MOST_ASKED:,}"
            " requests\nhint: choose with `--policy` or `--since`"
        )
        sys.stderr.write("\n" if accepted else "; `--accept-unknown` counts the others alone\n")
    if limit is not None and whole < limit:
        sys.stderr.write(f"the mutation score is {whole:.2f} %, and {limit:g} % is asked for\n")
        return False
    return accepted or not untried


def _unchanged_files(revision: str) -> frozenset[str]:
    """Ask git which files are as they were in a revision: not new ones, nor what git does not
    keep."""
    # As a commit's own name it can't be an option any more.
    commit = f"{revision}^{{commit}}"
    (known,) = _git(revision, "rev-parse", "--verify", "--end-of-options", commit).split()
    top = _git(revision, "rev-parse", "--show-toplevel").rstrip("\n")
    kept = _git(revision, "-C", top, "ls-files", "-z").split("\0")
    differing = _git(revision, "-C", top, "diff", "--name-only", "-z", known, "--").split("\0")
    names = set(kept).difference(differing, [""])
    return frozenset(os.path.realpath(os.path.join(top, name)) for name in names)  # noqa: PTH118 - as above


def _git(revision: str, *arguments: str) -> str:
    """Ask git; raises `RequestError` with its words where it can't answer."""
    import subprocess  # noqa: PLC0415 - only where it is asked for

    try:
        done = subprocess.run(("git", *arguments), capture_output=True, check=True)  # noqa: S603, S607 - our own command
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", b"") or str(error).encode()
        reason = told.decode("utf-8", "replace").strip().splitlines()
        if any("not a git repository" in line.lower() for line in reason):
            reason = ["this folder is in no git repository"]
        raise RequestError(
            "unknown-revision",
            f"git can't say what changed since `{revision}`: {reason[0] if reason else error}",
        ) from error
    return done.stdout.decode("utf-8", "replace")
