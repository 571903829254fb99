"""Somebody with the policies of one group besides, with all that the boundary leaves, or with tags
of their own choice.

Who can join a group that makes nobody an administrator, can change policies behind a boundary, or
can tag oneself, has more than before: a node of its own, whose ways are decided in a world in which
that has been done. One such change is followed, not a second one after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.unknown import Unknown
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch, Candidate
from iamsim.query.escalation.denials import Held, Replaced
from iamsim.query.escalation.gains import Gains
from iamsim.query.escalation.home import Home, make_home
from iamsim.query.escalation.model import Edge, Taken, administrator_of, member_node
from iamsim.world.model import Account, ManagedPolicyReference, Role, User

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.escalation.growth import Growth

EVERYTHING = "AdministratorAccess"
INSTEAD = " instead of "
OWN_TAGS = "own tags"  # whatever somebody who may tag oneself chooses
MOST_GROUPS = 50  # groups of one account behind which ways are looked for


class Joined(NamedTuple):
    """A way by which a principal gets what `besides` names: the ARN of a group, `OWN_TAGS`, or
    `EVERYTHING`, which may stand in place of something (see `everything_for`)."""

    besides: str
    principal: str
    way: Way
    taken: tuple[Taken, ...]


def everything_for(taken: Sequence[Taken], gains: Gains, candidate: Candidate) -> str:
    """The name for everything that somebody gets by these steps: with what they write over, where
    that denied something."""
    entity = candidate.entity
    for step_taken in taken:
        # What a group has stays in its place: others have it as well.
        own = () if entity is None or not step_taken.step.replaces else entity.policies
        if step_taken.step.about_self and gains.denied_by(
            candidate, Replaced.by((step_taken,)), own
        ):
            return f"{EVERYTHING}{INSTEAD}{step_taken.resource}"
    return EVERYTHING


def homes_beside(
    home: Home,
    joined: Sequence[Joined],
    growth: Growth,
    ways: Sequence[Way],
    region: str,
    not_followed: list[str],
) -> Iterator[Home]:
    """The account again for every group (or for all policies), with those who got it.

    The edges to their nodes are put into `growth`; whoever becomes an administrator anyway is
    left out. Groups that bear on no way are left out; those beyond `MOST_GROUPS` are
    named in `not_followed`.
    """
    certain = _certain(home, growth)
    by_besides: dict[tuple[str, str], list[Joined]] = {}
    for other_joined in joined:
        if other_joined.principal not in certain:
            # Tags are seen by what others do as well, so nobody else has new ones at the same time.
            alone = other_joined.principal if other_joined.besides == OWN_TAGS else ""
            by_besides.setdefault((other_joined.besides, alone), []).append(other_joined)
    universe = home.batch.universe
    asked = universe.mask_of(step.action for way in ways for step in way.steps)
    groups = {group.arn: group for group in home.account.groups.values()}
    followed = 0
    for (besides, alone), some in sorted(by_besides.items()):
        group = groups.get(besides)
        added = universe.everything if group is None else home.gains.about(group.policies)
        if not added & asked:
            continue
        if followed >= MOST_GROUPS:
            not_followed.append(member_node(alone, besides) if alone else besides)
            continue
        followed += 1
        yield home_with(home, besides, [joined.principal for joined in some], region, added)
        for other_joined in some:
            node = member_node(other_joined.principal, besides)
            growth.edge(other_joined.principal, node, Edge(other_joined.way, other_joined.taken))


def _certain(home: Home, growth: Growth) -> set[str]:
    """Those who can change policies for certain until somebody is an administrator: under whatever
    condition that is, it gives more than any group could, and is nearer."""
    node = administrator_of(home.account.id)
    edges = {
        candidate.principal: growth.edges.get((candidate.principal, node))
        for candidate in home.candidates
    }
    return {
        principal
        for principal, (_, edge) in ((key, known) for key, known in edges.items() if known)
        if edge is not None
        and edge.way.presumes is None
        and all(taken.answer.verdict is Verdict.ALLOWED for taken in edge.taken)
    }


def home_with(home: Home, besides: str, principals: Sequence[str], region: str, added: int) -> Home:
    """The account as it is once these have got it."""
    wanted = set(principals)
    account = home.account
    changed: list[Candidate] = []
    users, roles = dict(account.users), dict(account.roles)
    for candidate in home.candidates:
        entity = candidate.entity
        if candidate.principal not in wanted or entity is None:
            continue
        given = _with(entity, besides, account)
        changed.append(candidate._replace(entity=given))
        if isinstance(given, User):
            users[given.name] = given
        else:
            roles[given.name] = given
    after = replace(account, users=users, roles=roles)
    batch = batch_after(home.batch, after)
    gains = Gains(batch, region, home.gains.candidates)
    made = make_home(batch, after, changed, gains, region, besides=besides, added=added)
    made.before = account
    return made


def batch_after(batch: Batch, account: Account) -> Batch:
    """What is asked in a world in which one account has other users or roles. All else is shared:
    the look-up tables of resources, and the policies, which are compiled once."""
    model = batch.world.model
    accounts = {**model.accounts, account.id: account}
    _ = model.index
    world = CompiledWorld(replace(model, accounts=accounts))
    world.policies = batch.world.policies
    return Batch(world, partial=batch.partial, now=batch.now)


def _with(entity: User | Role, besides: str, account: Account) -> User | Role:
    """A user in a group more, or somebody with tags that may be anything, or with a policy that
    allows everything."""
    if besides == OWN_TAGS:
        return replace(entity, tags={}, unknown={**entity.unknown, "tags": Unknown(OWN_TAGS)})
    if besides.startswith(EVERYTHING):
        arn = f"arn:{account.partition}:iam::aws:policy/{EVERYTHING}"
        gone = Replaced(frozenset({besides.partition(INSTEAD)[2]}))
        left = [policy for policy in entity.policies if not gone.covers(Held(policy, entity))]
        return replace(entity, policies=(*left, ManagedPolicyReference(arn)))
    if isinstance(entity, User):
        return replace(entity, groups=(*entity.groups, besides.rpartition("/")[2]))
    return entity
