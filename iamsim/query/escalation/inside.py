"""The ways inside one account, but for assuming roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.identity_center import ROLE_PATH
from iamsim.query.escalation.administrators import is_administrator_with
from iamsim.query.escalation.beside import EVERYTHING, OWN_TAGS, Joined, everything_for
from iamsim.query.escalation.denials import Replaced
from iamsim.query.escalation.gains import Gain, parsed_policies
from iamsim.query.escalation.home import PROVIDERS, Home, Trusting
from iamsim.query.escalation.model import Blocked, Taken, administrator_of
from iamsim.query.escalation.steps import is_lacking
from iamsim.query.escalation.targets import Entity, customer_managed
from iamsim.world.model import Account, Group, Role, User

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Step, Way
    from iamsim.query.batch import BatchAnswer, Candidate
    from iamsim.query.escalation.growth import Growth


class Inside:
    """One search in one account. `joined` are those who can get the policies of a group, any
    policy, or tags of their own choice, and are no administrators with it."""

    def __init__(
        self,
        home: Home,
        growth: Growth,
        administrators: Mapping[str, BatchAnswer],
        trusting: Trusting,
        region: str,
    ) -> None:
        """Take who asks, and where to put what is found."""
        self.home = home
        self.growth = growth
        self.joined: list[Joined] = []
        self._administrators = administrators
        self._trusting = trusting
        self._region = region
        self._candidates = {candidate.principal: candidate for candidate in home.candidates}

    def run(self, ways: Sequence[Way]) -> None:
        """Try ways; who is an administrator needs none."""
        for way in ways:
            able = [
                candidate
                for candidate in self.home.able(way)
                if candidate.principal not in self._administrators
            ]
            if not able:
                continue
            if way.about_self:
                had = {"administrator": EVERYTHING, "tagged": OWN_TAGS}.get(way.reaches)
                if had is None or not (self.home.besides or "").startswith(had):
                    self._own(way, able)
            else:
                self._others(way, able)

    def _own(self, way: Way, able: list[Candidate]) -> None:
        """A way by which one's own permissions grow."""
        home = self.home
        kind = {"user": User, "role": Role}.get(way.target.partition(":")[2])
        some = [
            candidate for candidate in able if kind is None or isinstance(candidate.entity, kind)
        ]
        if any(step.resource == "self" for step in way.steps):
            some = [candidate for candidate in some if not _is_reserved(candidate.entity)]
        if way.reaches == "without-boundary":
            some = [
                candidate
                for candidate in some
                if candidate.entity is not None and candidate.entity.boundary
            ]
        tags = {
            candidate.principal: home.tags_read(candidate)
            for candidate in some
            if way.reaches == "tagged"
        }
        if way.reaches == "tagged" and not self._trusting.by_tags:
            some = [
                candidate
                for candidate in some
                if tags[candidate.principal] or home.looks_at_tags(candidate)
            ]
        for principal, taken in home.taker.take(way, some).items():
            candidate = self._candidates[principal]
            if way.reaches == "tagged":
                asked = is_administrator_with(
                    home.batch, candidate, None, self._region, unknown=tags[principal]
                )
                gained = Gain(asked)
                if not gained.possible:
                    self.joined.append(Joined(OWN_TAGS, principal, way, taken))
            elif way.reaches == "without-boundary":
                own = parsed_policies(home.account, candidate.entity)
                gained = Gain(
                    is_administrator_with(
                        home.batch, candidate, own, self._region, without_boundary=True
                    )
                )
            else:
                gained = home.gains.with_everything(
                    home.taker.statements, candidate, Replaced.by(taken)
                )
                if not gained.possible:
                    besides = everything_for(taken, home.gains, candidate)
                    self.joined.append(Joined(besides, principal, way, taken))
            self._gain(way, principal, taken, gained)

    def _gain(
        self,
        way: Way,
        principal: str,
        taken: tuple[Taken, ...],
        gained: Gain,
        target: str | None = None,
    ) -> None:
        """Become an administrator, or note why not."""
        home = self.home
        if gained.possible:
            node = administrator_of(home.account.id)
            self.growth.edge(home.node(principal), node, gained.edge(way, taken))
        elif way.reaches == "administrator" or not is_lacking(gained.answer.decision):
            # A group or the own policies that give little are no way that something blocks.
            decision = gained.answer.decision
            home.taker.blocked.append(
                Blocked(principal, way, target, 0, None, taken[-1].resource, decision)
            )

    def _others(self, way: Way, able: list[Candidate]) -> None:
        """A way to one of the other principals of the account."""
        home = self.home
        if way.target == "group":
            able = [
                candidate for candidate in able if isinstance(candidate.entity, User)
            ]  # roles can't join one
        changes = any(step.resource == "target" and step.changes for step in way.steps)
        targets = [
            principal
            for principal in sorted(self._pool(way), key=lambda entity: entity.name)
            if not (isinstance(principal, Role) and principal.service_linked)
            # Its tags must not stand for those of others that are like it.
            and not (home.besides == OWN_TAGS and principal.arn in self._candidates)
            and not (changes and _is_reserved(principal))
            and not (way.reaches == "administrator" and principal.arn in self._administrators)
        ]
        if way.reaches == "administrator" and not home.taker.keeps_blocked:
            targets = [
                target
                for target in targets
                if self._gained(target, Replaced.at_most(way, target.arn)).possible
            ]
        if not targets:
            return
        on_target = [step for step in way.steps if step.about_target]
        if not on_target:
            self._to_all(way, able, targets)
            return
        statements = home.taker.statements
        actions = [step.action for step in on_target]
        by_trust = "sts:AssumeRole" in actions or way.trusts in PROVIDERS
        if way.reaches == "target":
            for some in statements.classes(targets, actions, by_trust=by_trust):
                self._hub(way, able, some, some[0])
            return
        named = way.target == "group" or statements.tells_names_apart
        policies = any(step.resource == "target-policies" for step in on_target)

        def besides(target: Entity) -> object:
            """What of a target bears on what its policies would give."""
            if named:
                return target.arn
            own = customer_managed(home.targets, target) if policies else ()
            return tuple(own), home.gains.alike(statements, home.gains.candidates[target.arn])

        for some in statements.classes(targets, actions, by_trust=by_trust, besides=besides):
            for target in some[:2]:  # the second one for whoever is the first
                wanted = [
                    candidate
                    for candidate in able
                    if target is some[0] or candidate.principal == some[0].arn
                ]
                if wanted:
                    takers = home.taker.take(way, wanted, target, len(some) - 1)
                    self._changed(way, takers, target)

    def _to_all(self, way: Way, able: Sequence[Candidate], targets: Sequence[Entity]) -> None:
        """A way whose steps are not done to a target: by what the world lists, or by what is
        presumed."""
        for known, target in workload_ways(way, targets, self.home.account):
            self._hub(known, able, [target])
        self._hub(way, able, targets)

    def _hub(
        self,
        way: Way,
        able: Sequence[Candidate],
        targets: Sequence[Entity],
        asked: Entity | None = None,
    ) -> None:
        """Whoever can reach one of the targets can reach them all."""
        takers = self.home.taker.take(
            way, able, asked, len(targets) - 1 if asked else 0, self._places(way, asked)
        )
        nodes = {self.home.node(principal): taken for principal, taken in takers.items()}
        self.growth.hub(way, nodes, [target.arn for target in targets])

    def _places(self, way: Way, target: Entity | None) -> dict[str, list[str]]:
        """What else of a target steps are done to."""
        if way.trusts not in PROVIDERS or not isinstance(target, Role):
            return {}
        return {"target-providers": self._trusting.providers(way.trusts or "", target)}

    def _pool(self, way: Way) -> Sequence[Entity]:
        """What a way could lead to by its kind, and by whom it trusts."""
        account = self.home.targets
        if way.trusts is not None:
            return self._trusting.roles(way.trusts, account)
        if way.target == "user":
            return list(account.users.values())
        if way.target == "group":
            # Somebody with one group besides is not followed into a second one.
            return list(account.groups.values()) if self.home.besides is None else ()
        return list(account.roles.values())

    def _changed(self, way: Way, takers: dict[str, tuple[Taken, ...]], target: Entity) -> None:
        """What becomes of changed policies of the target, or of its policies for oneself."""
        for principal, taken in takers.items():
            candidate = self._candidates[principal]
            if principal == target.arn:
                continue
            if isinstance(target, Group):
                self._join(way, candidate, taken, target)
                continue
            gained = self._gained(target, Replaced.by(taken))
            self._gain(way, principal, taken, gained, target.arn)

    def _gained(self, target: Entity, replaced: Replaced) -> Gain:
        """Whether a target whose policies allow everything is an administrator."""
        gains = self.home.gains
        candidate = gains.candidates[target.arn]
        return gains.with_everything(self.home.taker.statements, candidate, replaced)

    def _join(self, way: Way, candidate: Candidate, taken: tuple[Taken, ...], group: Group) -> None:
        """What the policies of a group give besides the own ones."""
        home = self.home
        principal = candidate.principal
        if home.gains.enough(home.sources.masks[candidate], group):
            own = parsed_policies(home.account, candidate.entity, group)
            gained = Gain(is_administrator_with(home.batch, candidate, own, self._region))
            self._gain(way, principal, taken, gained, group.arn)
            if gained.possible:
                return
        self.joined.append(Joined(group.arn, principal, way, taken))


def workload_ways(
    way: Way, targets: Sequence[Entity], account: Account
) -> Iterator[tuple[Way, Entity]]:
    """The way to what the world lists of the workloads that it presumes: each with the role that it
    runs with, and steps done to it."""
    if way.presumes is None or way.kind != "workloads":
        return
    by_arn = {target.arn: target for target in targets}
    for resource in account.resources.values():
        target = by_arn.get(resource.role or "")
        if target is None:
            continue
        steps = tuple(
            step._replace(resource=resource.arn) if _is_form_of(step, resource.arn) else step
            for step in way.steps
        )
        if steps != way.steps:
            yield way._replace(presumes=None, steps=steps), target


def _is_reserved(entity: Entity | None) -> bool:
    """Whether Identity Center made a role: IAM lets nobody else change its policies or its trust
    (it answers `UnmodifiableEntity`, which is on no page)."""
    return isinstance(entity, Role) and entity.path.startswith(ROLE_PATH)


def _is_form_of(step: Step, arn: str) -> bool:
    """Whether a step is done to such a resource."""
    form = step.resource.split(":", 5)
    parts = arn.split(":", 5)
    return len(form) == len(parts) == 6 and (  # noqa: PLR2004 - an ARN has six parts
        form[2] == parts[2] and parts[5].startswith(form[5].rstrip("*"))
    )
