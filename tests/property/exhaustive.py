"""What proofs and differences say of two generated worlds, against every request of a small
universe.

    python -m tests.property.exhaustive [COUNT] [SEED]

Each pair of worlds has all layers; the universe has callers, actions, resources, contexts and ways
around the request that the worlds are about, with all keys that AWS sends. What a claim, `diff` or
`check ever` rules out, the engine must not decide otherwise for any of these requests.
"""

from __future__ import annotations

import random
import sys
import time
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.catalog.rules import calls_without_policies
from iamsim.core.decision import PolicyType
from iamsim.core.errors import InputError
from iamsim.engine import authorize
from iamsim.engine.question import AttachedPolicies, Question, Session, Via
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.calls import never_carries
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.proofs.witnesses import question_of
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.finding import FindingKind
from iamsim.query.batch import Batch
from iamsim.query.changes import find_changes
from iamsim.questions.check import acts_on
from iamsim.syntax.read import parse_policy
from iamsim.universe.asked import EVERYTHING
from iamsim.world.load import load_world_data
from tests.oracle.layers import Case
from tests.oracle.presence import sent_keys
from tests.property import rarities, vocabulary
from tests.property.batches import is_request
from tests.property.sent import LOOKS
from tests.property.tape import Tape
from tests.property.test_changes_laws import edited
from tests.property.vocabulary import GIVEN, OUTSIDE, PROVIDER, A, B, Focus
from tests.property.worlds import SIGNED, case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.query.changes import Changes

Data = dict[str, Any]
COUNT, SEED = 1_000, 20261203
SIZES = (120, 160, 220, 110, 140)
ROUNDS = 60  # requests of each pair of worlds, chosen at random
STRANGER = "444455556666"
WHOLE = Session(policies=(EVERYTHING,))
# Keys that requests may have and that no caller, resource or way settles.
FREE = ("aws:RequestTag/env", "sts:ExternalId", "s3:prefix", "kms:EncryptionContext:team")
SENT = {"aws:EpochTime": "1780315200", "aws:TokenIssueTime": "2026-06-01T11:00:00Z"}
OF_SERVICES = ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:userid")


class Asked(NamedTuple):
    """A request of the universe, and whether each world allows it."""

    question: Question
    before: bool
    after: bool


class Pair(NamedTuple):
    """Two worlds, as data and compiled, and the request that they were made around."""

    data: tuple[Data, Data]
    worlds: tuple[CompiledWorld, CompiledWorld]
    request: Data


def some_pair(source: random.Random) -> Pair:
    """A world, and the world after its policies or tags were changed around the same request."""
    if source.random() < 0.6:
        data, request = case(*(Tape(source.randbytes(size)) for size in SIZES))
    else:
        data, request = rarities.rare(*(Tape(source.randbytes(size)) for size in rarities.SIZES))
    principal = request["principal"]
    kind = "Service" if principal.endswith(".com") else "AWS"
    names = ["*" if principal == "anonymous" else {kind: principal}]
    home = principal.split(":")[4] if principal.startswith("arn:") else ""
    resource = request.get("resource", "*")
    focus = Focus(principal, home, request["action"], resource, A, names)
    tape = Tape(source.randbytes(120))
    both = [data, edited(tape, data, focus if source.random() < 0.8 else None)]
    source.shuffle(both)
    first, second = (CompiledWorld(load_world_data(deepcopy(entry))) for entry in both)
    return Pair((both[0], both[1]), (first, second), request)


def callers_of(pair: Pair, source: random.Random) -> Iterator[tuple[str, Session, bool]]:
    """Callers: who the worlds are about, others of their accounts, strangers, services, anybody;
    with their sessions, and whether their own accounts have to be taken to allow everything."""
    while True:
        principal = pair.request["principal"]
        session = Session()
        if source.random() < 0.6:
            home = source.choice([A, A, B, OUTSIDE, STRANGER])
            principal = source.choice(
                [
                    principal,
                    f"arn:aws:iam::{home}:user/alice",
                    f"arn:aws:iam::{home}:user/eng/bob",
                    f"arn:aws:sts::{home}:assumed-role/app/s1",
                    f"arn:aws:sts::{home}:assumed-role/ops/s2",
                    f"arn:aws:iam::{home}:root",
                    f"arn:aws:sts::{home}:federated-user/alice",
                    f"arn:aws:iam::{home}:user/zed",
                    "anonymous",
                    source.choice(["events.amazonaws.com", "s3.amazonaws.com"]),
                    PROVIDER,
                ]
            )
        stranger = principal.startswith("arn:") and principal.split(":")[4] not in {
            *pair.data[0]["accounts"]
        }
        if ":assumed-role/" in principal and source.random() < 0.3:
            focus = Focus(action=pair.request["action"], resource=pair.request.get("resource", "*"))
            made = vocabulary.policy(Tape(source.randbytes(60)), focus, "session")
            session = Session(policies=(parse_policy(made, policy_type=PolicyType.SESSION),))
        elif ":federated-user/" in principal:
            session = WHOLE if source.random() < 0.8 else Session()
        yield principal, session, stranger


def actions_of(pair: Pair, source: random.Random) -> tuple[str, str]:
    """An action and a resource: those that the worlds are about, and others beside them."""
    action, resource = pair.request["action"], pair.request.get("resource", "*")
    if source.random() < 0.35:
        return action, resource
    service = action.partition(":")[0]
    own = [entry for entry in SIGNED if entry[0].partition(":")[0] == service]
    action, pattern, _ = source.choice(own if own and source.random() < 0.6 else SIGNED)
    if source.random() < 0.5 and is_request(action, resource):
        first, second = (text.split(":")[2:3] for text in (pattern, resource))
        if first == second:
            pattern = resource
    return action, pattern.replace("ACC", source.choice([A, A, *sorted(pair.data[0]["accounts"])]))


def context_of(action: str, principal: str, via: Data, source: random.Random) -> Data:
    """Some of the keys that such a request may have."""
    found: Data = {}
    for key in FREE:
        values = [value for value in GIVEN[key][1] if isinstance(value, str)]
        if source.random() < 0.4 and not never_carries(action.lower(), key.lower()):
            found[key] = source.choice(values)
    if "aws:RequestTag/env" in found:
        found["aws:TagKeys"] = source.choice([["env"], ["env"]])
    if principal.endswith(".amazonaws.com") and source.random() < 0.7:
        account = source.choice([A, B])
        found["aws:SourceAccount"] = account
        if source.random() < 0.6:
            found["aws:SourceArn"] = f"arn:aws:sns:eu-west-1:{account}:t:x"
    if source.random() < 0.5 and not via:
        found["aws:SecureTransport"] = source.choice(["true", "false"])
    return found


def way_of(pair: Pair, principal: str, source: random.Random) -> Data:
    """How a request comes: directly, through an endpoint of the world, through a service."""
    chosen = source.random()
    if chosen < 0.2:
        here = [a for data in pair.data for a in data["accounts"].values()]
        known = sorted({name for account in here for name in account.get("vpc_endpoints", {})})
        if known and not principal.endswith(".amazonaws.com"):
            return {"vpc_endpoint": source.choice(known)}
    if chosen > 0.9 and principal.startswith("arn:") and "provider/" not in principal:
        return {"service": "athena.amazonaws.com"}
    return {}


def questions_of(pair: Pair, source: random.Random) -> Iterator[Question]:
    """Requests of the universe, with all keys that AWS sends with them in both worlds."""
    callers = callers_of(pair, source)
    while True:
        principal, session, stranger = next(callers)
        action, resource = actions_of(pair, source)
        if not can_be(principal, action, resource) or (stranger and resource == "*"):
            continue  # what strangers may do with what is theirs, nobody asks
        if action == "sts:AssumeRoot" and "organization" not in pair.data[0]:
            continue  # proofs assume that there is none, other answers that nobody knows it
        via = way_of(pair, principal, source)
        context = context_of(action, principal, via, source)
        request: Data = {
            "principal": principal,
            "action": action,
            "resource": resource,
            "context": context,
            "via": via,
        }
        sent = [sent_with(request, data) for data in pair.data]
        if sent[0] != sent[1]:
            continue  # a key that only one of the worlds settles
        for key, looks in sent[0].items():
            if not looks.endswith("?") or source.random() < 0.6:
                context.setdefault(key, SENT.get(key) or source.choice(LOOKS[looks]))
        context.pop("ec2:Region", None)  # which is aws:RequestedRegion
        if principal.endswith(".amazonaws.com"):  # of which AWS says that they are there, no more
            context |= {key: "a-service" for key in OF_SERVICES if key in context}
        if context.get("aws:MultiFactorAuthPresent", "true") == "false":
            context.pop("aws:MultiFactorAuthAge", None)  # which is there where MFA was used
        attached = AttachedPolicies(identity_policies=(EVERYTHING,) if stranger else None)
        yield Question(
            principal,
            action,
            resource,
            {key: tuple(of) if isinstance(of, list) else of for key, of in context.items()},
            session=session,
            via=Via(via.get("vpc_endpoint"), (via["service"],) if "service" in via else ()),
            attached=attached,
        )


def can_be(principal: str, action: str, resource: str) -> bool:
    """Whether there are such requests, and policies control them."""
    federated = "provider/" in principal
    if federated is not action.startswith("sts:AssumeRoleWith"):
        return False
    if action.lower() in calls_without_policies():
        return False
    if "::aws:" in resource:
        return False  # claims are about what the accounts of a world own
    if ":alias/aws/" in resource:
        return False  # a key of AWS's, whose policy nobody else writes
    return is_request(action, resource) and acts_on(action, resource)


def sent_with(request: Data, data: Data) -> dict[str, str]:
    """The keys that AWS sends with a request to a world and that neither settles."""
    made = Case(request, data)
    return {key: looks for key, looks in sent_keys(made).items() if key.lower() not in made.context}


def decided(question: Question, world: CompiledWorld) -> bool | None:
    """Whether a world allows a request; `None` where a key is missing that AWS sends."""
    try:
        prepared = authorize.prepare(question, world)
    except InputError:
        return None
    return None if prepared.is_open else prepared.decide().allowed


def new_access(asked: list[Asked], source: random.Random) -> object:
    """About what a claim says that the change opens nothing: all, or what is asked."""
    if source.random() < 0.2:
        return True
    actions = {entry.question.action for entry in asked}
    return {"action": sorted(actions)}


def asked_of(pair: Pair, source: random.Random, rounds: int) -> list[Asked]:
    """So many requests of the universe, as both worlds decide them."""
    found = []
    questions = questions_of(pair, source)
    for _ in range(rounds):
        question = next(questions)
        before, after = (decided(question, world) for world in pair.worlds)
        if before is not None and after is not None:
            found.append(Asked(question, before, after))
    return found


def check_claims(pair: Pair, asked: list[Asked], source: random.Random) -> str:
    """A change that is proved to open nothing opens none of the requests; a witness is one."""
    before, after = pair.worlds
    about = {"no_new_access": new_access(asked, source), "services": True}
    result = Prover(after, before).prove(parse_claim(about))
    opened = [entry.question for entry in asked if entry.after and not entry.before]
    if result.result == "PASS":
        assert not opened, opened[0]
    if result.witness is not None:
        question = question_of(result.witness)
        assert decided(question, after) is not False
        assert decided(question, before) is not True
    return f"opens nothing {result.result}"


def check_ever(pair: Pair, asked: list[Asked], source: random.Random) -> str:
    """Who is never allowed something is allowed none of the requests."""
    question = source.choice(asked).question
    prover = Prover(pair.worlds[1])
    never = {"action": question.action, "resource": source.choice(["*", question.resource])}
    ever = prover.ever(parse_claim({"never": never, "services": True}))
    for witness in ever.witnesses:
        assert decided(question_of(witness), pair.worlds[1]) is not False, witness
    if not ever.witnesses and not ever.unknown:
        for entry in asked:
            meant = fnmatchcase(entry.question.resource, never["resource"])
            assert not (entry.after and entry.question.action == question.action and meant), entry
    return f"ever {'yes' if ever.witnesses else 'unknown' if ever.unknown else 'never'}"


def check_findings(pair: Pair, asked: list[Asked]) -> str:
    """Whoever of another account, or of none, may do something is in a finding of that resource."""
    world = pair.worlds[1]
    external = find_external(Batch(world, partial=True), "account")
    found = [entry for entry in external.findings if entry.kind is FindingKind.EXTERNAL]
    for entry in asked:
        question = entry.question
        listed = world.model.find_resource(question.resource)
        principal = question.principal
        if listed is None or ":accesspoint/" in listed.arn or not entry.after:
            continue
        if question.action == "sts:AssumeRoot":
            continue  # no policy of a resource lets an administrator of the organization in
        is_outside = principal == "anonymous" or (
            principal.startswith("arn:aws:iam::") and principal.split(":")[4] != listed.account
        )
        if is_outside and not external.unsearched:
            assert any(
                finding.resource == listed.arn and question.action in finding.actions
                for finding in found
            ), entry
    return f"findings {'some' if found else 'none'}"


def named(principal: str) -> str:
    """What stands in the ARN by which differences name a listed caller: of a session its role, and
    of the role of a permission set all but the digits that nobody knows."""
    _, _, name = principal.partition(":assumed-role/")
    role = name.partition("/")[0]
    return principal if not name else f"/{role.removesuffix('0123456789abcdef')}"


def check_differences(pair: Pair, asked: list[Asked]) -> str:
    """Where no difference is reported, none of the requests is decided otherwise; a listed caller
    for whom one is has its action in a change of that direction, unless a session policy tells."""
    batches = [Batch(world, partial=True) for world in pair.worlds]
    changes = find_changes(*batches)
    if not changes.complete:
        return "diff incomplete"
    model = pair.worlds[1].model
    for entry in asked:
        if entry.before is entry.after:
            continue
        question = entry.question
        assert changes.has("changed") or changes.silent, entry
        limited = question.session.policies  # what `diff` does not ask, as its page says
        if model.find_principal(question.principal) is not None and not limited:
            assert any(fits(changes, entry)), entry
    return f"diff {'changes' if changes.has('changed') else 'silent'}"


def fits(changes: Changes, entry: Asked) -> Iterator[bool]:
    """Whether a change is about a request that is decided otherwise."""
    part, action = named(entry.question.principal), entry.question.action.lower()
    account = entry.question.principal.split(":")[4]
    wrong = "closes" if entry.after else "opens"
    for change in (*changes.found, *changes.future):
        yield (
            change.candidate.account == account
            and part in change.candidate.principal
            and action in map(str.lower, change.actions)
            and change.direction.value != wrong
        )


def try_pair(source: random.Random, rounds: int = ROUNDS) -> list[str]:
    """Make a pair of worlds and hold everything that is said of it against its universe; gives
    what was said."""
    pair = some_pair(source)
    asked = asked_of(pair, source, rounds)
    if not asked:
        return ["nothing to ask"]
    said = [check_claims(pair, asked, source), check_ever(pair, asked, source)]
    said += [check_findings(pair, asked), check_differences(pair, asked)]
    if any(entry.before is not entry.after for entry in asked):
        said.append("requests differ")
    return said


def main() -> int:
    """Try so many pairs of worlds; 1 if something is said of one that does not hold."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    begin, wrong = time.perf_counter(), 0
    said: dict[str, int] = {}
    for number in range(count):
        try:
            found = try_pair(random.Random(f"{seed}-{number}"))  # noqa: S311 - a sample, no secret
        except AssertionError as error:
            wrong += 1
            print(f"pair {seed}-{number}: {str(error)[:500]}", flush=True)
            continue
        for entry in found:
            said[entry] = said.get(entry, 0) + 1
    seconds = time.perf_counter() - begin
    print(f"{count:,} pairs, {wrong} wrong, {seconds:.0f} s: {dict(sorted(said.items()))}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
