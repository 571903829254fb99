"""`iamsim review`: what a change does to access, in one text.

Decisions that differ, access from outside, proofs, checks of policies, and tests.
"""

from __future__ import annotations

from iamsim.cli.accept_unknown import code_with_unknowns
from iamsim.cli.diff import OPTIONS, compared
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.world_options import PAGE_FORMATS, output, write_result

GATES = ("fail_on", "forbid", "claims", "tests")


def _run(options: Options, arguments: Arguments) -> int:
    """Ask everything, and write it as one document."""
    from iamsim.api.review import review

    changes, sides = compared(options, arguments)
    answer = review(
        changes,
        sides.before.compiled,
        sides.after.compiled,
        fail_on=options.text("fail_on"),
        exact=bool(options["exact"]),
        claims=options.texts("claims"),
        policies=options.texts("policies"),
        tests=options.texts("tests"),
        worlds=options.texts("worlds"),
        overlays=options.texts("overlays"),
        allow_unknown_names=bool(options["allow_unknown_names"]),
        accept_unknown=bool(options["accept_unknown"]),
    )
    write_result(options, answer)
    code = int(answer.fails)
    if not any(options[field] for field in (*GATES, "accept_unknown")):
        return code
    return code_with_unknowns(
        options, answer.unknowns, code, answer.unsearched, unverified=answer.unverified
    )


COMMAND = Command(
    "review",
    "Say what a change does to access, as one comment for a pull request.\n\n"
    "Decisions that differ, who gets in from outside, claims that are proved, what is wrong with"
    " policies, and tests, as far as they are given. The change is two worlds, a plan alone, or a"
    " world and what is laid over it, as `iamsim diff` takes them. Exits with 1 when a part fails.",
    (
        *OPTIONS,
        Option(
            ("--claims",),
            "A file of claims to prove behind the change; may be repeated.",
            "list",
            "FILE",
        ),
        Option(
            ("--policies",),
            "Files or folders whose policies are checked, as `iamsim validate` does; may be"
            " repeated.",
            "list",
            "PATH",
        ),
        Option(
            ("--tests",),
            "Suites to run, as `iamsim test` does; may be repeated.",
            "list",
            "PATH",
        ),
        *output(*PAGE_FORMATS, quiet="A line for each part."),
    ),
    _run,
    Argument(
        "BEFORE AFTER",
        "Two worlds: files, folders, REVISION:PATH of git, or what `iamsim import` reads; or a plan"
        " alone.",
        most=2,
    ),
)
