"""A claim that is proved has no counterexample: whoever asks for whatever in generated worlds.

The sweep asks for everybody whom the universe knows (listed, named, designated, strangers,
services, anybody), plainly and in contexts; who belongs to a claim is said here once more, by
names, accounts and texts alone.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.query.batch import Batch
from iamsim.query.batch.answers import decide_one
from iamsim.universe.candidates import CandidateKind
from iamsim.world.load import load_world_data
from tests.property.costly import costly
from tests.property.rarities import rare_cases
from tests.property.test_changes_laws import EDITS
from tests.property.worlds import SIGNED

if TYPE_CHECKING:
    from iamsim.query.batch import Candidate
    from iamsim.universe.asked import Asked
    from iamsim.world.model import World

Data = dict[str, Any]
ASKED = 20  # actions on resources
CLAIMS = 6
OFFICE = "203.0.113.0/24"
ADDRESSES = ("203.0.113.9", "198.51.100.7")
KINDS = {
    CandidateKind.USER: "user",
    CandidateKind.ROLE: "role",
    CandidateKind.SERVICE_LINKED_ROLE: "role",
    CandidateKind.ROOT_USER: "root",
    CandidateKind.SERVICE: "service",
    CandidateKind.ANONYMOUS: "anonymous",
    CandidateKind.IDENTITY_PROVIDER: "federated",
}


class Allowed(NamedTuple):
    """A request that is allowed whatever its other keys are, and whose the resource is."""

    candidate: Candidate
    asked: Asked
    action: str
    resource: str
    owner: str
    context: Data


def owner_of(model: World, resource: str) -> str:
    """The account of a resource."""
    listed = model.find_resource(resource)
    return resource.split(":")[4] if listed is None else listed.account


def allowed_requests(batch: Batch, source: Any) -> list[Allowed]:
    """Requests of everybody that are allowed, of a random sample of actions and resources."""
    model = batch.world.model
    accounts = sorted(model.accounts)
    found = []
    for _ in range(ASKED):
        action, pattern, _ = source.choice(SIGNED)
        resource = pattern.replace("ACC", source.choice(accounts))
        if pattern == "*" or not owner_of(model, resource):
            continue
        everybody = [*source.sample(batch.candidates, min(4, len(batch.candidates)))]
        everybody += batch.named(action, resource)
        for candidate in everybody:
            context: Data = {}
            if candidate.kind not in {CandidateKind.SERVICE, CandidateKind.IDENTITY_PROVIDER}:
                context = source.choice(
                    [{}, {"aws:SourceIp": source.choice(ADDRESSES), "aws:SecureTransport": "true"}]
                )
            for asked in candidate.asked:
                question = batch.question(asked.principal, action, resource, context)
                try:
                    answer = decide_one(asked.question(question, granted=True), batch.world)
                except RequestError:
                    continue
                if answer.verdict is Verdict.ALLOWED:
                    owner = owner_of(model, resource)
                    found.append(Allowed(candidate, asked, action, resource, owner, context))
    return found


def who_of(one: Allowed, model: World, source: Any) -> list[object]:
    """What a claim may say of its callers so that it is about this one."""
    kind, account = one.candidate.kind, one.candidate.account
    found: list[object] = ["everybody"]
    name = KINDS.get(kind)
    if name is not None:
        other = source.choice([some for some in ("user", "role", "root") if some != name])
        found += [name, [other, name], {"except": [other]}]
    if one.candidate.entity is not None:
        principal = one.candidate.principal
        found += [principal, f"{principal[:-2]}*", {"account": account}]
    outside = kind is CandidateKind.ANONYMOUS or (
        kind in {CandidateKind.EXTERNAL, CandidateKind.EXTERNAL_ACCOUNT}
        and account is not None
        and account not in model.accounts
        and not model.in_organization(account)
        and not one.asked.context
    )
    if outside or (one.candidate.entity is not None and account != one.owner):
        found.append({"outside": "account"})
    if outside and model.organization is not None and model.organization.id is not None:
        found.append({"outside": "organization"})
    return found


def claim_about(one: Allowed, model: World, source: Any) -> Data:
    """A claim that a request breaks, and others with it: of more callers, actions, resources."""
    service, _, name = one.action.partition(":")
    beside = f"{one.resource.rpartition(':')[0]}:*"
    never: Data = {
        "principal": source.choice(who_of(one, model, source)),
        "action": source.choice([one.action, f"{service}:{name[:3]}*", f"{service}:*", "*"]),
        "resource": source.choice([one.resource, beside, "*"]),
    }
    if never["principal"] == "everybody":
        del never["principal"]
    claim: Data = {"name": str(one), "never": never, "services": True}
    if one.context:
        address = one.context["aws:SourceIp"]
        inside = ip_address(address) in ip_network(OFFICE)
        operator = "IpAddress" if inside else "NotIpAddress"
        other = "NotIpAddress" if inside else "IpAddress"
        if source.choice([True, False]):
            never["condition"] = {operator: {"aws:SourceIp": OFFICE}}
        if source.choice([True, False]):
            claim["unless"] = [
                {other: {"aws:SourceIp": OFFICE}},
                {"Bool": {"aws:SecureTransport": "false"}},
            ]
    assert fnmatchcase(one.resource, never["resource"])
    return claim


def sweep(data: Data, source: Any) -> None:
    """No claim that an allowed request breaks is proved."""
    world = CompiledWorld(load_world_data(data))
    found = allowed_requests(Batch(world, partial=True), source)
    prover = Prover(world)
    by_kind = [[entry for entry in found if entry.candidate.kind is kind] for kind in CandidateKind]
    for _ in range(CLAIMS if found else 0):
        one = source.choice(source.choice([some for some in by_kind if some]))
        claim = claim_about(one, world.model, source)
        result = prover.prove(parse_claim(claim))
        assert result.result != "PASS", (one, claim)


@given(EDITS, st.randoms(use_true_random=False))
@costly
def test_a_claim_that_passes_has_no_counterexample(worlds: tuple[Data, Data], source: Any) -> None:
    """Of what the engine allows in the sweep, every claim that is about it is broken."""
    sweep(worlds[0], source)


@given(rare_cases(), st.randoms(use_true_random=False))
@costly
def test_nor_where_worlds_are_rare(case: tuple[Data, Data], source: Any) -> None:
    """Access points, endpoints, tokens, grants and other things that worlds rarely have."""
    sweep(case[0], source)


@given(EDITS, st.randoms(use_true_random=False))
def test_a_change_that_opens_something_is_not_proved(
    worlds: tuple[Data, Data], source: Any
) -> None:
    """What is allowed in the world after, and not before, breaks the claim that nothing opens."""
    before, after = (CompiledWorld(load_world_data(data)) for data in worlds)
    batch = Batch(before, partial=True)
    opened = []
    for request in allowed_requests(Batch(after, partial=True), source):
        if (
            request.candidate.entity is None
            or before.model.find_principal(request.asked.principal) is None
        ):
            continue
        question = batch.question(
            request.asked.principal, request.action, request.resource, request.context
        )
        if not decide_one(question, before).possible:
            opened.append(request)
    if opened:
        request = source.choice(opened)
        about = source.choice([True, {"action": request.action, "resource": request.resource}])
        result = Prover(after, before).prove(parse_claim({"name": "x", "no_new_access": about}))
        assert result.result != "PASS", request
