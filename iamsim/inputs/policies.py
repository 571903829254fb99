"""What tells that data is a policy, and of which type: elements, output, the name of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from iamsim.checks.reading import may_be_resource_control, recognize_type
from iamsim.core.decision import PolicyType
from iamsim.core.suggest import AMONG_MANY, nearest
from iamsim.core.wrapped_policy import WrappedPolicy

# Words in the name of a file, a folder, or a member of a world, that tell the type.
WORDS = {
    "scp": PolicyType.SERVICE_CONTROL,
    "scps": PolicyType.SERVICE_CONTROL,
    "rcp": PolicyType.RESOURCE_CONTROL,
    "rcps": PolicyType.RESOURCE_CONTROL,
    "trust": PolicyType.TRUST,
    "trust_policy": PolicyType.TRUST,
    "boundary": PolicyType.PERMISSIONS_BOUNDARY,
    "permissions_boundary": PolicyType.PERMISSIONS_BOUNDARY,
}
# Phrases that do, wherever they stand in a name.
PHRASES = {
    "service-control-polic": PolicyType.SERVICE_CONTROL,
    "resource-control-polic": PolicyType.RESOURCE_CONTROL,
}
# Words that tell what a policy is given for, where its elements leave that open.
USES = {
    **WORDS,
    "session": PolicyType.SESSION,
    "vpce": PolicyType.VPC_ENDPOINT,
    "endpoint": PolicyType.VPC_ENDPOINT,
}
WITH_PRINCIPAL = frozenset(
    {PolicyType.RESOURCE_CONTROL, PolicyType.VPC_ENDPOINT, PolicyType.TRUST, PolicyType.RESOURCE}
)
# Spellings near the element that makes a document a policy.
NEARLY = ("statement", "statements")


def is_policy(data: object) -> bool:
    """Whether data is a policy, and nothing that contains one; one that is misspelt is one too."""
    if not isinstance(data, Mapping):
        return False
    if isinstance(data.get("Statement"), list | Mapping):
        return True
    # What holds a statement is looked at first: names are compared in few files.
    names = [name for name in data if isinstance(name, str) and _has_statement(data[name])]
    return any(nearest(name.lower(), NEARLY, AMONG_MANY) is not None for name in names)


def _has_statement(value: object) -> bool:
    """Whether a value, or the first of a list, is what stands in a policy's Statement."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, Mapping):
        return False
    elements = {name.lower() for name in first if isinstance(name, str)}
    return "effect" in elements and bool(elements & {"action", "notaction"})


def type_of_file(name: str, data: object) -> PolicyType | None:
    """The type by the name of a file, unless its policy is about a service that such a policy does
    not reach: beside resource control policies, people keep what stands in for them."""
    kind = type_of_name(name)
    if kind is not PolicyType.RESOURCE_CONTROL:
        return kind
    by_folder = type_of_name(PurePath(name).name) is None
    if not may_be_resource_control(data) or (by_folder and _is_about_every_action(data)):
        return None
    return kind


def _is_about_every_action(data: object) -> bool:
    """Whether a statement names `*` alone, which no resource control policy of a customer may.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    statements = data.get("Statement") if isinstance(data, Mapping) else None
    listed = statements if isinstance(statements, list) else [statements]
    actions = [entry.get("Action") for entry in listed if isinstance(entry, Mapping)]
    return any(action in ("*", ["*"]) for action in actions)


def type_of_name(name: str) -> PolicyType | None:
    """Tell service control and resource control policies by file or folder, the nearest first."""
    path = PurePath(name)
    for part in reversed([*path.parts[:-1], path.stem]):
        plain = part.lower().replace("_", "-").replace(".", "-").replace(" ", "-")
        for word in plain.split("-"):
            kind = WORDS.get(word)
            if kind in (PolicyType.SERVICE_CONTROL, PolicyType.RESOURCE_CONTROL):
                return kind
        for phrase, kind in PHRASES.items():
            if phrase in plain:
                return kind
    return None


def type_of_use(name: str, data: object, wrapped: WrappedPolicy | None) -> PolicyType:
    """What a policy is given for: its output says so, else its elements, with its file's name.

    One without principals that only denies is a service control policy.
    """
    said = None if wrapped is None else wrapped.policy_type
    words = PurePath(name).stem.lower().replace("_", "-").replace(".", "-").split("-")
    named = next((USES[word] for word in reversed(words) if word in USES), type_of_name(name))
    if said is PolicyType.IDENTITY and named is PolicyType.PERMISSIONS_BOUNDARY:
        return named
    if said is not None:
        return said
    kind = recognize_type(data)
    if named is not None and (named in WITH_PRINCIPAL) is (kind is not PolicyType.IDENTITY):
        return named
    if kind is PolicyType.IDENTITY and is_denying(data):
        return PolicyType.SERVICE_CONTROL
    return kind


def is_denying(data: object) -> bool:
    """Whether a policy only denies."""
    statements = data.get("Statement") if isinstance(data, Mapping) else None
    listed = statements if isinstance(statements, list) else [statements]
    effects = [entry.get("Effect") for entry in listed if isinstance(entry, Mapping)]
    return bool(effects) and all(effect == "Deny" for effect in effects)
