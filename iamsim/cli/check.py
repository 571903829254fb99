"""`iamsim check`: what holds for every request, proved or refuted with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli import completion
from iamsim.cli.accept_unknown import ACCEPT_UNKNOWN, code_with_unknowns
from iamsim.cli.grammar import Argument, Arguments, Command, Group, Option, Options
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    output,
    say_assumptions,
    write_answer,
    write_result,
)
from iamsim.cli.worlds import missing_world, overlay_option, world_option
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api import World
    from iamsim.proofs.result import CheckResult
    from iamsim.syntax.ast import Policy

TYPES = ("identity", "resource", "trust", "boundary", "session", "scp", "rcp", "vpce")
TYPE = Option(
    ("--type",),
    "What the policies are used as; by default their elements say.",
    metavar="TYPE",
    choices=(*TYPES, "IDENTITY_POLICY", "RESOURCE_POLICY"),
)
RESOURCE_TYPE = Option(
    ("--resource-type",),
    "What a resource-based policy is attached to, by AWS's name, such as AWS::S3::Bucket.",
    metavar="TYPE",
)
FORMATS = (*DOCUMENT_FORMATS, "github")
OUTPUT = output(*FORMATS, quiet="Only the result.")


def _no_new_access(options: Options, arguments: Arguments) -> int:
    from iamsim.api.proofs import check_no_new_access

    existing, new = map(_policy, arguments)
    kind = options.text("type") or _kind_of(existing, new)
    return _written(
        options,
        check_no_new_access(
            existing, new, policy_type=kind, resource_type=options.text("resource_type")
        ),
        "no new access",
        new,
    )


def _access_not_granted(options: Options, arguments: Arguments) -> int:
    from iamsim.api.proofs import check_access_not_granted

    policy = _policy(arguments[0])
    kind = options.text("type") or _kind_of(policy)
    result = check_access_not_granted(
        policy, options.texts("actions"), options.texts("resources"), policy_type=kind
    )
    return _written(options, result, "access not granted", policy)


def _no_public_access(options: Options, arguments: Arguments) -> int:
    from iamsim.api.proofs import check_no_public_access

    resource_type = options.text("resource_type")
    if resource_type is None:
        raise RequestError(
            "missing-argument",
            "it is not said what the policy is attached to",
            hint="give AWS's name of it with `--resource-type`, such as AWS::S3::Bucket",
        )
    policy = _policy(arguments[0])
    result = check_no_public_access(policy, resource_type)
    return _written(options, result, "no public access", policy)


def _equivalent(options: Options, arguments: Arguments) -> int:
    """Whether two policies allow the same."""
    from iamsim.api.proofs import check_equivalent

    first, second = map(_policy, arguments)
    kind = options.text("type") or _kind_of(first, second)
    result = check_equivalent(first, second, policy_type=kind)
    return _written(options, result, "equivalent", second)


def _claims(options: Options, arguments: Arguments) -> int:
    """Claims about a world, or about a change of one."""
    world, before = _worlds(options)
    claims = world.check_claims(*arguments, before=before)
    accepted = bool(options["accept_unknown"])
    write_result(options, claims, {"github": lambda: claims.to_github(accepted=accepted)})
    return code_with_unknowns(
        options,
        claims.unknowns,
        int(claims.fails(accepted=accepted)),
        unverified=world.model.unverified,
    )


def _ever(options: Options, arguments: Arguments) -> int:
    """Say who is ever allowed something, and on what."""
    world, _ = _worlds(Options({**options, "before": None, "after": None}))
    ever = world.ever(arguments, options.texts("resources"), options.texts("principals"))
    return write_result(options, ever)


def _worlds(options: Options) -> tuple[World, World | None]:
    """The world that the claims are about, and the one before a change."""
    from iamsim.api import World
    from iamsim.cli.worlds import load_any

    quiet = bool(options["quiet"])
    paths, overlays = options.texts("worlds"), options.texts("overlays")
    earlier, later = options.text("before"), options.text("after")
    if (earlier is None) is not (later is None) or (earlier is not None and paths):
        raise RequestError(
            "missing-argument",
            "a change is `--before` and `--after`, or `--world` and `--overlay`",
        )
    with CollectLater():
        if earlier is not None and later is not None:
            before, after = load_any([earlier], quiet=quiet), load_any([later], quiet=quiet)
        else:
            after = load_any(paths, overlays=overlays, quiet=quiet)
            before = load_any(paths, quiet=True) if overlays else None
    if after is None:
        raise missing_world()
    return World(after), None if before is None else World(before)


def _policy(reference: str) -> Policy:
    """Read a policy that is a file, inline JSON, or the ARN of a managed policy."""
    from iamsim.inputs.standard_input import standard_input
    from iamsim.suites.policies import PolicyReader

    reader = PolicyReader(markers=True)
    if reference == "-":
        return reader.text(standard_input(), "standard input", None)
    return reader.named(reference, None)


def _kind_of(*policies: Policy) -> str:
    """What policies are used as, as far as their elements tell."""
    statements = [statement for policy in policies for statement in policy.statements]
    if all(statement.principals is None for statement in statements):
        return "identity"
    actions = [value.text for statement in statements for value in statement.actions.values]
    return "trust" if all(text.lower().startswith("sts:") for text in actions) else "resource"


def _written(options: Options, result: CheckResult, title: str, policy: Policy) -> int:
    """Write the answer to one check of a policy, and give the exit code: 1 for what is not proved,
    unless only what is not known stands in the way and that is accepted."""
    from iamsim.proofs.result import Verdict
    from iamsim.report import proofs as report
    from iamsim.report.proofs_ci import checks_to_github, place_in

    accepted = bool(options["accept_unknown"])

    say_assumptions(options, result.assumptions)
    write_answer(
        options,
        lambda: report.result_document(result, title),
        result.to_dict,
        lambda: [result.result],
        {
            "github": lambda: checks_to_github(
                [result], [place_in(policy, result)], accepted=accepted, title=title
            )
        },
    )
    if result.depends_on_unknown:
        return code_with_unknowns(options, (), 0, (result.why_unknown or "",))
    return int(result.verdict is not Verdict.PASS)


COMMAND = Group(
    "check",
    "Prove that something holds for every request, or show a request for which it does not.",
    (
        Command(
            "no-new-access",
            "Whether a policy allows nothing that an existing one does not.\n\n"
            "AWS's CheckNoNewAccess, offline: PASS is a proof, FAIL comes with a request. Exits"
            " with 0 for PASS.",
            (TYPE, RESOURCE_TYPE, ACCEPT_UNKNOWN, *OUTPUT),
            _no_new_access,
            Argument(
                "EXISTING NEW",
                "Two policies: files, inline JSON, or ARNs of AWS managed policies.",
                least=2,
                most=2,
            ),
        ),
        Command(
            "access-not-granted",
            "Whether a policy grants none of some actions on any of some resources.\n\n"
            "AWS's CheckAccessNotGranted, offline.",
            (
                Option(
                    ("-a", "--action"),
                    "An action that must not be granted; may be repeated.",
                    "list",
                    "ACTION",
                    completes=completion.actions,
                    kept_as="actions",
                ),
                Option(
                    ("-r", "--resource"),
                    "A resource on which nothing may be granted; may be repeated.",
                    "list",
                    "ARN",
                    kept_as="resources",
                ),
                TYPE,
                ACCEPT_UNKNOWN,
                *OUTPUT,
            ),
            _access_not_granted,
            Argument("POLICY", "A file, inline JSON, or the ARN of a managed policy.", 1, 1),
        ),
        Command(
            "no-public-access",
            "Whether a resource-based policy lets in nobody but those that it fixes.\n\n"
            "AWS's CheckNoPublicAccess, offline.",
            (RESOURCE_TYPE, ACCEPT_UNKNOWN, *OUTPUT),
            _no_public_access,
            Argument("POLICY", "A file, or inline JSON.", 1, 1),
        ),
        Command(
            "equivalent",
            "Whether two policies allow the same requests.",
            (TYPE, ACCEPT_UNKNOWN, *OUTPUT),
            _equivalent,
            Argument(
                "A B",
                "Two policies: files, inline JSON, or ARNs of AWS managed policies.",
                least=2,
                most=2,
            ),
        ),
        Command(
            "ever",
            "Whether an action is ever allowed, to whom, and on what.\n\n"
            "Everybody who could call is looked at before everything that there is or may be; each"
            " who is allowed something comes with a request. Who is not named is never allowed it.",
            (
                world_option(),
                overlay_option(),
                Option(
                    ("-r", "--resource"),
                    "Only resources like this ARN; may be repeated.",
                    "list",
                    "PATTERN",
                    kept_as="resources",
                ),
                Option(
                    ("-p", "--principal"),
                    "Only such callers: an ARN or a pattern, or a kind such as `role`.",
                    "list",
                    "PATTERN",
                    kept_as="principals",
                ),
                *output(*DOCUMENT_FORMATS, quiet="Only the principals."),
            ),
            _ever,
            Argument("ACTION", "Actions; `*` and `?` are wildcards.", least=1),
        ),
        Command(
            "claims",
            "Whether claims hold in a world, with all its layers, for every request.\n\n"
            "A claim says what must never be possible, or that a change opens nothing. Exits with 0"
            " where all are proved.",
            (
                world_option(),
                overlay_option(),
                Option(
                    ("--before",),
                    "The world before a change, for claims about one.",
                    metavar="PATH",
                ),
                Option(("--after",), "The world after the change.", metavar="PATH"),
                ACCEPT_UNKNOWN,
                *output(*FORMATS, quiet="A line for each claim."),
            ),
            _claims,
            Argument("FILE", "Files of claims, in YAML or JSON.", least=1),
        ),
    ),
)
