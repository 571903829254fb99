"""Checks that hold for every request: AWS's custom policy checks, and claims about worlds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.compile.policy import CompiledPolicy, compile_policy
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.engine.unknowns import UnknownInWorld, unknown_facts
from iamsim.proofs import documents, public
from iamsim.proofs.claims import parse_claim, parse_claims, statement_about
from iamsim.proofs.meant import acts_nowhere, check_regions
from iamsim.proofs.prove import EverAllowed, Prover
from iamsim.proofs.result import CheckResult, Verdict, worst
from iamsim.report import proofs as layout
from iamsim.report.proofs_ci import checks_to_github
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import read_document

if TYPE_CHECKING:
    from iamsim.api.inputs import PolicyInput
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.span import Span
    from iamsim.engine.world import CompiledWorld
    from iamsim.report.document import Document
    from iamsim.world.model import World

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
    on none of the resources, or a resource on which none of the actions, or no action at all, acts:
    nothing could grant that. `as_aws` lets it pass, as AWS does.
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
    if places and not as_aws:
        check_regions(limit, "the check")
        for action in asked:
            _check_acts(statement_about(action, places, None, "the check"), action, "no resource")
        for place in places:
            about = statement_about(asked or "*", place, None, "the check")
            _check_acts(about, place, "no action")
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


class Ever(Result):
    """Who is ever allowed something: a request of each in `witnesses`. Nobody else is, apart from
    those of whom it is not known, with why, in `unknown`."""

    def __init__(self, found: EverAllowed, asked: str, world: CompiledWorld) -> None:
        """Wrap what was found; use `World.ever` to ask."""
        self._found = found
        self._asked = asked
        self._world = world

    @property
    def witnesses(self) -> Sequence[Mapping[str, Any]]:
        """A request of everybody that is allowed one."""
        return self._found.witnesses

    @property
    def unknown(self) -> Mapping[str, str]:
        """Of whom it is not known, and why."""
        return self._found.unknown

    @property
    def assumptions(self) -> Sequence[str]:
        """On what the answer rests."""
        return self._found.assumptions

    @property
    def _models(self) -> Sequence[World]:
        return (self._world.model,)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """The requests, and of whom it is not known."""
        return layout.ever_document(self._found, self._asked)

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim check ever --format json` has it."""
        return layout.ever_data(self._found)

    def lines(self) -> list[str]:
        """Who is allowed a request."""
        return [str(witness["principal"]) for witness in self.witnesses]


class Claims(Result):
    """What came out of claims about a world: `results` has one for each."""

    def __init__(
        self, results: Sequence[CheckResult], places: Sequence[Span], world: CompiledWorld
    ) -> None:
        """Wrap the results; use `World.check_claims` to ask."""
        self.results = results
        self._places = places
        self._world = world

    @property
    def proved(self) -> bool:
        """Whether every claim is."""
        return worst(tuple(self.results)) is Verdict.PASS

    @property
    def assumptions(self) -> Sequence[str]:
        """On what the answers rest."""
        return layout.assumptions_of(self.results)

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What of the world could have made another answer. Of facts, proofs take what the world
        does not say to be so."""
        if any(result.depends_on_unknown for result in self.results):
            return self._world.unknowns()
        return tuple(fact for fact in unknown_facts(self._world.model) if fact.decides)

    @property
    def _models(self) -> Sequence[World]:
        return (self._world.model,)

    def fails(self, *, accepted: bool) -> bool:
        """Whether a claim is not proved, those aside that only what is not known stands in the way
        of where that is `accepted`."""
        counted = [r for r in self.results if not (accepted and r.depends_on_unknown)]
        return worst(tuple(counted)) is not Verdict.PASS

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """The claims, with the requests that refute them."""
        return layout.claims_document(self.results)

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim check claims --format json` has it."""
        return layout.claims_data(self.results)

    def lines(self) -> list[str]:
        """A line for each claim."""
        return layout.claims_lines(self.results)

    def to_github(self, *, accepted: bool = False) -> str:
        """Annotations for GitHub Actions, at the places of the claims."""
        return checks_to_github(self.results, self._places, accepted=accepted)


def check_claims(
    files: Iterable[str | os.PathLike[str]], world: CompiledWorld, before: CompiledWorld | None
) -> Claims:
    """Prove the claims of files about a world, or about a change of the world `before`."""
    claims, places = [], []
    for file in [os.fspath(given) for given in files]:
        document = read_document(file)
        for number, claim in enumerate(parse_claims(document.data, file=file)):
            claims.append(claim)
            places.append(document.span(("claims", number)))
    prover = Prover(world, before)
    return Claims([prover.prove(claim) for claim in claims], places, world)


def ever(
    world: CompiledWorld,
    actions: Sequence[str],
    resources: Sequence[str],
    principals: Sequence[str],
) -> Ever:
    """Find who is ever allowed something, with a request of each."""
    asked = {"action": actions, "resource": resources, "principal": principals}
    never = {name: list(texts) for name, texts in asked.items() if texts}
    claim = parse_claim({"name": " ".join(actions), "never": {**never, "services": True}})
    return Ever(Prover(world).ever(claim), " ".join(actions), world)
