"""What depends on an unknown thing in other ways than through one test, taken case by case.

Whose account a resource is in decides which layers must allow; a policy may name one session of a
role; a `NotPrincipal` asks whether the caller has a boundary at all. Of such a thing there are few
cases that differ. Each case is a question of its own, and the answer is all of them together: *in
this case this term must hold*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.compile.principal import NotPrincipalTest
from iamsim.compile.residual import Atom, Term, all_of, any_of, negate
from iamsim.core.data_class import NamedTuple, replace
from iamsim.engine import authorize
from iamsim.engine.formula import GUARDRAILS, Slot
from iamsim.engine.terms import DecisionTerms, decision_terms
from iamsim.symbolic.layers import (
    NOT_APPLICABLE,
    POLICY_IS_PUBLIC,
    RESOURCE_ACCOUNT,
    SESSION_NAME,
    layer_terms,
    there_is_none,
    word_test,
)
from iamsim.symbolic.lists import ACCOUNT_FORM, Shapes, shapes_of, user_id_form
from iamsim.symbolic.remembered import signature
from iamsim.symbolic.unknowns import (
    ACCOUNT_KEY,
    USER_ID_KEY,
    Unknowns,
    can_be_restricted,
    is_set,
    layer_applies,
    session_is_unnamed,
)

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller, Request
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.strings import Form
    from iamsim.world.model import World

Layers = dict[Slot, tuple["Term", "Term"]]


class Case(NamedTuple):
    """One case: when a request is it, the request then, and what is left to settle."""

    condition: Term
    prepared: Prepared
    layers: Layers
    terms: DecisionTerms

    def opened(self, key: str) -> DecisionTerms:
        """The terms where one key more is unknown."""
        request = self.prepared.request
        opened = replace(request, unknown=request.unknown | {key}, absent=request.absent - {key})
        return decision_terms(self.prepared.situation, opened, self.layers)


class Cases(NamedTuple):
    """All cases; exactly one of them is a request's. The last is *none of the others*."""

    found: tuple[Case, ...]
    shapes: Shapes

    @property
    def request(self) -> Request:
        """A request in which everything is open that is not known."""
        return self.found[-1].prepared.request

    def term(self, terms: Sequence[Term]) -> Term:
        """Join one term for each case."""
        if len(self.found) == 1:
            return terms[0]
        return any_of(
            all_of([case.condition, term]) for case, term in zip(self.found, terms, strict=True)
        )

    @property
    def allowed(self) -> Term:
        """When the request is allowed."""
        return self.term([case.terms.allowed for case in self.found])

    @property
    def denied(self) -> Term:
        """When some layer denies the request explicitly."""
        return self.term([case.terms.denied for case in self.found])

    def opened(self, key: str) -> tuple[Term, Term]:
        """When it is allowed and denied explicitly where one key more is unknown."""
        opened = [case.opened(key) for case in self.found]
        return (
            self.term([terms.allowed for terms in opened]),
            self.term([terms.denied for terms in opened]),
        )


def single_case(prepared: Prepared, layers: Layers | None = None) -> Cases:
    """The cases where nothing but keys (and layers) is unknown."""
    situation, request = prepared.situation, prepared.request
    case = Case(True, prepared, layers or {}, decision_terms(situation, request, layers))
    return Cases((case,), shapes_of(situation, request))


def find_cases(unknowns: Unknowns, world: CompiledWorld) -> Cases:
    """Prepare a question in all cases that its unknown things leave, equal ones once."""
    asked = authorize.prepare(unknowns.question, world)
    if not unknowns.things:
        return single_case(asked)
    forms: list[tuple[str, Form]] = []
    accounts: list[tuple[str | None, Question]] = [(None, unknowns.question)]
    if unknowns.resource_account:
        accounts = _by_account(unknowns.question, asked, world, forms)
    prepared = [(account, authorize.prepare(question, world)) for account, question in accounts]
    named: list[tuple[str | None, list[tuple[str | None, Prepared]]]] = [(None, prepared)]
    if unknowns.session_name and session_is_unnamed(asked.situation.caller):
        named = _by_session(unknowns.question, prepared, world, forms)
    bare = _pseudo_keys(unknowns, asked)
    for _, group in named:
        for _, entry in group:
            entry.request.unknown |= bare
    base = named[-1][1][-1][1].request
    userid = USER_ID_KEY.lower() in base.unknown
    cases: list[Case] = []
    names = [name for name, _ in named if name is not None]
    for name, group in named:
        condition = _session_condition(name, names, base, by_user_id=userid)
        for when, split in _by_boundary(unknowns, group, base):
            cases += _by_terms(all_of([condition, when]), split, unknowns, base)
    return Cases(tuple(cases), joined_shapes(cases).with_forms(forms))


def joined_shapes(cases: Sequence[Case]) -> Shapes:
    """What unknown keys may hold in several cases: what is so in all of them."""
    shapes = [shapes_of(case.prepared.situation, case.prepared.request) for case in cases]
    first, rest = shapes[0], shapes[1:]
    return Shapes(
        first.listed.union(*(shapes.listed for shapes in rest)),
        tuple(form for form in first.forms if all(form in shapes.forms for shapes in rest)),
        tuple(sent for sent in first.sent if all(sent in shapes.sent for shapes in rest)),
    )


def _pseudo_keys(unknowns: Unknowns, asked: Prepared) -> frozenset[str]:
    """The unknown things that no context key of the request stands for."""
    question = unknowns.question
    names = {slot.layer.value for slot in unknowns.layers}
    if Slot.RESOURCE in unknowns.layers:
        names.add(POLICY_IS_PUBLIC)
    if unknowns.resource_account and is_set(question, ACCOUNT_KEY):
        names.add(RESOURCE_ACCOUNT)
    if (
        unknowns.session_name
        and session_is_unnamed(asked.situation.caller)
        and is_set(question, USER_ID_KEY)
    ):
        names.add(SESSION_NAME)
    return frozenset(names)


def _by_account(
    question: Question, asked: Prepared, world: CompiledWorld, forms: list[tuple[str, Form]]
) -> list[tuple[str | None, Question]]:
    """The question for each account that could be told from others, and for any other one."""
    known = known_accounts(world.model, asked.situation.caller.account)
    keys = question.unknown
    others = keys
    if not is_set(question, ACCOUNT_KEY):
        forms.append((ACCOUNT_KEY.lower(), ACCOUNT_FORM))
        keys = frozenset(key for key in keys if key.lower() != ACCOUNT_KEY.lower())
        others = keys | {ACCOUNT_KEY}
    else:
        forms.append((RESOURCE_ACCOUNT, ACCOUNT_FORM))
    found: list[tuple[str | None, Question]] = [
        (account, replace(question, resource_account=account, unknown=keys)) for account in known
    ]
    other = replace(question, resource_account=stranger(known), unknown=others)
    return [*found, (None, other)]


def known_accounts(model: World, own: str | None) -> list[str]:
    """The accounts that the world tells from others: the caller's, and those that it lists."""
    accounts = {*model.accounts, *model.index.nodes}
    if model.organization is not None and model.organization.management_account is not None:
        accounts.add(model.organization.management_account)
    if own is not None:
        accounts.add(own)
    return sorted(accounts, key=lambda account: (account != own, account))


def stranger(known: Sequence[str]) -> str:
    """An account that is none of those known."""
    return ACCOUNT_FORM.others(known)[0]


def _by_session(
    question: Question,
    prepared: list[tuple[str | None, Prepared]],
    world: CompiledWorld,
    forms: list[tuple[str, Form]],
) -> list[tuple[str | None, list[tuple[str | None, Prepared]]]]:
    """The prepared questions for each session that some policy names, and for any other one."""
    caller = prepared[0][1].situation.caller
    names = sorted(
        {
            name
            for _, member in prepared
            for statement in _statements(member.situation, member.request)
            for name in named_sessions(statement, caller)
        }
    )
    opened = frozenset({USER_ID_KEY})
    if is_set(question, USER_ID_KEY):
        opened = frozenset()
    else:
        forms.append((USER_ID_KEY.lower(), user_id_form(caller.unique_id)))
    groups: list[tuple[str | None, list[tuple[str | None, Prepared]]]] = []
    for name in (*names, None):
        group = []
        for account, entry in prepared:
            asked = entry.question
            session = replace(asked.session, name=name)
            whole = replace(asked, session=session, unknown=asked.unknown | opened)
            group.append((account, authorize.prepare(whole, world)))
        groups.append((name, group))
    return groups


def named_sessions(statement: CompiledStatement, caller: Caller) -> list[str]:
    """The names of the sessions of the caller's role that a statement names."""
    if statement.principals is None:
        return []
    head = f"aws:arn:{caller.partition}:sts::{caller.account}:assumed-role/{caller.name}/"
    names = statement.principals.names
    return [name.removeprefix(head) for name in names if name.startswith(head)]


def asks_for(statement: CompiledStatement, leaf: ConditionTest, caller: Caller) -> bool:
    """Whether a test of an unknown thing is there because of a statement."""
    words = {template.text.removeprefix("*:") for template in leaf.values.templates}
    if leaf.key == Slot.BOUNDARY.layer.value:
        return words == {NOT_APPLICABLE} and isinstance(statement.principals, NotPrincipalTest)
    return not words.isdisjoint(named_sessions(statement, caller))


def _session_condition(
    name: str | None, names: Sequence[str], request: Request, *, by_user_id: bool
) -> Term:
    """When the session has one name; without a name, when it has none of those that are named."""
    if not names:
        return True

    def test(sequence: Sequence[str]) -> Term:
        if by_user_id:
            # A session's aws:userid ends with its name, which holds no colon.
            ends = tuple(f"*:{text}" for text in sequence)
            return Atom(word_test(USER_ID_KEY, ends, "StringLike"), request)
        return Atom(word_test(SESSION_NAME, tuple(sequence)), request)

    return test([name]) if name is not None else negate(test(names))


def _by_boundary(
    unknowns: Unknowns, group: list[tuple[str | None, Prepared]], base: Request
) -> Iterator[tuple[Term, list[tuple[str | None, Prepared]]]]:
    """Where some statement asks whether the caller has a boundary: without one, and with one."""
    asks = Slot.BOUNDARY in unknowns.layers and any(
        isinstance(statement.principals, NotPrincipalTest)
        for _, entry in group
        if layer_applies(Slot.BOUNDARY, entry.situation, entry.request)
        for statement in _statements(entry.situation, entry.request)
    )
    if not asks:
        yield True, group
        return
    for bounded in (False, True):
        condition = there_is_none(Slot.BOUNDARY, base, wanted=not bounded)
        yield (
            condition,
            [(account, with_boundary(entry, bounded=bounded)) for account, entry in group],
        )


def with_boundary(prepared: Prepared, *, bounded: bool) -> Prepared:
    """The same for a caller with a boundary or without one, whatever the boundary says."""
    caller = replace(prepared.situation.caller, has_boundary=bounded)
    situation = replace(prepared.situation, caller=caller, _reads={}, _arrangements={}, plans={})
    return replace(prepared, situation=situation, request=replace(prepared.request, caller=caller))


def _statements(situation: Situation, request: Request) -> Iterator[CompiledStatement]:
    """The statements about an action, of all layers."""
    for station in situation.arrange(request.action).stations:
        if station.policies is not None:
            for _, statement in station.policies.candidates(request.action):
                yield statement


def _by_terms(
    condition: Term,
    group: list[tuple[str | None, Prepared]],
    unknowns: Unknowns,
    base: Request,
) -> list[Case]:
    """Join the accounts in which the same is left to settle; those like any other need no name."""
    found: dict[object, tuple[list[str], Case]] = {}
    for account, prepared in reversed(group):
        layers = _open_layers(unknowns, prepared)
        terms = decision_terms(prepared.situation, prepared.request, layers)
        key = _key(terms)
        if key not in found:
            found[key] = [], Case(condition, prepared, layers, terms)
        if account is not None:
            found[key][0].append(account)
    (_, last), *rest = found.values()
    if not rest:
        return [last]
    by_key = base.is_unknown(ACCOUNT_KEY.lower())
    name = ACCOUNT_KEY if by_key else RESOURCE_ACCOUNT

    def test(accounts: list[str]) -> Term:
        return Atom(word_test(name, tuple(sorted(accounts))), base)

    cases = [
        case._replace(condition=all_of([condition, test(accounts)]))
        for accounts, case in reversed(rest)
    ]
    named = [account for accounts, _ in rest for account in accounts]
    return [*cases, last._replace(condition=all_of([condition, negate(test(named))]))]


def _key(terms: DecisionTerms) -> object:
    """What makes two cases the same: their terms, also layer by layer; guardrails that are sure to
    allow make no difference."""
    stations = [
        (
            station.station.slot,
            station.station.level,
            station.station.reason,
            signature(station.allows),
            signature(station.denies),
        )
        for station in terms.stations
        if station.station.slot not in GUARDRAILS or is_open(station.allows, station.denies)
    ]
    return signature(terms.allowed), signature(terms.denied), tuple(stations)


def is_open(allows: Term, denies: Term) -> bool:
    """Whether a place may do anything but allow."""
    return allows is not True or denies is not False


def _open_layers(unknowns: Unknowns, prepared: Prepared) -> Layers:
    """The terms that stand in for unknown layers, where they apply to a request."""
    situation, request = prepared.situation, prepared.request
    open_layers = {
        slot: layer_terms(slot, request)
        for slot in unknowns.layers
        if layer_applies(slot, situation, request)
    }
    block = situation.public_access
    open_policy = Slot.RESOURCE in open_layers and block is not None and block.restricts
    if open_policy and Slot.PUBLIC_ACCESS not in open_layers:
        # Only a public policy is restricted, and only for callers from outside.
        public = Atom(word_test(POLICY_IS_PUBLIC, ("true",)), request)
        open_layers[Slot.PUBLIC_ACCESS] = (
            negate(public) if can_be_restricted(situation) else True,
            False,
        )
    return open_layers
