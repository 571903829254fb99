"""A statement: principal, action, resource and every condition must match.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.compile.action import ActionPattern, compile_action
from iamsim.compile.condition import ConditionTest, compile_condition, open_test
from iamsim.compile.principal import NotPrincipalTest, PrincipalTest, compile_principals
from iamsim.compile.residual import Term, all_of, any_of, negate
from iamsim.compile.resource import ResourcePattern, compile_resource
from iamsim.core.data_class import dataclass, field
from iamsim.core.explanation import ClauseExplanation, Element, StatementExplanation
from iamsim.core.reason import Note, Reason
from iamsim.core.request import Caller, GrantKind, Request
from iamsim.core.unknown import Unknown, open_key

if TYPE_CHECKING:
    from iamsim.compile.condition import ContextTest
    from iamsim.core.span import Path, Source
    from iamsim.core.wildcard import TextTest
    from iamsim.syntax import ast

    RequestTest = Callable[[Request], bool]


UNSURE_WHEN_EMPTY = frozenset({"NotPrincipal", "NotResource"})  # not among AWS's sentences
REMEMBERED = 128  # for how many actions an element keeps its clauses


@dataclass(frozen=True, slots=True)
class ActionTest:
    """An Action element (some entry matches) or a NotAction element (none does)."""

    patterns: tuple[ActionPattern, ...]
    negated: bool
    element: Element
    _explained: dict[str, tuple[bool, tuple[ClauseExplanation, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def covers(self, action: str) -> bool:
        """Whether the element holds for an action, given in lower case."""
        for pattern in self.patterns:
            if pattern.test(action):
                return not self.negated
        return self.negated

    def matches(self, request: Request) -> bool:
        """Whether the element holds for the request."""
        return self.covers(request.action)

    def explain(self, request: Request) -> tuple[bool, tuple[ClauseExplanation, ...]]:
        """Hold every entry against the request; remembered for a few actions."""
        action = request.action
        known = self._explained.get(action)
        if known is None:
            if len(self._explained) >= REMEMBERED:
                self._explained.clear()
            known = self.covers(action), tuple(p.explain(request) for p in self.patterns)
            self._explained[action] = known
        return known


@dataclass(frozen=True, slots=True)
class ResourceTest:
    """A Resource element (some entry matches) or a NotResource element (none does)."""

    patterns: tuple[ResourcePattern, ...]
    negated: bool
    element: Element
    everything: bool  # every resource is covered, whatever the context

    def matches(self, request: Request) -> bool:
        """Whether the element holds for the request."""
        for pattern in self.patterns:
            if pattern.matches(request):
                return not self.negated
        return self.negated

    def explain(self, request: Request) -> tuple[bool, list[ClauseExplanation]]:
        """Hold every entry against the request."""
        clauses = [pattern.explain(request) for pattern in self.patterns]
        for clause in clauses:
            if clause.matched:
                return not self.negated, clauses
        return self.negated, clauses

    def residual(self, request: Request) -> Term:
        """The element as a term over the unknown keys."""
        term = any_of(pattern.residual(request) for pattern in self.patterns)
        return negate(term) if self.negated else term


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """One statement, ready to be held against requests.

    `principals` is `None` in policy types without a Principal element, `resources` where the
    statement is about the resource that the policy is attached to.
    """

    index: int
    sid: str | None
    effect: str
    principals: PrincipalTest | NotPrincipalTest | None
    actions: ActionTest
    resources: ResourceTest | None
    conditions: tuple[ConditionTest, ...]
    source: Source = field(compare=False)
    path: Path
    denies: bool
    keys: tuple[str, ...]  # all context keys that conditions and policy variables read
    # Elements that list nothing, for explanations.
    empty: tuple[ClauseExplanation, ...] = field(default=(), compare=False)
    unknowns: tuple[Unknown, ...] = ()  # with these, the last condition is their `OpenTest`
    # Only actions and resources, none with a variable or a note: quick to explain.
    is_plain: bool = field(default=False, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find out whether the statement is plain."""
        resources = () if self.resources is None else self.resources.patterns
        plain = (
            self.principals is None
            and not (self.conditions or self.empty or self.unknowns or self.keys)
            and not any(pattern.notes for pattern in self.actions.patterns)
            and all(pattern.test is not None and not pattern.notes for pattern in resources)
        )
        object.__setattr__(self, "is_plain", plain and self.resources is not None)

    def grants(self, caller: Caller) -> int:
        """What kinds of grant the statement is to a caller, if it matches (see `GrantKind`)."""
        if self.principals is None:
            return GrantKind.any()
        return self.principals.grants(caller)

    def matches(self, request: Request) -> bool:
        """Whether the statement is about this request; stops at the first element that is not."""
        return (
            self.actions.matches(request)
            and (self.principals is None or self.principals.matches(request))
            and (self.resources is None or self.resources.matches(request))
            and all(condition.matches(request) for condition in self.conditions)
        )

    def residual(self, request: Request) -> Term:
        """The statement as a term over the unknown keys."""
        if not self.actions.matches(request):
            return False
        if self.principals is not None and not self.principals.matches(request):
            return False
        return self.residual_of_resource_and_conditions(request)

    def residual_of_resource_and_conditions(self, request: Request) -> Term:
        """What is left once action and principal are decided, as a term over the unknown keys."""
        resource: Term = True if self.resources is None else self.resources.residual(request)
        return all_of([resource, *(condition.residual(request) for condition in self.conditions)])

    def concerns(self, caller: Caller) -> bool:
        """Whether the principal element holds for a caller; true where there is none."""
        principals = self.principals
        return principals is None or principals.concerns(caller)

    @property
    def heads(self) -> tuple[str, ...] | None:
        """With one of these begins every resource that the statement can be about; `None` where
        nothing is said of its beginning."""
        if self.resources is None or self.resources.negated:
            return None
        heads = tuple(pattern.head for pattern in self.resources.patterns)
        return heads if all(heads) else None

    def test_of_resource_and_conditions(self, *, supposing: bool = False) -> RequestTest | None:
        """One test of what is left once action and principal are decided; `None` where nothing
        is: the statement then matches. With `supposing`, its unknown part is such that it can."""
        resources = self.resources
        if resources is not None and resources.everything:
            resources = None
        conditions = self.conditions[:-1] if supposing and self.unknowns else self.conditions
        if resources is None and not conditions:
            return None
        return _conjunction(resources, [condition.test for condition in conditions])

    def explain(self, request: Request) -> StatementExplanation:
        """Hold every clause against the request, matching or not."""
        if self.is_plain and self.resources is not None:
            return self._explain_plainly(self.resources, request)
        elements: list[tuple[Element, bool]] = []
        clauses: list[ClauseExplanation] = []
        failed: list[Element] = []
        if self.principals is not None:
            matched, parts = self.principals.explain(request)
            name = self.principals.element
            elements.append((name, matched))
            clauses += parts
            if not matched:
                failed.append(name)
        actions, resources = self.actions, self.resources
        matched, known_parts = actions.explain(request)
        elements.append((actions.element, matched))
        clauses += known_parts
        if not matched:
            failed.append(actions.element)
        if resources is not None:
            matched, parts = resources.explain(request)
            elements.append((resources.element, matched))
            clauses += parts
            if not matched:
                failed.append(resources.element)
        clauses += self.empty
        matches = not failed
        if self.conditions:
            tests = [condition.explain(request) for condition in self.conditions]
            clauses += tests
            matched = all(test.matched for test in tests)
            elements.append((Element.CONDITION, matched))
            matches = matches and matched
        notes, missing = self._open_points(failed, clauses, request)
        return StatementExplanation(
            self.index,
            self.sid,
            self.effect,
            matches,
            tuple(elements),
            tuple(clauses),
            self.source,
            self.path,
            notes,
            missing,
        )

    def _open_points(
        self, failed: list[Element], clauses: list[ClauseExplanation], request: Request
    ) -> tuple[tuple[Note, ...], tuple[str, ...]]:
        """The notes of uncertain rules that decide here, and the keys that the request lacks."""
        notes: tuple[Note, ...] = ()
        missing: tuple[str, ...] = ()
        if not failed:
            notes = _notes_of(clauses)
            if any(_lacks_value(clause) for clause in clauses):
                notes = tuple(dict.fromkeys((*notes, Note.UNRESOLVED_VARIABLE_BESIDE_OTHERS)))
            missing = self.missing(request) if self.keys else ()
        elif {clause.element for clause in self.empty}.issuperset(failed):
            notes = _notes_of(list(self.empty))
        elif len(failed) == 1 and failed[0] is not Element.ACTION:
            # Nothing but this element stands in the way, so its uncertain rules decide. An Action
            # element uses none where no entry matches.
            notes = _notes_of([clause for clause in clauses if clause.element is failed[0]])
            if self.resources is not None and failed[0] is Element.RESOURCE:
                # With a value for a policy variable, the resource might match.
                read = [key for pattern in self.resources.patterns for key in pattern.keys]
                if not all(key in request.context for key in read):
                    missing = self.missing(request)
        return notes, missing

    def _explain_plainly(self, resources: ResourceTest, request: Request) -> StatementExplanation:
        """The same of a plain statement."""
        acts, action_clauses = self.actions.explain(request)
        fits, resource_clauses = resources.explain(request)
        return StatementExplanation(
            self.index,
            self.sid,
            self.effect,
            acts and fits,
            ((self.actions.element, acts), (resources.element, fits)),
            (*action_clauses, *resource_clauses),
            self.source,
            self.path,
        )

    def written_key(self, key: str) -> str | None:
        """How a condition of the statement spells a key; `None` for one of a policy variable."""
        for condition in self.conditions:
            if condition.key == key:
                return condition.written_key
        return None

    def missing(self, request: Request) -> tuple[str, ...]:
        """The keys that the statement reads and the request lacks."""
        return tuple(key for key in self.keys if key not in request.context)


def _lacks_value(clause: ClauseExplanation) -> bool:
    """Whether an entry of Resource holds a variable without a value."""
    return clause.element is Element.RESOURCE and clause.reason is Reason.VARIABLE_UNRESOLVED


def _notes_of(clauses: list[ClauseExplanation]) -> tuple[Note, ...]:
    """The notes of clauses, each once."""
    return tuple(dict.fromkeys([note for clause in clauses for note in clause.notes]))


def _text_test(resources: ResourceTest) -> TextTest | None:
    """The resource element as a test of the resource alone; `None` where it reads the context."""
    tests = [pattern.test for pattern in resources.patterns if pattern.test is not None]
    if len(tests) < len(resources.patterns):
        return None
    wanted = not resources.negated
    if len(tests) == 1:
        only = tests[0]
        return only if wanted else lambda text: not only(text)

    def test(text: str) -> bool:
        for other_test in tests:
            if other_test(text):
                return wanted
        return not wanted

    return test


def _conjunction(resources: ResourceTest | None, conditions: list[ContextTest]) -> RequestTest:
    """All must hold; the shapes that occur most are written out, since each call costs."""
    text_test = None if resources is None else _text_test(resources)
    if resources is not None and text_test is None:
        return _all_hold(resources.matches, conditions)
    if len(conditions) == 1:
        only = conditions[0]
        if text_test is None:
            return lambda request: only(request.context)
        return lambda request: text_test(request.resource) and only(request.context)
    if text_test is None:
        return _all_hold(None, conditions)
    if not conditions:
        return lambda request: text_test(request.resource)
    return _all_hold(lambda request: text_test(request.resource), conditions)


def _all_hold(first: RequestTest | None, conditions: list[ContextTest]) -> RequestTest:
    def test(request: Request) -> bool:
        if first is not None and not first(request):
            return False
        context = request.context
        for condition in conditions:  # noqa: SIM110 - all() costs a generator on the hot path
            if not condition(context):
                return False
        return True

    return test


def compile_statement(
    statement: ast.Statement,
    source: Source,
    *,
    with_variables: bool,
    complete_arns: bool,
    attached: bool = False,
    policy: str = "",
) -> CompiledStatement:
    """Compile one statement; raises `PolicyError` where a part of it has no meaning.

    `policy` is the name of its policy, by which its unknown parts are called.
    """
    actions = statement.actions
    action_element = Element(actions.name)
    resources = None
    if statement.resources is not None:
        resources = _compile_resources(
            statement.resources,
            source,
            with_variables=with_variables,
            complete=complete_arns,
            attached=attached,
        )
    principals = statement.principals
    denies = statement.effect == "Deny"
    conditions = tuple(
        compile_condition(condition, source, with_variables=with_variables, denies=denies)
        for condition in statement.conditions
    )
    keys = [key for condition in conditions for key in condition.keys]
    if resources is not None:
        keys += [key for pattern in resources.patterns for key in pattern.keys]
    unknowns = statement.unknowns
    if unknowns:
        name = open_key(policy, unknowns[0], statement.index, statement.effect)
        conditions = (*conditions, open_test(name, unknowns, source, statement.path))
    return CompiledStatement(
        statement.index,
        statement.sid,
        statement.effect,
        None if principals is None else compile_principals(principals, source, denies=denies),
        ActionTest(
            tuple(compile_action(value, action_element, source) for value in actions.values),
            actions.negated and bool(actions.values),
            action_element,
        ),
        resources,
        conditions,
        source,
        statement.path,
        denies,
        tuple(dict.fromkeys(keys)),
        tuple(_empty_elements(statement, source)),
        unknowns,
    )


def _empty_elements(statement: ast.Statement, source: Source) -> Iterator[ClauseExplanation]:
    """Elements that list nothing: the statement has no effect.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    principals, actions, resources = statement.principals, statement.actions, statement.resources
    listed: list[tuple[str, Path]] = []
    if principals is not None and not principals.entries:
        listed.append((principals.name, principals.path))
    listed += [(e.name, e.path) for e in (actions, resources) if e is not None and not e.values]
    for name, path in listed:
        unsure = name in UNSURE_WHEN_EMPTY
        yield ClauseExplanation(
            Element(name),
            "",
            None,
            False,
            Reason.EMPTY_ELEMENT,
            source,
            path,
            notes=(Note.EMPTY_NEGATED_ELEMENT if unsure else Note.ELEMENT_LISTS_NOTHING,),
        )


def _compile_resources(
    entries: ast.Entries,
    source: Source,
    *,
    with_variables: bool,
    complete: bool,
    attached: bool,
) -> ResourceTest:
    """Compile a Resource or NotResource element."""
    element = Element(entries.name)
    patterns = tuple(
        compile_resource(
            value,
            element,
            source,
            with_variables=with_variables,
            complete=complete,
            attached=attached,
        )
        for value in entries.values
    )
    # What lists no resource is about none, whether it is Resource or NotResource.
    negated = entries.negated and bool(patterns)
    everything = not negated and any(pattern.everything for pattern in patterns)
    return ResourceTest(patterns, negated, element, everything)
