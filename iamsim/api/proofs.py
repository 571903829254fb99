"""Checks that hold for every request: AWS's custom policy checks, and claims about worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.policy import compile_policy
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.engine.unknowns import unknown_facts
from iamsim.proofs import documents, public
from iamsim.proofs.claims import statement_about
from iamsim.proofs.meant import acts_nowhere
from iamsim.proofs.result import Verdict, worst
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamsim.api.inputs import PolicyInput
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.result import CheckResult

__all__ = [
    "check_access_not_granted",
    "check_equivalent",
    "check_no_new_access",
    "check_no_public_access",
    "judged",
]

# Types by our names and by AWS's.
TYPES = {
    **{policy_type.value: policy_type for policy_type in PolicyType},
    "IDENTITY_POLICY": PolicyType.IDENTITY,
    "RESOURCE_POLICY": PolicyType.RESOURCE,
}


def check_no_new_access(
    existing: PolicyInput,
    new: PolicyInput,
    *,
    policy_type: str = "identity",
    resource_type: str | None = None,
) -> CheckResult:
    """Prove that a policy allows nothing that an existing one does not, or give a request that it
    does (AWS: CheckNoNewAccess).

    `policy_type` is ``identity``, ``resource``, ``trust`` or another type of policy, or AWS's name
    of one; `resource_type` is AWS's name of what a resource-based policy is attached to. Raises
    `InputError` for what can't be read.
    """
    kind = _type_of(policy_type, resource_type)
    return documents.check_no_new_access(
        _compiled(existing, kind, "existing"),
        _compiled(new, kind, "new"),
        trust=kind is PolicyType.TRUST,
    )


def check_access_not_granted(
    policy: PolicyInput,
    actions: Iterable[str] = (),
    resources: Iterable[str] = (),
    *,
    policy_type: str = "identity",
    as_aws: bool = False,
) -> CheckResult:
    """Prove that a policy grants none of some actions (on any resource), on none of some resources
    (for any action), or none of the one on any of the other (AWS: CheckAccessNotGranted).

    Raises `InputError` for what can't be read, where neither is given, and for an action that acts
    on none of the resources, or a resource on which none of the actions acts: nothing could grant
    that. `as_aws` lets it pass, as AWS does.
    """
    kind = _type_of(policy_type, None)
    asked, places = list(actions), list(resources)
    if not asked and not places:
        raise RequestError(
            "missing-argument",
            "neither actions nor resources are given",
            hint="give one of them at least",
        )
    limit = statement_about(asked or "*", places or "*", None, "the check")
    if asked and places and not as_aws:
        for action in asked:
            _check_acts(statement_about(action, places, None, "the check"), action, "no resource")
        for place in places:
            _check_acts(statement_about(asked, place, None, "the check"), place, "no action")
    return documents.check_access_not_granted(
        _compiled(policy, kind, "policy"), limit, trust=kind is PolicyType.TRUST
    )


def _check_acts(about: CompiledStatement, name: str, missing: str) -> None:
    """Refuse actions and resources that never meet."""
    if acts_nowhere(about):
        raise RequestError(
            "claim-about-nothing",
            f"{missing} of the check goes with {quote(name)}",
            hint="give resources of the types on which the actions act",
        )


def check_no_public_access(policy: PolicyInput, resource_type: str) -> CheckResult:
    """Prove that a resource-based policy lets in nobody but those whom something fixed names (AWS:
    CheckNoPublicAccess). `resource_type` is AWS's name, such as ``AWS::S3::Bucket``.

    Raises `InputError` for what can't be read, and for a type that AWS's check does not know.
    """
    if resource_type not in public.RESOURCE_TYPES:
        raise RequestError(
            "unknown-value",
            f"`{resource_type}` is no resource type that the check knows",
            hint=did_you_mean(resource_type, public.RESOURCE_TYPES) or "such as `AWS::S3::Bucket`",
        )
    kind = _type_of("resource", resource_type)
    return public.check_no_public_access(_compiled(policy, kind, "policy"), resource_type)


def check_equivalent(
    first: PolicyInput, second: PolicyInput, *, policy_type: str = "identity"
) -> CheckResult:
    """Prove that two policies allow the same requests, or give one that only one of them allows."""
    kind = _type_of(policy_type, None)
    return documents.check_equivalent(
        _compiled(first, kind, "first"),
        _compiled(second, kind, "second"),
        trust=kind is PolicyType.TRUST,
    )


def _type_of(name: str, resource_type: str | None) -> PolicyType:
    """The type of policy that is meant."""
    if resource_type == public.TRUST_TYPE:
        return PolicyType.TRUST
    kind = TYPES.get(name)
    if kind is None:
        raise RequestError(
            "unknown-value",
            f"`{name}` is no type of policy",
            hint=f"types are {', '.join(TYPES)}",
        )
    return kind


def _compiled(policy: PolicyInput, kind: PolicyType, name: str) -> CompiledPolicy:
    """Read and compile one policy."""
    parsed = parse_policy(policy, name=name, policy_type=kind)
    return compile_policy(parsed, kind, name=parsed.name)


def judged(
    results: Sequence[CheckResult], world: CompiledWorld, *, accepted: bool
) -> tuple[bool, Sequence[UnknownInWorld]]:
    """Whether a claim is not proved, those aside that only what is not known stands in the way of
    where that is `accepted`; and what of the world could have changed that."""
    lost = [result for result in results if result.depends_on_unknown]
    counted = [result for result in results if not (accepted and result in lost)]
    # Of facts, proofs take what the world does not say to be so.
    unknowns = world.unknowns() if lost else tuple(unknown_facts(world.model))
    return worst(tuple(counted)) is not Verdict.PASS, unknowns
