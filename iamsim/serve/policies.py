"""The managed policies of an account: its own, and those of AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from iamsim.catalog import managed
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User

# How importers name a version of an AWS managed policy that is not the one iamsim ships.
OF_AWS = " (AWS managed)"
FIRST_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed policy; `document` is the world's own text, `None` for AWS's that iamsim ships."""

    arn: str
    name: str
    path: str
    document: AnyPolicy | None
    version: str = FIRST_VERSION
    created: str | None = None
    updated: str | None = None
    attachments: int = 0
    boundaries: int = 0

    @property
    def of_aws(self) -> bool:
        """Whether AWS owns it."""
        return ":iam::aws:" in self.arn


@lru_cache(maxsize=1024)
def _arn_of_aws(name: str) -> str | None:
    """The ARN of the AWS managed policy that an imported version is of."""
    if not name.endswith(OF_AWS):
        return None
    managed_policy = managed.find_managed_policy_by_name(name.removesuffix(OF_AWS))
    return None if managed_policy is None else managed_policy.arn


def is_inline(policy: AnyPolicy) -> bool:
    """Whether an attached policy stands in its user, group or role alone."""
    return (
        isinstance(policy, PolicyDocument)
        and policy.arn is None
        and _arn_of_aws(policy.name) is None
    )


def name_of(policy: AnyPolicy) -> str:
    """The name of a managed policy."""
    return policy.name.removesuffix(OF_AWS)


def arn_of(policy: AnyPolicy, account: str, partition: str) -> str:
    """The ARN of a policy; a document that has none is taken for a policy of the account."""
    known = policy.arn or _arn_of_aws(policy.name)
    return known or f"arn:{partition}:iam::{account}:policy/{policy.name}"


def entities(account: Account) -> Iterator[User | Group | Role]:
    """All users, groups and roles."""
    yield from account.users.values()
    yield from account.groups.values()
    yield from account.roles.values()


def managed_policies(account: Account) -> dict[str, Managed]:
    """Every managed policy by ARN: the account's own first, then those of AWS, by name."""
    attachments, boundaries = Counter[str](), Counter[str]()
    documents: dict[str, AnyPolicy] = {}
    for name, policy in account.policies.items():
        path = account.policy_paths.get(name, "/")
        documents[f"arn:{account.partition}:iam::{account.id}:policy{path}{name}"] = policy
    for entity in entities(account):
        for policy in entity.policies:
            if not is_inline(policy):
                arn = arn_of(policy, account.id, account.partition)
                attachments[arn] += 1
                documents.setdefault(arn, policy)
        boundary = getattr(entity, "boundary", None)
        if boundary is not None:
            arn = arn_of(boundary, account.id, account.partition)
            boundaries[arn] += 1
            documents.setdefault(arn, boundary)
    found: dict[str, Managed] = {}
    for arn in sorted(
        documents, key=lambda document: (":iam::aws:" in document, _name(document).lower())
    ):
        path, name = _path(arn), _name(arn)
        shipped = managed.find_managed_policy(arn)
        found[arn] = Managed(
            arn,
            name,
            path,
            documents[arn] if isinstance(documents[arn], PolicyDocument) else None,
            (shipped.version_id if shipped is not None else None) or FIRST_VERSION,
            shipped.created if shipped is not None else None,
            shipped.updated if shipped is not None else None,
            attachments[arn],
            boundaries[arn],
        )
    return found


def policies_of_aws(partition: str) -> Iterator[Managed]:
    """All AWS managed policies of IAM that iamsim ships."""
    for policy in managed.policies():
        if policy.arn.split(":")[2] == "iam":
            arn = policy.arn.replace("arn:aws:", f"arn:{partition}:", 1)
            version = policy.version_id or FIRST_VERSION
            yield Managed(
                arn, policy.name, _path(arn), None, version, policy.created, policy.updated
            )


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _path(arn: str) -> str:
    """The path of a policy: what stands between `policy` and its name."""
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"
