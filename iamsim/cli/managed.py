"""`iamsim managed`: the AWS managed policies that are shipped, by name or ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Argument, Arguments, Command, Group, Options
from iamsim.cli.world_options import DOCUMENT_FORMATS, PAGE_FORMATS, output, write_answer
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.catalog.managed import ManagedPolicy


def _list(options: Options, arguments: Arguments) -> int:
    from iamsim.report import managed as report

    pattern = arguments[0] if arguments else "*"
    managed_policies = _matching(pattern)
    if not managed_policies:
        raise _unknown(pattern, f"no AWS managed policy matches `{pattern}`")
    return write_answer(
        options,
        lambda: report.policies_document(managed_policies),
        lambda: report.policies_data(managed_policies),
        lambda: [policy.arn for policy in managed_policies],
    )


def _show(options: Options, arguments: Arguments) -> int:
    from iamsim.report import managed as report

    policy = _find(arguments[0])
    return write_answer(
        options,
        lambda: report.policy_document(policy),
        lambda: report.policy_data(policy),
        policy.document_text.splitlines,
    )


def _version(options: Options, _arguments: Arguments) -> int:
    from iamsim.catalog import managed
    from iamsim.report import managed as report

    version = managed.version()
    return write_answer(
        options,
        lambda: report.version_document(version),
        lambda: report.version_data(version),
        lambda: [version.snapshot],
    )


def _matching(pattern: str) -> list[ManagedPolicy]:
    """The policies that a pattern covers by name or ARN; a bare word may be any part of a name."""
    from iamsim.catalog import managed
    from iamsim.core.wildcard import compile_tokens, tokenize

    lowered = pattern.lower()
    if ":" not in lowered and not set(lowered) & set("*?"):
        lowered = f"*{lowered}*"
    covers = compile_tokens(tokenize(lowered))
    return [
        policy
        for policy in managed.policies()
        if covers(policy.arn.lower()) or covers(_name_of(policy.arn))
    ]


def _name_of(arn: str) -> str:
    """The name in an ARN, in lower case; ids of Organizations are `p-` and the name."""
    return arn.rpartition("/")[2].removeprefix("p-").lower()


def _find(text: str) -> ManagedPolicy:
    """The policy of a name, of a path and name, or of an ARN."""
    from iamsim.catalog import managed

    managed_policy = managed.find_named_policy(text)
    if managed_policy is None:
        raise _unknown(text, f"there is no AWS managed policy `{text}`")
    return managed_policy


def _unknown(text: str, message: str) -> RequestError:
    from iamsim.catalog import managed

    close = managed.suggest(text.strip("*"), 1)
    hint = "`iamsim managed list PATTERN` lists them; `*` and `?` are wildcards"
    if close:
        hint = f"did you mean `{close[0].rpartition('/')[2]}`?"
    return RequestError("unknown-managed-policy", message, hint=hint)


def _proposals(incomplete: str) -> list[str]:
    from iamsim.catalog import managed

    return [name for name in managed.names() if name.lower().startswith(incomplete.lower())]


COMMAND = Group(
    "managed",
    "Look up AWS managed policies: the copy that is shipped, by name or ARN.",
    (
        Command(
            "list",
            "List AWS managed policies.\n\nA pattern holds for the whole name or ARN, in any letter"
            " case; text without wildcards is looked for anywhere in the name.",
            output(*DOCUMENT_FORMATS, quiet="Only the ARNs."),
            _list,
            Argument("PATTERN", "Which policies; `*` and `?` are wildcards.", most=1),
        ),
        Command(
            "show",
            "Show an AWS managed policy with its document.",
            output(*PAGE_FORMATS, quiet="Only the document, as JSON."),
            _show,
            Argument("NAME", "Name, path and name, or ARN of the policy.", least=1, most=1),
            _proposals,
        ),
        Command(
            "version",
            "Say of which day the shipped policies are, and how many there are.",
            output(*PAGE_FORMATS, quiet="Only the day."),
            _version,
        ),
    ),
)
