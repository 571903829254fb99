"""Mutants of a world: each is a copy with one small change of one policy, or one guardrail gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.compile.policy import compile_policy
from iamsim.compile.statement import ActionTest, CompiledStatement
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.engine.inventory import policies_in_use
from iamsim.suites.mutation.changes import Change, changes_of
from iamsim.syntax.read import parse_policy
from iamsim.world.builtin import FULL_AWS_ACCESS, find_built_in
from iamsim.world.model import AnyPolicy, Node, PolicyDocument, Role, User, World
from iamsim.world.replacing import replace_node, replace_owner, replace_policy

if TYPE_CHECKING:
    from iamsim.compile.residual import Term
    from iamsim.core.request import Request
    from iamsim.core.span import Path, Source, Span
    from iamsim.engine.authorize import Prepared


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy that is changed, with what it is used for."""

    policy: PolicyDocument
    policy_type: PolicyType

    @property
    def source(self) -> Source:
        """The text that it stands in."""
        return self.policy.source


# Policies in which it matters by which name the caller is meant.
BY_NAME = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPC_ENDPOINT})


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """One changed world.

    `kind` is a stable name, `text` says what is different. `before` and `after` are the statement
    that is changed (`None`: it is not there); both are `None` where a whole policy is detached.
    `all_statements` are those of the policy as it is.
    """

    kind: str
    text: str
    subject: Subject
    path: Path
    before: CompiledStatement | None
    after: CompiledStatement | None
    all_statements: tuple[CompiledStatement, ...] = field(repr=False)
    apply: Callable[[World], World] = field(repr=False)

    @property
    def span(self) -> Span:
        """The place that is changed."""
        return self.subject.source.span(self.path)

    def concerns(self, action: str) -> bool:
        """Whether requests of an action (in lower case) can be decided otherwise.

        The policy of a bucket counts for every action: whether it is public depends on all of it.
        """
        statements = [statement for statement in (self.before, self.after) if statement is not None]
        if not statements or self.subject.policy_type is PolicyType.RESOURCE:
            return True
        return any(statement.actions.covers(action) for statement in statements)

    @property
    def telling_actions(self) -> tuple[ActionTest, ...]:
        """Action elements outside of which the change decides nothing; none for every action.

        Where only entries of an Action element changed, these are the entries that the two forms
        do not share.
        """
        statements = [statement for statement in (self.before, self.after) if statement is not None]
        if not statements or self.subject.policy_type is PolicyType.RESOURCE:
            return ()
        elements = tuple(statement.actions for statement in statements)
        only_actions = self.kind.endswith("-action") and len(elements) > 1
        if not only_actions or any(element.negated for element in elements):
            return elements
        first, second = (
            {pattern.pattern.lower(): pattern for pattern in some.patterns} for some in elements
        )
        rest = [first.get(name) or second[name] for name in sorted(first.keys() ^ second.keys())]
        return (ActionTest(tuple(rest), False, elements[0].element),)

    def turns(self, action: str) -> bool:
        """Whether the change takes in an action (in lower case) or leaves it out."""
        covers = [
            statement is not None and statement.actions.covers(action)
            for statement in (self.before, self.after)
        ]
        return covers[0] is not covers[1]

    def differs(self, prepared: Prepared) -> bool:
        """Whether the change can matter to a request, keys that are not known left open.

        A statement decides by whether it matches, and a resource-based policy also by whom it names
        and whether all of it is public; at a gateway endpoint an account is its root user alone.
        There, every request counts.
        """
        if self.before is None and self.after is None:
            return True
        if self.subject.policy_type in BY_NAME:
            return self.concerns(prepared.request.action)
        return any(
            _weight(self.before, request) != _weight(self.after, request)
            for request in prepared.views()
        )


def _weight(statement: CompiledStatement | None, request: Request) -> tuple[bool, Term]:
    """What a statement does to a request: its effect, and when it matches."""
    if statement is None:
        return True, False
    term = statement.residual(request)
    return statement.denies or term is False, term


def mutants_of(
    model: World, wanted: Callable[[PolicyDocument], bool] | None = None
) -> Iterator[Mutant]:
    """Give the mutants of a world: of each policy in use that is not AWS's own, then those without
    a boundary, a guardrail, or the guardrails of one level.

    `wanted` picks policies. A change that gives no valid policy is no mutant. A document that is
    used in several ways is changed as each of them.
    """
    seen: set[tuple[int, PolicyType]] = set()
    for policy, policy_type in policies_in_use(model):
        own = _own(policy, wanted)
        if own is not None and (id(own.document), policy_type) not in seen:
            seen.add((id(own.document), policy_type))
            yield from _of_policy(Subject(own, policy_type))
    yield from _without_boundaries(model, wanted)
    if model.organization is not None and model.organization.root is not None:
        yield from _without_guardrails(model.organization.root, wanted)


def _of_policy(subject: Subject) -> Iterator[Mutant]:
    document = subject.policy.document
    originals = _compiled(document, subject)
    if originals is None:
        return
    for change in changes_of(document):
        changed = _changed_statement(change, subject)
        if changed is None and change.kind != "drop-statement":
            continue
        new = None
        if change.document is not None:
            policy = subject.policy
            new = PolicyDocument(policy.name, change.document, policy.source, policy.arn)

        def apply(model: World, new: PolicyDocument | None = new) -> World:
            return replace_policy(model, subject.policy, new)

        yield Mutant(
            change.kind,
            change.text,
            subject,
            change.path,
            # Without its only statement the whole policy is gone: a boundary then no longer caps.
            None if new is None else originals[change.statement],
            changed,
            originals,
            apply,
        )


def _changed_statement(change: Change, subject: Subject) -> CompiledStatement | None:
    """The changed statement; `None` where it is gone, or no statement of such a policy."""
    if change.kind == "drop-statement" or change.document is None:
        return None
    raw = change.document["Statement"]
    statement = raw[change.statement] if isinstance(raw, list) else raw
    alone = {**change.document, "Statement": [statement]}
    compiled = _compiled(alone, subject)
    return None if compiled is None else compiled[0]


def _compiled(
    document: Mapping[str, object], subject: Subject
) -> tuple[CompiledStatement, ...] | None:
    try:
        policy = parse_policy(
            document,
            name=subject.policy.name,
            source=subject.source,
            policy_type=subject.policy_type,
        )
        return compile_policy(policy, subject.policy_type).statements
    except PolicyError:
        return None


def _without_boundaries(
    model: World, wanted: Callable[[PolicyDocument], bool] | None
) -> Iterator[Mutant]:
    for account in model.accounts.values():
        principals: tuple[User | Role, ...] = (*account.users.values(), *account.roles.values())
        for principal in principals:
            boundary = _own(principal.boundary, wanted)
            if boundary is None:
                continue

            def apply(world: World, principal: User | Role = principal) -> World:
                return replace_owner(world, principal, replace(principal, boundary=None))

            text = f"{principal.arn} has no permissions boundary"
            subject = Subject(boundary, PolicyType.PERMISSIONS_BOUNDARY)
            told = _compiled(boundary.document, subject) or ()
            yield Mutant("drop-boundary", text, subject, (), None, None, told, apply)


def _without_guardrails(
    node: Node, wanted: Callable[[PolicyDocument], bool] | None
) -> Iterator[Mutant]:
    """The mutants of a node and of those below: without one policy, and without the level."""
    kinds = (
        ("scps", "SCP", PolicyType.SERVICE_CONTROL),
        ("rcps", "RCP", PolicyType.RESOURCE_CONTROL),
    )
    for attribute, name, policy_type in kinds:
        policies: tuple[AnyPolicy, ...] = getattr(node, attribute) or ()
        own = [
            document
            for document in (_own(policy, wanted) for policy in policies)
            if document is not None
        ]
        for policy in own:
            rest = tuple(other_policy for other_policy in policies if other_policy is not policy)
            text = f"the {name} `{policy.name}` is not attached to {node.name}"
            yield _at_node(node, attribute, rest, text, Subject(policy, policy_type))
        if len(own) > 1:
            text = f"{node.name} has no {name} but full access"
            full = (FULL_AWS_ACCESS,) if attribute == "scps" else ()
            subject = Subject(own[0], policy_type)
            yield _at_node(node, attribute, full, text, subject, kind="drop-level")
    for unit in node.units:
        yield from _without_guardrails(unit, wanted)


def _at_node(
    node: Node,
    attribute: str,
    policies: tuple[AnyPolicy, ...],
    text: str,
    subject: Subject,
    *,
    kind: str = "drop-guardrail",
) -> Mutant:
    def apply(world: World) -> World:
        changed = replace(node, **{attribute: policies})  # type: ignore[arg-type]  # one of two
        return replace_node(world, node, changed)

    told = _compiled(subject.policy.document, subject) or ()
    return Mutant(kind, text, subject, (), None, None, told, apply)


def _own(
    policy: AnyPolicy | None, wanted: Callable[[PolicyDocument], bool] | None
) -> PolicyDocument | None:
    """The policy, if it is one of the user's own that is wanted."""
    if not isinstance(policy, PolicyDocument) or find_built_in(policy.name) is policy:
        return None
    return policy if wanted is None or wanted(policy) else None
