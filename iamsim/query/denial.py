"""Whether a world explains a denial that AWS reported, and if not, what would.

The message is one of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html;
`iamsim.syntax.denial` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer, Verdict
from iamsim.core.errors import RequestError
from iamsim.core.unknown import is_open_key
from iamsim.query.differences import Search, find_differences
from iamsim.symbolic.partial import answer as explain
from iamsim.syntax.denial import DenialForm, DenialMessage

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import MissingKey
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.difference import Difference
    from iamsim.world.model import Role, User, World

NOT_SEARCHED = Search()
MOST_OPEN = 5  # things of which each way is tried with each of the others
MASK = "*"  # API Gateway shows only the last digits of an account
KEY = ":key/"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: where the
# name of an action is not that of the operation.
S3_ACTIONS: Mapping[str, str] = {
    "CompleteMultipartUpload": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "UploadPart": "s3:PutObject",
    **{
        name: f"s3:{name}"
        for name in ("CreateBucket", "DeleteBucket", "DeleteObject", "GetObject", "PutObject")
    },
    **{name: f"s3:{name}" for name in ("GetBucketPolicy", "PutBucketPolicy", "PutObjectAcl")},
}

# How the callers are given whom a trust policy names by their provider.
FEDERATED_CALLERS: Mapping[str, str] = {
    "sts:AssumeRoleWithSAML": (
        "give the identity provider with -p, such as"
        " `-p arn:aws:iam::111122223333:saml-provider/NAME`"
    ),
    "sts:AssumeRoleWithWebIdentity": (
        "give the identity provider with -p, such as"
        " `-p arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com`,"
        " and what its token says with -c"
    ),
}


class Agreement(Enum):
    """How what AWS said and what the world says go together."""

    SAME = "same-reason"
    AMONG_SEVERAL = "among-several-reasons"  # AWS names one of them, and does not say which
    NO_REASON_GIVEN = "no-reason-given"  # both deny, and the message does not say why
    OTHER_POLICY = "other-policy"
    OTHER_LAYER = "other-layer"
    OTHER_KIND = "other-kind"
    ALLOWED = "allowed"
    ONLY_IF = "only-if"  # the world denies in some of the cases that it leaves open
    NEVER_SO = "never-so"  # in none of them as AWS says
    NOT_GIVEN = "policies-not-given"  # the layer that would explain it was not given
    NOT_DECIDED_HERE = "not-decided-here"  # a reason that iamsim does not look at

    @property
    def explains(self) -> bool:
        """Whether the world explains the denial."""
        return self in {Agreement.SAME, Agreement.AMONG_SEVERAL, Agreement.NO_REASON_GIVEN}


@dataclass(frozen=True, slots=True, eq=False)
class DenialReport:
    """A message, the answer of the world, how they agree, and where they don't, what would make
    them; `open_keys` are context keys of which nothing was said, and on which the denial hangs.
    `targets` are the ids of nodes to which control policies are attached, by layer and level."""

    message: DenialMessage
    answer: Answer
    agreement: Agreement
    search: Search = NOT_SEARCHED
    open_keys: tuple[MissingKey, ...] = ()
    targets: Mapping[Layer, Mapping[str, str]] = field(default_factory=dict)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What would explain the denial, likeliest first."""
        return self.search.found

    @property
    def explained(self) -> bool:
        """Whether the world explains the denial."""
        return self.agreement.explains


def examine(message: DenialMessage, question: Question, world: CompiledWorld) -> DenialReport:
    """Ask the question of a message in a world, and compare the answers.

    `question` is complete: what the message leaves open was filled in. Raises `InputError` for
    what can't be asked.
    """
    answer = explain(question, world)
    agreement = compare(message, answer)
    if agreement is Agreement.ONLY_IF and not _can_be_so(message, question, world, answer):
        agreement = Agreement.NEVER_SO
    keys = _open_keys(answer, question) if agreement.explains else ()
    if keys:
        return DenialReport(message, answer, Agreement.ONLY_IF, open_keys=keys)
    if agreement.explains or agreement is Agreement.NOT_DECIDED_HERE:
        return DenialReport(message, answer, agreement)
    search = find_differences(message, question, world, answer)
    return DenialReport(message, answer, agreement, search, targets=_targets(question, world.model))


def _can_be_so(
    message: DenialMessage, question: Question, world: CompiledWorld, answer: Answer
) -> bool:
    """Whether the world denies as a message says, if what it does not know is one way or another;
    true, too, where there are too many ways, or context keys among what is open."""
    keys = () if answer.residual is None else answer.residual.keys
    if not all(map(is_open_key, keys)) or len(keys) > MOST_OPEN:
        return True
    for ways in product(("true", "false"), repeat=len(keys)):
        told = dict(zip(keys, ways, strict=True))
        asked = replace(question, context={**question.context, **told})
        if compare(message, explain(asked, world)).explains:
            return True
    return False


def _targets(question: Question, model: World) -> dict[Layer, dict[str, str]]:
    """The ids of the nodes above the caller and the resource, and of their accounts."""
    caller = find_arn(question.principal)
    owner = question.resource_account or model.account_of_resource(question.resource)
    accounts = {
        Layer.SERVICE_CONTROL_POLICY: caller.account if caller is not None else None,
        Layer.RESOURCE_CONTROL_POLICY: owner,
    }
    return {
        layer: {
            **{node.name: node.id for node in model.organization_path(account) or () if node.id},
            account: account,
        }
        for layer, account in accounts.items()
        if account
    }


def _open_keys(answer: Answer, question: Question) -> tuple[MissingKey, ...]:
    """The context keys of which nothing was said, and with some value of which the world says
    something else."""
    absent = {key.lower() for key in question.unset}
    missing = answer.explanation.missing
    return tuple(key for key in missing if key.matters and key.key not in absent)


def compare(message: DenialMessage, answer: Answer) -> Agreement:
    """Say whether an answer gives the reason that a message names: the same kind of denial, by the
    same policy type, and by the policy that it names."""
    decision = answer.decision
    if message.setting is not None:
        return Agreement.NOT_DECIDED_HERE
    if decision.verdict is Verdict.CONDITIONAL:
        return Agreement.ONLY_IF
    if decision.verdict not in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}:
        return Agreement.ALLOWED
    explicit = decision.verdict is Verdict.EXPLICIT_DENY
    if message.explicit not in {None, explicit}:
        return Agreement.OTHER_KIND
    if message.layer is None:
        return Agreement.NO_REASON_GIVEN
    named = {message.layer, message.through}
    explanation = answer.explanation
    if decision.layer in named:
        return Agreement.SAME if _same_policy(message, answer) else Agreement.OTHER_POLICY
    others: set[Layer] = {decider.layer for decider in explanation.decided_by}
    if not explicit:
        others.update(layer for way in explanation.ways for layer in way.blocked_by)
    return Agreement.AMONG_SEVERAL if named & others else Agreement.OTHER_LAYER


def _same_policy(message: DenialMessage, answer: Answer) -> bool:
    """Whether the policy that a message names is one that denies; worlds do not know the paths of
    policies, so account and name decide. Unknown ARNs contradict nothing."""
    wanted = None if message.policy_arn is None else find_arn(message.policy_arn)
    found = [statement.arn for statement in answer.decision.statements]
    if wanted is None or not found or None in found:
        return True
    name = wanted.resource.rpartition("/")[2]
    arns = [find_arn(arn) for arn in found if arn is not None]
    return any(
        arn is not None
        and arn.account == wanted.account
        and arn.resource.rpartition("/")[2] == name
        for arn in arns
    )


def complete_message(message: DenialMessage, model: World | None) -> DenialMessage:
    """Fill in what a message leaves open, as far as the operation and the world tell.

    That is the action of a plain denial by S3, the key where the world has only one, an account
    of which only the last digits are shown, and the path of a user or role.
    """
    if message.action is None and message.operation in S3_ACTIONS:
        message = replace(message, action=S3_ACTIONS[message.operation or ""])
    if model is None:
        return message
    if message.resource is None and message.form in {DenialForm.POINTED, DenialForm.CIPHERTEXT}:
        keys = _keys(model)
        return replace(message, resource=keys[0]) if len(keys) == 1 else message
    if message.resource is None:
        return message
    return replace(message, resource=_in_world(message.resource, model))


def _keys(model: World) -> list[str]:
    return [
        arn
        for account in model.accounts.values()
        for arn in account.resources
        if ":kms:" in arn and KEY in arn
    ]


def _in_world(resource: str, model: World) -> str:
    """The ARN of a resource as the world knows it."""
    arn = find_arn(resource)
    if arn is None:
        return resource
    if MASK in arn.account:
        digits = arn.account.strip(MASK)
        known = [account for account in model.accounts if account.endswith(digits)]
        return arn._replace(account=known[0]).text if len(known) == 1 else resource
    account = model.accounts.get(arn.account)
    if arn.service != "iam" or account is None:
        return resource
    kind, _, name = arn.resource.partition("/")
    entity: User | Role | None = None
    if kind == "user":
        entity = account.users.get(name)
    elif kind == "role":
        entity = account.roles.get(name)
    return resource if entity is None else entity.arn


def missing_part(message: DenialMessage, model: World | None) -> RequestError | None:
    """Say what has to be given besides a message so that its question can be asked; `None` when
    nothing has to."""
    if message.principal is None:
        return RequestError(
            "denial-without-principal",
            "the message does not say who called",
            hint=FEDERATED_CALLERS.get(message.action or "", "give the caller with -p"),
        )
    if message.action is None:
        return RequestError(
            "denial-without-action",
            "the message does not say which action was denied",
            hint="give it with -a, such as `-a s3:GetObject`",
        )
    if message.resource is None and message.form not in {DenialForm.FULL, DenialForm.DECODED}:
        keys = _keys(model) if model is not None and message.action.startswith("kms:") else []
        subject = "the ARN of the role" if message.action in FEDERATED_CALLERS else "its ARN"
        hint = f"the world has {', '.join(f'`{key}`' for key in keys[:3])}" if keys else None
        return RequestError(
            "denial-without-resource",
            "the message does not say on which resource",
            hint=hint or f"give {subject} with -r",
        )
    return None
