"""An account with who in it might take ways, and what of it many ways ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.query.escalation.model import member_node
from iamsim.query.escalation.steps import Sources, StepTaker
from iamsim.query.escalation.targets import Statements, classes_of, trusted_names
from iamsim.query.role_chains import assume_action
from iamsim.universe.candidates import Candidate, CandidateKind

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.batch import Batch
    from iamsim.query.escalation.gains import Gains
    from iamsim.world.model import Account, Role

EVERYONE = "*"
PRINCIPAL_TAG = "aws:principaltag/"
RESOURCE_TAG = ":resourcetag/"  # `aws:ResourceTag/` and `iam:ResourceTag/`
KINDS = frozenset({CandidateKind.USER, CandidateKind.ROLE, CandidateKind.IDENTITY_CENTER})
PROVIDERS = frozenset({"oidc-provider", "saml-provider"})


@dataclass(slots=True)
class Home:
    """One account. `besides` is what all its candidates have got besides: the ARN of a group or of
    a policy, or their own tags, as which they are nodes of their own; `added` are the actions that
    it is about, and `before` is the account without it, as it is to what others do."""

    account: Account
    batch: Batch
    candidates: tuple[Candidate, ...]
    sources: Sources
    taker: StepTaker
    gains: Gains
    besides: str | None = None
    added: int | None = None
    before: Account | None = None

    @property
    def targets(self) -> Account:
        """The account in which ways look for targets: nobody there has got anything."""
        return self.before or self.account

    def node(self, principal: str) -> str:
        """The node of one of the candidates."""
        return principal if self.besides is None else member_node(principal, self.besides)

    def tags_read(self, candidate: Candidate) -> frozenset[str]:
        """The keys of tags of the principal that its own policies and guardrails read."""
        facts = self.batch.world.caller_facts(
            self.batch.question(candidate.principal, "sts:GetCallerIdentity")
        )
        levels = [policies for _, policies in facts.scp_levels or ()]
        return frozenset(
            key
            for policies in (facts.identity, facts.boundary, *levels)
            if policies is not None
            for key in policies.keys
            if key.startswith(PRINCIPAL_TAG)
        )

    def looks_at_tags(self, candidate: Candidate) -> bool:
        """Whether the candidate's own policies read tags of a resource, which it may be itself."""
        facts = self.batch.world.caller_facts(
            self.batch.question(candidate.principal, "sts:GetCallerIdentity")
        )
        return facts.identity is not None and any(
            RESOURCE_TAG in key for key in facts.identity.keys
        )

    def able(self, way: Way) -> list[Candidate]:
        """Those whose own policies are about all steps of a way; what is added must bear on it.

        A role may trust somebody whose own policies say nothing about it.
        """
        actions = [
            step.action
            for step in way.steps
            if step.action != "sts:AssumeRole" and step.only is None
        ]
        if self.added is not None:
            asked = self.batch.universe.mask_of(step.action for step in way.steps)
            if not asked & self.added:
                return []
        return self.sources.able(actions)


def make_home(  # noqa: PLR0913 - what is got besides is told by keyword
    batch: Batch,
    account: Account,
    candidates: Sequence[Candidate],
    gains: Gains,
    region: str,
    *,
    blocked: bool = False,
    besides: str | None = None,
    added: int | None = None,
) -> Home:
    """Look at the policies of an account's principals once."""
    statements = Statements(batch, account.id, candidates)
    taker = StepTaker(batch, account, statements, region, blocked=blocked)
    sources = Sources(batch, candidates)
    return Home(account, batch, tuple(candidates), sources, taker, gains, besides, added)


class Trusting:
    """Who is trusted by which roles, remembered."""

    def __init__(self, batch: Batch) -> None:
        """Take whom to ask."""
        self._batch = batch
        self._known: dict[tuple[str, str], list[Role]] = {}
        self._providers: dict[tuple[str, str], list[str]] = {}
        self._by_tags: bool | None = None

    @property
    def by_tags(self) -> bool:
        """Whether some role trusts by tags of the principal."""
        if self._by_tags is None:
            world = self._batch.world
            self._by_tags = any(
                key.startswith(PRINCIPAL_TAG)
                for account in world.model.accounts.values()
                for role in account.roles.values()
                if role.trust is not None
                for key in world.policies.policy_set((role.trust,), PolicyType.TRUST).keys
            )
        return self._by_tags

    def roles(self, trusted: str, account: Account) -> list[Role]:
        """The roles of an account that a service may assume, for certain or under conditions; with
        ``saml-provider`` or ``oidc-provider`` those that a provider of the account may."""
        known = self._known.get((trusted, account.id))
        if known is None:
            if trusted in PROVIDERS:
                known = [role for role in account.roles.values() if self.providers(trusted, role)]
            else:
                known = self._of(trusted, account)
            self._known[trusted, account.id] = known
        return known

    def providers(self, kind: str, role: Role) -> list[str]:
        """The providers of its own account that may assume a role, each with the call that is
        theirs."""
        known = self._providers.get((kind, role.arn))
        if known is None:
            prefix = f"federated:arn:{role.partition}:iam::{role.account}:{kind}/"
            named = sorted(
                trusted_name.removeprefix("federated:")
                for trusted_name in trusted_names(self._batch.world, role)
                if trusted_name.startswith(prefix)
            )
            known = [text for text in named if self._may_assume(text, role)]
            self._providers[kind, role.arn] = known
        return known

    def _may_assume(self, provider: str, role: Role) -> bool:
        candidate = Candidate(provider, CandidateKind.IDENTITY_PROVIDER, role.account)
        return self._batch.decide(provider, assume_action(candidate), role.arn).possible

    def _of(self, service: str, account: Account) -> list[Role]:
        """Roles that differ in nothing that is asked are asked for once."""
        world = self._batch.world
        some = [
            role
            for role in account.roles.values()
            if not role.service_linked
            and not trusted_names(world, role).isdisjoint({EVERYONE, f"service:{service}"})
        ]
        patterns = Statements(self._batch, account.id, ()).patterns("sts:AssumeRole")
        return [
            role
            for alike in classes_of(some, patterns)
            if self._batch.decide(service, "sts:AssumeRole", alike[0].arn).possible
            for role in alike
        ]
