"""Policies of a world, parsed and compiled when a question first needs them."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import ref

from iamsim.catalog.managed import find_managed_policy, suggest
from iamsim.compile.policy import CompiledPolicy, PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.errors import WorldError
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.core.unknown import Unknown, fact_words
from iamsim.engine.services.kms import grant_policy
from iamsim.engine.standing import MANAGEMENT
from iamsim.engine.unknown_policies import may_not_apply
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy
from iamsim.syntax.uncertain import unknown_policy
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from iamsim.world.model import AnyPolicy, ManagedPolicyReference, PolicyDocument, Resource

FULL_ACCESS = frozenset({FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS})  # which allow, applied or not
NOT_SHIPPED = "the AWS managed policy is none of those that iamsim ships"


# By identity, for comparing two policies would read both; gone with the policy.
_compiled: dict[int, tuple[ref[Policy], dict[PolicyType, CompiledPolicy]]] = {}


def compile_all(policies: Iterable[Policy], policy_type: PolicyType) -> PolicySet:
    """Compile policies that a question brought along, each once as long as it lives."""
    return PolicySet(tuple(_compiled_once(policy, policy_type) for policy in policies))


def _compiled_once(policy: Policy, policy_type: PolicyType) -> CompiledPolicy:
    """A policy, compiled for a use."""
    number = id(policy)
    known = _compiled.get(number)
    if known is None:
        gone = ref(policy, lambda _: _compiled.pop(number, None))
        known = _compiled[number] = gone, {}
    compiled = known[1].get(policy_type)
    if compiled is None:
        compiled = known[1][policy_type] = compile_policy(policy, policy_type)
    return compiled


class PolicyLibrary:
    """Compiles each document of a world once for each use, and keeps sets that are shared.

    A statement that can't be read is unknown, and the others count; so is an AWS managed policy
    that the shipped data does not hold. With `strict` both are errors.
    """

    def __init__(self, *, strict: bool = False) -> None:
        """Start empty."""
        self.strict = strict
        self._compiled: dict[tuple[object, PolicyType], CompiledPolicy] = {}
        self._sets: dict[tuple[object, ...], PolicySet] = {}
        self._grants: dict[Resource, PolicySet] = {}

    def compiled(self, policy: AnyPolicy, policy_type: PolicyType) -> CompiledPolicy:
        """Compile one policy; where the library is strict, raises `PolicyError` if it is none,
        `WorldError` for an AWS managed policy that the shipped data does not hold."""
        known = self._compiled.get((policy, policy_type))
        if known is None:
            known = self._compile(policy, policy_type)
            self._compiled[policy, policy_type] = known
        return known

    def policy_set(self, policies: tuple[AnyPolicy, ...], policy_type: PolicyType) -> PolicySet:
        """A set of policies; the same policies give the same set."""
        key = (*policies, policy_type)
        known = self._sets.get(key)
        if known is None:
            known = PolicySet(tuple(self.compiled(policy, policy_type) for policy in policies))
            self._sets[key] = known
        return known

    def control_set(
        self, policies: tuple[AnyPolicy, ...], policy_type: PolicyType, lost: Unknown | None
    ) -> PolicySet:
        """The control policies of a level. Those of an account that may be the management account
        (`lost` says why nobody knows) may not apply.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        known = self.policy_set(policies, policy_type)
        if lost is None or FULL_ACCESS.issuperset(policies):
            return known
        key = (*policies, policy_type, lost)
        doubted = self._sets.get(key)
        if doubted is None:
            why = f"it does not apply if the account is the management account: {lost.why}"
            doubted = may_not_apply(known, fact_words(MANAGEMENT), Unknown(why, lost.source))
            self._sets[key] = doubted
        return doubted

    def grants(self, key: Resource) -> PolicySet:
        """The grants of a KMS key, as policies."""
        known = self._grants.get(key)
        if known is None:
            policies = (
                grant_policy(grant, number)
                for number, grant in enumerate(key.grants, 1)
                if grant.operations or grant.retiring_principal or grant.issuing_account
            )
            known = self._grants[key] = PolicySet(tuple(policies))
        return known

    def _compile(self, policy: AnyPolicy, policy_type: PolicyType) -> CompiledPolicy:
        if isinstance(policy, PolicyDocument):
            parsed = parse_policy(
                policy.document,
                name=policy.name,
                source=policy.source,
                policy_type=policy_type,
                lenient=not self.strict,
            )
            return compile_policy(parsed, policy_type, arn=policy.arn, lenient=not self.strict)
        return _compile_managed(policy, policy_type, strict=self.strict)


def _compile_managed(
    reference: ManagedPolicyReference, policy_type: PolicyType, *, strict: bool
) -> CompiledPolicy:
    """Compile an AWS managed policy from the shipped data."""
    managed = find_managed_policy(reference.arn)
    if managed is None and not strict:
        unknown = Unknown(NOT_SHIPPED, reference.arn)
        statements = unknown_policy(unknown, reference.position)
        lost = Policy(None, None, statements, reference.source, reference.name)
        return compile_policy(lost, policy_type, arn=reference.arn)
    if managed is None:
        close = suggest(reference.name)
        raise WorldError(
            "unknown-managed-policy",
            f"no AWS managed policy `{reference.arn}` is known",
            span=reference.span,
            hint=f"did you mean `{close[0]}`?" if close else None,
        )
    source = Source(managed.name, managed.document_text, locate_json)
    parsed = parse_policy(
        managed.document_text, name=managed.name, source=source, policy_type=policy_type
    )
    return compile_policy(parsed, policy_type, arn=reference.arn)
