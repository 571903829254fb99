"""`iamsim what-can`: the effective permissions of one principal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.cli.commands import Argument, Command, verbose_option
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.terminal_hints import NamingPrincipals
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    PRINCIPAL,
    WORLD_OPTIONS,
    asked_context,
    json_text,
    open_batch,
    output,
    processes_of,
    write,
    write_answer,
)
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.questions.names import principal_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.question import Session
    from iamsim.query.batch import Candidate
    from iamsim.world.model import World

__all__ = ["COMMAND"]


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Decide every action, and write what is possible."""
    from iamsim.query.batch import find_candidate  # noqa: PLC0415 - as `open_batch`
    from iamsim.query.hints import hints_about  # noqa: PLC0415 - as above
    from iamsim.query.what_can import find_effective, write_policy  # noqa: PLC0415
    from iamsim.report import what_can as report  # noqa: PLC0415

    named = options["principal"] or (arguments[0] if arguments else None)
    if not isinstance(named, str):
        raise RequestError(
            "missing-principal",
            "it is not said who is asked about",
            hint="give a principal with -p: its ARN, or its name where only one has it",
        )
    progress_bar = ProgressBar("asking for every action", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        batch, model = open_batch(options)
        principal = principal_named(named, model)
        with NamingPrincipals(principal, model):
            session = _session(options, model)
            candidate = find_candidate(model, principal)
            _check_known(candidate, model)
            context = asked_context(options)
            effective = find_effective(
                batch, principal, context, session, progress, processes=processes
            )
        written = None
        if options["as_policy"] or options["shrink"]:
            written = write_policy(effective, batch, shrink=bool(options["shrink"]))
    if written is not None:
        document = written.document
        write(options, {"text": lambda: json_text(document)}, lambda: json_text(document))
        if not written.exact or options["verbose"]:
            sys.stderr.write("".join(f"{line}\n" for line in report.policy_remarks(written)))
        return 0 if written.exact else 1
    verbose = bool(options["verbose"])
    write_answer(
        options,
        lambda: report.what_can_document(candidate, effective, verbose=verbose),
        lambda: report.what_can_data(candidate, effective),
        lambda: report.what_can_actions(effective),
        hints=hints_about([(one, "*") for one in batch.universe.written], context),
    )
    return 0


def _check_known(candidate: Candidate, model: World) -> None:
    """Refuse somebody who would have to be in the world and is not: a name that is misspelled."""
    from iamsim.query.batch import CandidateKind  # noqa: PLC0415 - as `open_batch`

    if candidate.kind is not CandidateKind.SESSION or candidate.entity is not None:
        return
    if candidate.account in model.accounts:
        from iamsim.questions.near_misses import near_principal  # noqa: PLC0415 - rarely needed

        near = near_principal(candidate.principal, model)
        raise RequestError(
            "no-such-principal",
            f"the world has no {quote(candidate.principal)}",
            hint=None if near is None else f"did you mean `{near}`?",
        )


def _session(options: Options, model: World) -> Session:
    """The session in which the principal is asked about, with the policies passed to it."""
    from iamsim.cli.ask import texts_of  # noqa: PLC0415 - as `open_batch`
    from iamsim.core.decision import PolicyType  # noqa: PLC0415
    from iamsim.engine.question import PLAIN_SESSION, Session  # noqa: PLC0415
    from iamsim.suites.policies import PolicyReader  # noqa: PLC0415

    references = texts_of(options, "session_policies")
    if not references:
        return PLAIN_SESSION
    reader = PolicyReader("", model, None)
    return Session(
        policies=tuple(
            reader.named(reference, PolicyType.SESSION, name="--session-policy")
            for reference in references
        )
    )


COMMAND = Command(
    "what-can",
    "List what a principal can do: by service and access level, or as one policy.\n\n"
    "Every action of the catalog is decided by all layers of the world, for every resource pattern"
    " that occurs in a policy about the principal. With `--as-policy` the exit code is 1 when the"
    " policy could not be made exact; what came out otherwise goes to standard error.",
    (
        PRINCIPAL,
        *WORLD_OPTIONS,
        Option(
            ("--session-policy",),
            "session_policies",
            "A session policy that is passed: a file or inline JSON.",
            "list",
            "FILE",
        ),
        Option(
            ("--as-policy",),
            "as_policy",
            "Write it as one identity-based policy instead, every action by name.",
            "flag",
        ),
        Option(
            ("--shrink",),
            "shrink",
            "The same, short: with wildcards that cover the same actions of the catalog.",
            "flag",
        ),
        verbose_option("Also every action, and where."),
        *output(*DOCUMENT_FORMATS, quiet="Only the actions."),
    ),
    _run,
    Argument("PRINCIPAL", "The same without -p.", most=1),
)
