"""The known ways to become somebody else, as data: one file a way in `corpus/escalation/paths/`.

A way is a list of steps; a step is one action with what it is done to. `resource` is ``self``,
``self-groups``, ``self-policies``, ``self-boundary``, ``target``, ``target-policies``, ``*``, or
the form of an ARN whose last ``*`` stands for any name; for a permission set also
``target-permission-set``, ``target-account`` and ``target-group``, for an account ``target-root``,
for a role that a provider may assume ``target-providers``. `context` pins keys that the call itself
decides, such as iam:PassedToService:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from iamsim.core.errors import InternalError
from iamsim.world.documents import read_document

PACKAGE = Path(__file__).parent.parent
# The wheel's, and the checkout's.
FOLDERS = (
    PACKAGE / "_corpus" / "escalation" / "paths",
    PACKAGE.parent / "corpus" / "escalation" / "paths",
)
# What writes over a policy that is there.
REPLACING = frozenset(
    {
        "iam:CreatePolicyVersion",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion",
    }
)


class Step(NamedTuple):
    """One call: an action, what it is done to, and context keys that the call itself decides.

    `only` limits it to what is reached in the management account: ``management``, or there
    ``new-in-management``, where something has to be made first.
    """

    action: str
    resource: str
    context: Mapping[str, str]
    only: str | None = None

    def filled(self, partition: str) -> Step:
        """The step in a partition: its pinned values may name it."""
        if not any("{" in value for value in self.context.values()):
            return self
        values = {
            key: value.replace("{partition}", partition) for key, value in self.context.items()
        }
        return self._replace(context=values)

    @property
    def about_target(self) -> bool:
        """Whether the step is done to the target."""
        return self.resource.startswith("target")

    @property
    def changes(self) -> bool:
        """Whether it is a call of IAM that changes what it is done to."""
        return self.action.startswith("iam:") and self.action != "iam:PassRole"

    @property
    def replaces(self) -> bool:
        """Whether it writes over a policy, so that nothing of what that said is left."""
        return self.action in REPLACING

    @property
    def about_self(self) -> bool:
        """Whether the step is done to the caller."""
        return self.resource.startswith("self")


class Way(NamedTuple):
    """One way. `target` is ``role``, ``user``, ``group``, ``self``, ``self:user``, ``self:role``;
    of other accounts ``permission-set`` (its role in an account) or ``account``.

    `reaches` says what is gained: the ``target``; ``administrator``, where whose policies were
    changed may then do everything; ``group``, its policies; ``without-boundary``, what the own
    policies allow without the boundary; ``tagged``, what they allow to whom has other tags.
    `trusts` is the service that the target must trust, or ``saml-provider`` or ``oidc-provider``;
    `presumes` what must be there, where the world does not list it.

    A way with `administers` is open to the management account of an organization, and to the one
    that administers this service for it. `spares` says what it leaves alone: ``management``, the
    management account; ``management-if-delegated``, that and what it has, for the other account.
    """

    id: str
    title: str
    kind: str
    target: str
    reaches: str
    steps: tuple[Step, ...]
    see: str
    trusts: str | None = None
    presumes: str | None = None
    administers: str | None = None
    spares: str | None = None

    @property
    def about_self(self) -> bool:
        """Whether it is one's own permissions that grow."""
        return self.target.partition(":")[0] == "self"

    @property
    def assigns(self) -> bool:
        """Whether it can bring a permission set into an account that does not have it."""
        return self.reaches == "target" and any(
            step.resource == "target-account" for step in self.steps
        )

    @property
    def joins(self) -> bool:
        """Whether it needs a group to which a permission set is assigned."""
        return any(step.resource == "target-group" for step in self.steps)


@cache
def known_ways() -> tuple[Way, ...]:
    """All ways, sorted by their name; raises `InternalError` where they are not installed."""
    for folder in FOLDERS:
        if folder.is_dir():
            return tuple(_read(path) for path in sorted(folder.glob("*.yaml")))
    raise InternalError("missing-paths", "the known escalation paths are not installed")


def _read(path: Path) -> Way:
    """Read one file, which a test has read before."""
    data = read_document(path, name=path.name).data
    if not isinstance(data, dict):
        raise InternalError("missing-paths", f"`{path.name}` is no escalation path")
    steps = tuple(
        Step(entry["action"], entry["resource"], dict(entry.get("context", {})), entry.get("only"))
        for entry in data["steps"]
    )
    return Way(
        path.stem,
        data["title"],
        data["kind"],
        data["target"],
        data["reaches"],
        steps,
        data["see"],
        data.get("trusts"),
        data.get("presumes"),
        data.get("administers"),
        data.get("spares"),
    )
