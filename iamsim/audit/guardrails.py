"""Guardrails as claims about every principal that a member account may ever have.

A claim is proved on a world that holds the organization alone: its tree and its guardrails, and of
accounts with the same guardrails one. Principals there may get any policies of their own, so that
what is proved holds whatever anybody attaches, and what is refuted has a request that shows it.
What the policy of a resource decides, too, is asked about a bucket, a key, a queue, a secret and a
role that let everybody in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.model import Severity
from iamsim.core.span import Source
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.world.model import (
    Account,
    PolicyDocument,
    PublicAccessBlock,
    Resource,
    Role,
    World,
)

if TYPE_CHECKING:
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
OPEN = {
    "kms": "arn:{partition}:kms:us-east-1:{account}:key/iamsim-probe",
    "s3": "arn:{partition}:s3:::iamsim-probe-{account}",
    "secretsmanager": "arn:{partition}:secretsmanager:us-east-1:{account}:secret:iamsim-probe",
    "sqs": "arn:{partition}:sqs:us-east-1:{account}:iamsim-probe",
    "sts": "arn:{partition}:iam::{account}:role/iamsim-probe",
}
"""Resources that let everybody in, by the service whose actions are asked about."""
PARTS = {"s3": ("arn:{partition}:s3:::iamsim-probe-{account}/*",)}
PROBE = "iamsim-probe"


class Guardrail(NamedTuple):
    """What no principal of a member account may do, where `condition` holds. `controls` are the ids
    of AWS Control Tower that are about the same; `root` says that it is about root users alone,
    `exempt` are patterns of the ARNs of principals that may do it all the same, `spared` those of
    actions of its services that it is not about. With `held` it is about accounts that have such
    a resource; with `of_resources` about everybody before resources that let everybody in."""

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
    spared: tuple[str, ...] = ()
    held: bool = False
    of_resources: bool = False


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
        self.model = model
        self.exempt = tuple(exempt)
        self.alike = _alike(model, members)

    def exempt_from(self, guardrail: Guardrail) -> list[str]:
        """Patterns of the principals that may do what a guardrail forbids. A role of the same name
        in another organization is no exception from what resources are kept from."""
        usual = () if guardrail.of_resources else (CONTROL_TOWER_ROLE,)
        return [*usual, *self.exempt, *guardrail.exempt]

    def prove(self, guardrail: Guardrail, about: Sequence[str] = ()) -> CheckResult:
        """Prove that no principal of these members (without any, of all) can do it, or show one
        that can."""
        members = [key for key, alike in self.alike.items() if not about or {*alike} & {*about}]
        never: dict[str, object] = {"action": list(guardrail.actions)}
        if guardrail.of_resources:
            services = {action.partition(":")[0] for action in guardrail.actions}
            never["resource"] = [
                form.format(partition=self._partition(member), account=member)
                for member in sorted(members)
                for service in sorted(services)
                for form in (OPEN[service], *PARTS.get(service, ()))
            ]
        elif guardrail.root:
            never["principal"] = [
                f"arn:{self._partition(member)}:iam::{member}:root" for member in sorted(members)
            ]
        else:
            never["principal"] = [{"account": member} for member in sorted(members)]
        if guardrail.resources != ("*",):
            never["resource"] = list(guardrail.resources)
        if guardrail.condition is not None:
            never["condition"] = guardrail.condition
        claim: dict[str, object] = {"name": guardrail.id, "never": {**never, "future": True}}
        if exempt := self.exempt_from(guardrail):
            claim["unless"] = [{"ArnLike": {"aws:PrincipalArn": exempt}}]
        asks_keys = any(action.startswith("kms:") for action in guardrail.actions)
        prover = self._open if guardrail.of_resources or asks_keys else self._bare
        return prover.prove(parse_claim(claim), undecided=UNDECIDED)

    def _partition(self, account: str) -> str:
        known = self.model.accounts.get(account)
        return "aws" if known is None else known.partition

    @cached_property
    def _bare(self) -> Prover:
        """What proves claims about accounts with nothing in them."""
        return self._prover({text: _bare(self.model, text) for text in self.alike})

    @cached_property
    def _open(self) -> Prover:
        """What proves claims about accounts with resources that let everybody in."""
        return self._prover({text: _open(_bare(self.model, text)) for text in self.alike})

    def _prover(self, accounts: dict[str, Account]) -> Prover:
        model = self.model
        bare = World(organization=model.organization, accounts=accounts, policies=model.policies)
        return Prover(CompiledWorld.checked(bare))


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


def _open(bare: Account) -> Account:
    """An account with resources that let everybody in."""
    account, partition = bare.id, bare.partition
    forms = {
        service: form.format(partition=partition, account=account) for service, form in OPEN.items()
    }
    del forms["sts"]
    trust = _lets_in({"Action": ["sts:AssumeRole", "sts:SetContext"]})
    return replace(
        bare,
        public_access_block=PublicAccessBlock(),
        roles={PROBE: Role(account=account, name=PROBE, partition=partition, trust=trust)},
        resources={
            arn: Resource(
                arn=arn,
                account=account,
                policy=_lets_in({"Action": f"{service}:*", "Resource": [arn, f"{arn}/*"]}),
                public_access_block=PublicAccessBlock(),
            )
            for service, arn in forms.items()
        },
    )


def _lets_in(statement: Mapping[str, object]) -> PolicyDocument:
    """A policy that lets everybody in."""
    made = {"Effect": "Allow", "Principal": "*", **statement}
    document = {"Version": "2012-10-17", "Statement": [made]}
    return PolicyDocument(PROBE, document, Source(PROBE, json.dumps(document)))
