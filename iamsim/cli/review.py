"""`iamsim review`: what a change does to access, in one text.

Decisions that differ, access from outside, proofs, checks of policies, and tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.cli.accept_unknown import code_with_unknowns
from iamsim.cli.commands import Argument, Command
from iamsim.cli.diff import OPTIONS, compared
from iamsim.cli.options import Option
from iamsim.cli.world_options import PAGE_FORMATS, output, write_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.report.document import Document

__all__ = ["COMMAND"]


class _Part(NamedTuple):
    """One answer of a review: what it is called, its text, its data, and whether it fails."""

    name: str
    title: str
    document: Document
    data: object
    fails: bool
    unknowns: Sequence[UnknownInWorld] = ()
    unsearched: Sequence[str] = ()
    unverified: int = 0


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Ask everything, and write it as one document."""
    from iamsim.report.review import review_document, review_lines

    parts = list(_parts(options, arguments))
    told = [(part.name, part.title, part.document, part.fails) for part in parts]
    write_answer(
        options,
        lambda: review_document(told),
        lambda: {part.name: part.data for part in parts},
        lambda: review_lines(told),
    )
    unknowns = [unknown for part in parts for unknown in part.unknowns]
    unsearched = [text for part in parts for text in part.unsearched]
    code = int(any(part.fails for part in parts))
    gates = ("fail_on", "forbid", "claims", "tests")
    if not any(options[gate] for gate in gates):
        return code
    unverified = max(part.unverified for part in parts)
    return code_with_unknowns(options, unknowns, code, unsearched, unverified=unverified)


def _parts(options: Options, arguments: Sequence[str]) -> Iterator[_Part]:
    """The answers, in the order in which a reader wants them."""
    from iamsim.cli.ask import text_of, texts_of

    changes, before, after = compared(options, arguments)
    when = text_of(options, "fail_on")
    fails = changes.broken or (when is not None and changes.report.changes.has(when))
    yield _Part(
        "changes",
        "What changes",
        changes.document(verbose=False),
        changes.to_dict(),
        bool(fails),
        changes.unknowns,
        changes.unsearched,
        max(before.model.unverified, after.model.unverified),
    )
    yield _outside(options, before, after)
    if claims := texts_of(options, "claims"):
        yield _proved(claims, before, after)
    if policies := texts_of(options, "policies"):
        yield _checked(policies)
    if tests := texts_of(options, "tests"):
        yield _tested(options, tests)


def _outside(options: Options, before: CompiledWorld, after: CompiledWorld) -> _Part:
    """Who gets in from outside behind the change; it fails where somebody new does."""
    from iamsim.api.findings import find
    from iamsim.query.batch import Batch

    partial = not options["exact"]
    known = {finding.id for finding in find(Batch(before, partial=partial)).active}
    findings = find(Batch(after, partial=partial))
    fails = (
        any(finding.id not in known for finding in findings.active)
        and options["fail_on"] is not None
    )
    document, data = findings.document(), findings.to_dict()
    return _Part("findings", "Who gets in from outside", document, data, fails, findings.unknowns)


def _proved(files: Sequence[str], before: CompiledWorld, after: CompiledWorld) -> _Part:
    """What holds for every request."""
    from iamsim.proofs.claims import parse_claims
    from iamsim.proofs.prove import Prover
    from iamsim.proofs.result import Verdict, worst
    from iamsim.report import proofs as report
    from iamsim.world.documents import read_document

    prover = Prover(after, before)
    results = [
        prover.prove(claim)
        for file in files
        for claim in parse_claims(read_document(file).data, file=file)
    ]
    fails = worst(tuple(results)) is not Verdict.PASS
    document, data = report.claims_document(results), report.claims_data(results)
    return _Part("claims", "What must hold", document, data, fails)


def _checked(paths: Sequence[str]) -> _Part:
    """What is wrong with policies; errors fail."""
    from iamsim.api.policy_files import validate_files
    from iamsim.core.errors import RequestError

    validation = validate_files(*paths, fail_on="error")
    if validation.unreadable:
        message = validation.unreadable[0].removeprefix("error: ").splitlines()[0]
        raise RequestError("file-not-readable", message)
    fails = bool(validation.failing)
    document, data = validation.document(), validation.to_dict()
    return _Part("policies", "What is wrong with policies", document, data, fails)


def _tested(options: Options, paths: Sequence[str]) -> _Part:
    """Which tests fail; they bring their worlds, or are asked in those that are given."""
    from iamsim.api.suites import run_suites
    from iamsim.cli.ask import texts_of

    run = run_suites(
        *paths,
        worlds=texts_of(options, "worlds"),
        overlays=texts_of(options, "overlays"),
        allow_unknown_names=bool(options["allow_unknown_names"]),
    )
    fails = bool(run.report.collected.broken or run.failed)
    return _Part("tests", "Which tests fail", run.document(), run.to_dict(), fails)


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
            "claims",
            "A file of claims to prove behind the change; may be repeated.",
            "list",
            "FILE",
        ),
        Option(
            ("--policies",),
            "policies",
            "Files or folders whose policies are checked, as `iamsim validate` does; may be"
            " repeated.",
            "list",
            "PATH",
        ),
        Option(
            ("--tests",),
            "tests",
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
