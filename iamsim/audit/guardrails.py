"""Guardrails as claims about every principal that a member account may ever have.

A claim is proved on a world that holds the organization alone: its tree and its guardrails, and of
accounts with the same guardrails one. Principals there may get any policies of their own, so that
what is proved holds whatever anybody attaches, and what is refuted has a request that shows it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.model import Severity
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.world.model import Account, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamsim.proofs.result import CheckResult

SCP_EXAMPLES = (
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples"
)
CONTROLS = (
    "https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html"
)
STRONG = (
    "https://docs.aws.amazon.com/controltower/latest/controlreference/"
    "strongly-recommended-controls.html"
)
UNDECIDED = 100  # ways in which it may stay open what a caller can do, before its others are left
CONTROL_TOWER_ROLE = "arn:*:iam::*:role/AWSControlTowerExecution"


class Guardrail(NamedTuple):
    """What no principal of a member account may do, where `condition` holds. `controls` are the ids
    of AWS Control Tower that are about the same; `root` says that it is about root users alone,
    `exempt` are patterns of the ARNs of principals that may do it all the same."""

    id: str
    title: str
    actions: tuple[str, ...]
    severity: Severity
    see: str
    resources: tuple[str, ...] = ("*",)
    controls: tuple[str, ...] = ()
    root: bool = False
    exempt: tuple[str, ...] = ()
    condition: Mapping[str, Mapping[str, str]] | None = None


GUARDRAILS = (
    Guardrail(
        "guardrail-leave-organization",
        "No member account can leave the organization",
        ("organizations:LeaveOrganization",),
        Severity.HIGH,
        f"{SCP_EXAMPLES}_general.html",
    ),
    Guardrail(
        "guardrail-cloudtrail",
        "Nobody can switch CloudTrail off",
        (
            "cloudtrail:DeleteTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:StopLogging",
            "cloudtrail:UpdateTrail",
        ),
        Severity.HIGH,
        CONTROLS,
        controls=("AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED",),
    ),
    Guardrail(
        "guardrail-config",
        "Nobody can switch AWS Config off",
        (
            "config:DeleteConfigurationRecorder",
            "config:DeleteDeliveryChannel",
            "config:DisassociateResourceTypes",
            "config:PutConfigurationRecorder",
            "config:PutDeliveryChannel",
            "config:StopConfigurationRecorder",
        ),
        Severity.MEDIUM,
        CONTROLS,
        controls=("AWS-GR_CONFIG_CHANGE_PROHIBITED",),
    ),
    Guardrail(
        "guardrail-guardduty",
        "Nobody can switch Amazon GuardDuty off",
        (
            "guardduty:DeleteDetector",
            "guardduty:DisassociateFromAdministratorAccount",
            "guardduty:DisassociateFromMasterAccount",
            "guardduty:UpdateDetector",
        ),
        Severity.MEDIUM,
        f"{SCP_EXAMPLES}_guardduty.html",
    ),
    Guardrail(
        "guardrail-access-analyzer",
        "Nobody can delete the analyzers of IAM Access Analyzer",
        ("access-analyzer:DeleteAnalyzer",),
        Severity.MEDIUM,
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-getting-started.html",
    ),
    Guardrail(
        "guardrail-root-user",
        "Root users of member accounts can do nothing",
        ("*",),
        Severity.MEDIUM,
        STRONG,
        controls=("AWS-GR_RESTRICT_ROOT_USER",),
        root=True,
    ),
    Guardrail(
        "guardrail-root-access-keys",
        "Root users of member accounts can make no access keys",
        ("iam:CreateAccessKey",),
        Severity.MEDIUM,
        STRONG,
        controls=("AWS-GR_RESTRICT_ROOT_USER_ACCESS_KEYS",),
        root=True,
    ),
)


class GuardrailProver:
    """Proves guardrails of an organization. `exempt` are patterns of the ARNs of principals that
    may do it all the same."""

    def __init__(self, model: World, members: Sequence[str], exempt: Sequence[str]) -> None:
        """Take the organization and its member accounts."""
        self.exempt = (CONTROL_TOWER_ROLE, *exempt)
        self.alike = _alike(model, members)
        accounts = {text: _bare(model, text) for text in self.alike}
        bare = World(organization=model.organization, accounts=accounts, policies=model.policies)
        self._prover = Prover(CompiledWorld.checked(bare))

    def exempt_from(self, guardrail: Guardrail) -> list[str]:
        """Patterns of the principals that may do what a guardrail forbids."""
        return [*self.exempt, *guardrail.exempt]

    def prove(self, guardrail: Guardrail, about: Sequence[str] = ()) -> CheckResult:
        """Prove that no principal of these members (without any, of all) can do it, or show one
        that can."""
        members = [key for key, alike in self.alike.items() if not about or {*alike} & {*about}]
        who: list[object] = [{"account": member} for member in sorted(members)]
        if guardrail.root:
            who = [
                f"arn:{self._partition(member)}:iam::{member}:root" for member in sorted(members)
            ]
        never: dict[str, object] = {"principal": who, "action": list(guardrail.actions)}
        if guardrail.resources != ("*",):
            never["resource"] = list(guardrail.resources)
        if guardrail.condition is not None:
            never["condition"] = guardrail.condition
        claim = {
            "name": guardrail.id,
            "never": {**never, "future": True},
            "unless": [{"ArnLike": {"aws:PrincipalArn": self.exempt_from(guardrail)}}],
        }
        return self._prover.prove(parse_claim(claim), undecided=UNDECIDED)

    def _partition(self, account: str) -> str:
        return self._prover.world.model.accounts[account].partition


def _alike(model: World, members: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Accounts that have the same guardrails, by the first of them."""
    found: dict[object, list[str]] = {}
    for member in members:
        levels = (*(model.scp_levels(member) or ()), *(model.rcp_levels(member) or ()))
        key = tuple(tuple(map(id, policies)) for name, policies in levels if name != member)
        own = model.accounts.get(member)
        mine = (
            () if own is None else (tuple(map(id, own.scps or ())), tuple(map(id, own.rcps or ())))
        )
        found.setdefault((key, mine, None if own is None else own.partition), []).append(member)
    return {some[0]: tuple(some) for some in found.values()}


def _bare(model: World, account: str) -> Account:
    """An account with its own guardrails, and nobody in it."""
    known = model.accounts.get(account)
    if known is None:
        return Account(id=account)
    return replace(
        known,
        users={},
        groups={},
        roles={},
        resources={},
        vpc_endpoints={},
        permission_sets={},
        root_user=None,
        providers=(),
    )
