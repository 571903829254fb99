"""`iamsim what-can`: the effective permissions of one principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options, verbose_option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.standard_error import say
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    PRINCIPAL,
    WORLD_OPTIONS,
    asked_context,
    asking,
    open_world,
    output,
    processes_of,
    say_in_no_unit,
    write,
    write_result,
)
from iamsim.core.errors import RequestError
from iamsim.questions.near_misses import NamingPrincipals
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim.api.access import WhatCan
    from iamsim.world.model import World

POLICY_FORMATS = ("text", "json")


def _run(options: Options, arguments: Arguments) -> int:
    """Decide every action, and write what is possible."""
    named = options["principal"] or (arguments[0] if arguments else None)
    if not isinstance(named, str):
        raise RequestError(
            "missing-principal",
            "it is not said who is asked about",
            hint="give a principal with -p: its ARN, or its name where only one has it",
        )
    as_policy = bool(options["as_policy"] or options["shrink"])
    if as_policy and options["format"] not in POLICY_FORMATS:
        raise RequestError(
            "unknown-value",
            f"a policy is JSON, and can't be written as {options['format']}",
            hint="without `--as-policy` and `--shrink` the answer can",
        )
    world = open_world(options, on_demand=True)
    progress_bar = ProgressBar("asking for every action", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        with NamingPrincipals(named, world.model):
            what_can = world.what_can(
                named,
                context=asked_context(options),
                session=_session(options, world.model),
                progress=progress,
                processes=processes,
                **asking(options),
            )
        if as_policy:
            return _write_policy(options, what_can)
    return write_result(options, what_can)


def _write_policy(options: Options, found: WhatCan) -> int:
    """Write it as one policy; 1 where that could not be made exact, or there is nothing to allow.
    That is said, and what was not searched."""
    from iamsim.report.what_can import policy_remarks

    say_in_no_unit(options, found, always=True)
    written = found.as_policy(shrink=bool(options["shrink"]))
    if not written.allows_nothing:
        text = to_json(written.document)
        write(options, dict.fromkeys(POLICY_FORMATS, lambda: text), lambda: text)
    proofs = found.prove_complete(written), found.prove_nothing_more(written)
    refuted = any(proof is not None and proof.witness is not None for proof in proofs)
    exact = written.exact and not (written.allows_nothing or refuted)
    if options["verbose"] or not (exact and written.searched):
        say(*policy_remarks(written, *proofs))
    return 0 if exact else 1


def _session(options: Options, model: World) -> dict[str, object] | None:
    """The session in which the principal is asked about, with the policies passed to it."""
    from iamsim.core.decision import PolicyType
    from iamsim.suites.policies import PolicyReader

    reader = PolicyReader("", model, None)
    policies = [
        reader.named(reference, PolicyType.SESSION, name="--session-policy")
        for reference in options.texts("session_policies")
    ]
    return {"policies": policies} if policies else None


COMMAND = Command(
    "what-can",
    "List what a principal can do: by service and access level, or as one policy.\n\n"
    "Every action of the catalog is decided by all layers of the world, for every resource pattern"
    " that occurs in a policy about the principal. With `--as-policy` the exit code is 1 when the"
    " policy could not be made exact, or there is nothing to allow; what came out otherwise goes to"
    " standard error.",
    (
        PRINCIPAL,
        *WORLD_OPTIONS,
        Option(
            ("--session-policy",),
            "A session policy that is passed: a file or inline JSON.",
            "list",
            "FILE",
            kept_as="session_policies",
        ),
        Option(
            ("--as-policy",),
            "Write it as one identity-based policy instead, every action by name.",
            "flag",
        ),
        Option(
            ("--shrink",),
            "The same, short: with wildcards that cover the same actions of the catalog.",
            "flag",
        ),
        verbose_option("Also every action, and where."),
        *output(*DOCUMENT_FORMATS, quiet="Only the actions."),
    ),
    _run,
    Argument("PRINCIPAL", "The same without -p.", most=1),
)
