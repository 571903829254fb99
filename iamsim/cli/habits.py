"""What people type who know the AWS CLI or another tool: other names of options, and hints.

https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_PRINCIPAL = ("--principal-arn", "--policy-source-arn", "--caller-arn", "--role-arn", "--user-arn")
_ACTIONS = ("--actions", "--action-names", "--action-name")
_RESOURCES = ("--resources", "--resource-arns", "--resource-arn")
# Names that mean the same, by the field of the option.
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "principal": _PRINCIPAL,
    "principals": _PRINCIPAL,
    "sources": ("--from", *_PRINCIPAL),
    "actions": _ACTIONS,
    "resources": _RESOURCES,
    "resource": _RESOURCES,
    "internal": ("--internal", *_RESOURCES),
    "context": ("--condition", "--conditions"),
    "worlds": ("--worlds",),
    "overlays": ("--plan", "--overlays"),
    "identity_policies": ("--policy", "--policies", "--policy-document", "--identity-policies"),
    "resource_policy": (
        "--resource-based-policy",
        "--bucket-policy",
        "--key-policy",
        "--trust-policy",
    ),
    "boundary": ("--boundary", "--permission-boundary"),
    "session_policies": ("--session-policies",),
    "scps": ("--scps", "--service-control-policy"),
    "rcps": ("--rcps", "--resource-control-policy"),
    "vpce_policies": ("--vpc-endpoint-policy", "--endpoint-policy"),
    "processes": ("--workers", "--jobs"),
    "workers": ("--workers", "--jobs"),
    "quiet": ("--silent",),
    "output": ("--output-file", "--out"),
    "resource_account": ("--resource-owner",),
    "format": ("--output-format",),
    "type": ("--policy-type",),
    "resource_type": ("--validate-policy-resource-type",),
}
# The AWS CLI reads all values up to the next option behind these.
LISTS_OF_AWS = frozenset({"--action-names", "--resource-arns"})
HINTS: Mapping[str, str] = {
    "--profile": "no credentials are needed: iamsim reads files, such as `--world PATH`",
    "--endpoint-url": "nothing is called: iamsim reads files, such as `--world PATH`",
    "--no-cli-pager": "nothing is paged",
    "--query": "`--format json` writes all of it; `jq` picks what you want",
    "--debug": "`-v` says more; IAMSIM_TRACEBACK=1 shows where a fault is",
    "--json": "`--format json` writes JSON",
    "--account-id": "the account follows from ARNs and the world; or `--resource-account`",
    "--context-entries": "write `-c KEY=VALUE`; `iamsim simulate` takes the AWS CLI's shorthand",
    "--policy-input-list": "give each with `--identity-policy`; `iamsim simulate` takes lists",
    "--fix": "`iamsim validate --fix` mends policies",
}


def other_names(field: str) -> tuple[str, ...]:
    """The names besides those that help shows."""
    return _OTHER_NAMES.get(field, ())


def hint_about(name: str, known: Iterable[str]) -> str | None:
    """What an unknown option may be: what somebody is used to, what it begins, what is close."""
    names = [text for text in known if text.startswith("--")]
    if name in HINTS and name not in names:
        return HINTS[name]
    is_more = len(name) > len("--")
    begun = sorted({other for other in names if other.startswith(name)}) if is_more else []
    if len(begun) == 1:
        return f"did you mean `{begun[0]}`?"
    if begun:
        return f"did you mean one of {', '.join(f'`{text}`' for text in begun)}?"
    return None
