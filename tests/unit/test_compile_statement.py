"""Principals and statements, one rule at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iamsim.compile.action import compile_action
from iamsim.compile.policy import compile_policy
from iamsim.compile.principal import entry_name
from iamsim.compile.statement import REMEMBERED
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.explanation import Element
from iamsim.core.reason import Note, Reason
from iamsim.core.request import GrantKind
from iamsim.core.span import Source
from iamsim.core.wildcard import match_tokens
from iamsim.syntax.ast import Value
from iamsim.syntax.read import parse_policy
from tests.unit.questions import (
    OBJECT,
    ROLE,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    allow,
    caller,
    compiled,
    deny,
    policy,
    request_of,
)

NOWHERE = Source("nowhere", "")


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("*", "*", "*"),
        ("AWS", "*", "*"),
        ("Service", "*", "service:*"),
        ("AWS", A, f"account:{A}"),
        ("AWS", ROOT, f"account:{A}"),
        ("AWS", USER, f"aws:{USER}"),
        ("AWS", " " + USER, f"aws: {USER}"),
        ("AWS", "1111", "aws:1111"),
        ("AWS", "arn:aws:sts::111111111111:root", "aws:arn:aws:sts::111111111111:root"),
        ("Federated", "accounts.google.com", "federated:accounts.google.com"),
    ],
)
def test_one_principal_has_one_name(kind: str, text: str, name: str) -> None:
    """An account id and its root's ARN are one; nothing else is trimmed or taken for another."""
    assert entry_name(kind, text) == name


GRANTS: list[tuple[Any, str, int]] = [
    ("*", USER, GrantKind.WILDCARD),
    ({"AWS": "*"}, "anonymous", GrantKind.WILDCARD),
    ({"AWS": A}, USER, GrantKind.ACCOUNT),
    ({"AWS": ROOT}, SESSION, GrantKind.ACCOUNT),
    ({"AWS": B}, USER, 0),
    ({"AWS": USER}, USER, GrantKind.USER),
    ({"AWS": ROLE}, SESSION, GrantKind.ROLE),
    ({"AWS": SESSION}, SESSION, GrantKind.SESSION),
    ({"AWS": SESSION}, ROLE, 0),
    ({"AWS": [ROLE, A]}, SESSION, GrantKind.ROLE | GrantKind.ACCOUNT),
    ({"Service": "sns.amazonaws.com"}, "sns.amazonaws.com", GrantKind.SERVICE),
    ({"AWS": "sns.amazonaws.com"}, "sns.amazonaws.com", 0),
]


@pytest.mark.parametrize(("principal", "principal_arn", "kinds"), GRANTS)
def test_what_a_principal_entry_grants(principal: Any, principal_arn: str, kinds: int) -> None:
    """An entry is a grant of one kind to a caller whom it names, and none to others."""
    statement = compiled(allow(Principal=principal), resource=True)
    assert statement.grants(caller(principal_arn)) == kinds
    assert statement.matches(request_of(principal=principal_arn)) is bool(kinds)
    for pattern in statement.principals.patterns:
        request = request_of(principal=principal_arn)
        assert pattern.matches(request) is pattern.explain(request).matched


def test_without_a_principal_element_everything_is_granted() -> None:
    """An identity-based statement is about whoever has the policy."""
    statement = compiled(allow())
    assert statement.grants(caller()) == GrantKind.any()
    assert statement.concerns(caller("anonymous"))


@pytest.mark.parametrize(
    ("listed", "principal", "spared"),
    [
        ([USER, A], USER, True),
        ([USER], USER, False),
        ([A], USER, False),
        ([ROLE, A], SESSION, True),
        ([SESSION, A], SESSION, False),
        ([A], ROOT, True),
        (["*"], "anonymous", True),
        ([A], "anonymous", False),
    ],
)
def test_whom_notprincipal_spares(listed: list[str], principal: str, spared: bool) -> None:
    """A caller is spared when its account and its user or role are listed, or everybody is."""
    statement = compiled(deny(NotPrincipal={"AWS": listed}), resource=True)
    assert statement.principals.spares(caller(principal)) is spared
    assert statement.matches(request_of(principal=principal)) is not spared


@pytest.mark.parametrize(
    ("listed", "principal", "kinds"),
    [
        ([USER], USER, 0),
        ([A], USER, 0),
        ([USER], ROLE, GrantKind.WILDCARD.value),
        ([A], "anonymous", GrantKind.WILDCARD.value),
        (["*"], "anonymous", 0),
    ],
)
def test_whom_an_allow_with_notprincipal_lets_in(
    listed: list[str], principal: str, kinds: int
) -> None:
    """Everyone whom no entry names, as a grant to everyone does; a boundary changes nothing."""
    statement = compiled(allow(NotPrincipal={"AWS": listed}), resource=True)
    for who in (caller(principal), replace(caller(principal), has_boundary=True)):
        assert statement.grants(who) == kinds
        assert statement.concerns(who) is bool(kinds)


@pytest.mark.parametrize(
    "element",
    [
        {"Action": []},
        {"NotAction": []},
        {"Resource": []},
        {"NotResource": []},
        {"Principal": {}},
        {"Principal": {"AWS": []}},
        {"NotPrincipal": {"AWS": []}},
    ],
)
def test_an_element_that_lists_nothing_takes_the_effect_away(element: Any) -> None:
    """Also of a Deny, and whether the element is negated or not."""
    whom = {} if element.keys() & {"Principal", "NotPrincipal"} else {"Principal": "*"}
    statement = compiled(deny(**whom, **element), resource=True)
    request = request_of(principal="anonymous")
    assert not statement.matches(request)
    assert statement.residual(request) is False
    explained = statement.explain(request)
    assert not explained.matched
    assert [clause.reason for clause in explained.clauses if not clause.pattern] == [
        Reason.EMPTY_ELEMENT
    ]


API = "arn:aws:execute-api:eu-west-1:111122223333:api1"


@pytest.mark.parametrize(
    ("text", "resource", "fits"),
    [
        ("execute-api:/prod/*", f"{API}/prod/GET/pets", True),
        ("execute-api:/prod/*", f"{API}/test/GET/pets", False),
        ("execute-api:/prod/*", f"{API}/x/prod/GET/pets", False),
        ("execute-api:/*", API, False),
        ("execute-api:/*", OBJECT, False),
        ("execute-api:/${aws:username}/*", f"{API}/maya/GET/pets", True),
        ("execute-api:/${aws:username}/*", f"{API}/lee/GET/pets", False),
    ],
)
def test_the_short_form_of_an_api(text: str, resource: str, fits: bool) -> None:
    """In a policy that is attached, it stands behind the ARN of the API."""
    statement = compiled(allow(Principal="*", Resource=text), resource=True)
    (pattern,) = statement.resources.patterns
    context = {"aws:username": "maya"}
    request = replace(request_of(context=context), resource=resource)
    assert pattern.matches(request) is fits
    assert pattern.explain(request).matched is fits
    resolved = pattern.resolved(context)
    assert resolved is not None
    assert match_tokens(resolved, resource) or not fits
    assert len(pattern.parts or ()) >= len(resolved)
    assert (pattern.resolved({}) is None) is ("${" in text)
    assert pattern.notes == ()


@pytest.mark.parametrize("pattern", [" s3:*", "s3 :*", "\uff53\uff13:*", "s3:Get Object"])
def test_an_action_that_no_policy_stores_is_refused(pattern: str) -> None:
    """A Deny of it would look like protection."""
    with pytest.raises(PolicyError) as caught:
        compiled(deny(Action=pattern))
    assert caught.value.code == "invalid-action-pattern"


def test_notprincipal_spares_nobody_with_a_boundary() -> None:
    """A permissions boundary makes a Deny with NotPrincipal hit, whoever is listed."""
    statement = compiled(deny(NotPrincipal={"AWS": [USER, A]}), resource=True)
    assert statement.concerns(caller(has_boundary=True))


def test_actions_need_a_service() -> None:
    """An action without a colon can't be compiled, but for stars."""
    with pytest.raises(PolicyError) as caught:
        compile_action(Value("GetObject", ()), Element.ACTION, NOWHERE)
    assert caught.value.code == "action-without-service"
    assert compile_action(Value("**", ()), Element.ACTION, NOWHERE).matches(request_of())
    with pytest.raises(PolicyError):
        compile_action(Value("", ()), Element.ACTION, NOWHERE)


def test_an_empty_principal_is_none() -> None:
    """AWS stores no empty entry: whom it stood for is not known."""
    with pytest.raises(PolicyError) as caught:
        compiled(deny(Principal={"AWS": ["", USER]}), resource=True)
    assert caught.value.code == "invalid-principal"


@pytest.mark.parametrize(
    ("pattern", "service"), [("S3:Get*", "s3"), ("s*:Get", None), ("s?:x", None), ("*", None)]
)
def test_the_service_of_an_action_pattern(pattern: str, service: str | None) -> None:
    """The service prefix is known unless it has a wildcard."""
    assert compile_action(Value(pattern, ()), Element.ACTION, NOWHERE).service == service


def test_explained_actions_are_not_remembered_without_end() -> None:
    """Clauses of actions are kept for a few actions only, and are right all the same."""
    statement = compiled(allow(Action="s3:Get*"))
    for number in range(REMEMBERED * 3):
        request = request_of(f"s3:{'Get' if number % 2 else 'Put'}{number}")
        assert statement.explain(request).matched is bool(number % 2)
        assert statement.actions.matches(request) is bool(number % 2)
    assert len(statement.actions._explained) <= REMEMBERED


@pytest.mark.parametrize(
    ("policy_type", "matches"), [(PolicyType.IDENTITY, True), (PolicyType.SESSION, False)]
)
def test_short_arns_are_filled_up_but_in_session_policies(
    policy_type: PolicyType, matches: bool
) -> None:
    """An ARN of fewer than six parts covers all that begins so; AWS takes none in a session."""
    for short in ("arn:aws:s3", "arn:aws:s3::"):
        parsed = parse_policy(policy(allow(Resource=short)))
        (statement,) = compile_policy(parsed, policy_type).statements
        assert statement.matches(request_of()) is matches


def test_a_variable_in_the_first_parts_of_an_arn_matches_nothing() -> None:
    """AWS takes no variable before the fifth colon, not even one with the right default."""
    assert compiled(allow(Resource="arn:aws:s3:::${x, 'reports'}/*")).matches(request_of())
    assert not compiled(allow(Resource="arn:aws:${x, 's3'}:::reports/*")).matches(request_of())


def test_wildcards_of_what_is_no_arn_run_over_colons() -> None:
    """A Resource entry that does not begin as an ARN is held against the whole text."""
    assert compiled(allow(Resource="*/2026.csv")).matches(request_of())


def test_grants_of_several_resources() -> None:
    """A statement of several entries, some with variables, matches by any of them."""
    statement = compiled(allow(Resource=["arn:aws:s3:::x", "arn:aws:s3:::reports/${aws:username}"]))
    named = {"aws:username": "2026.csv"}
    assert statement.matches(request_of(context=named))
    assert not statement.matches(request_of())
    rest = statement.test_of_resource_and_conditions()
    assert rest(request_of(context=named))
    assert not rest(request_of())


def test_failed_elements_are_named() -> None:
    """An explanation tells which elements keep a statement from matching."""
    statement = compiled(
        allow(
            Principal={"AWS": B},
            Action="s3:PutObject",
            Resource="arn:aws:s3:::other",
            Condition={"StringEquals": {"k": "v"}},
        ),
        resource=True,
    )
    failed = statement.explain(request_of()).failed_elements
    assert failed == (Element.PRINCIPAL, Element.ACTION, Element.RESOURCE, Element.CONDITION)


def test_missing_keys_are_told_where_a_statement_is_about_the_request() -> None:
    """Keys that were read and absent are listed; a statement about something else lists none."""
    tests = {"StringEquals": {"k": "v", "aws:username": "maya"}}
    request = request_of(context={"aws:username": "maya"})
    assert compiled(allow(Condition=tests)).explain(request).missing == ("k",)
    assert compiled(allow(Action="ec2:*", Condition=tests)).explain(request).missing == ()


def test_a_variable_without_value_in_a_resource_is_a_missing_key() -> None:
    """Where only the resource fails, and for want of a value, its keys are told as well."""
    statement = compiled(
        allow(Resource="arn:aws:s3:::b/${aws:username}", Condition={"Null": {"k": "true"}})
    )
    assert statement.explain(request_of()).missing == ("k", "aws:username")
    given = request_of(context={"aws:username": "x"})
    assert statement.explain(given).missing == ()


def test_notes_belong_to_what_decides() -> None:
    """Of a statement that one element keeps away, only the notes of that element count."""
    odd = {"stringequals": {"aws:username": "maya"}}
    statement = compiled(
        allow(Principal={"CanonicalUser": "0"}, Resource="*", Condition=odd), resource=True
    )
    assert statement.explain(request_of()).notes == (Note.CANONICAL_USER,)
    far = compiled(
        allow(Principal={"CanonicalUser": "0"}, Resource="arn:aws:s3:::x"), resource=True
    )
    assert far.explain(request_of(resource=OBJECT)).notes == ()
    apart = compiled(allow(NotAction="s?:Get*")).explain(request_of())
    assert not apart.matched
    assert apart.notes == (Note.ACTION_SERVICE_WILDCARD,)


def test_a_canonical_user_id_is_uncertain_where_that_of_the_caller_is_not_known() -> None:
    """Of a caller whose account's id is known, it is known that another id does not name it."""
    statement = compiled(allow(Principal={"CanonicalUser": "0"}), resource=True)
    assert statement.explain(request_of()).notes == (Note.CANONICAL_USER,)
    known = caller()
    known = replace(known, names={**known.names, "canonicaluser:1": GrantKind.ACCOUNT.value})
    assert statement.explain(replace(request_of(), caller=known)).notes == ()


def test_a_residual_is_settled_by_action_and_principal() -> None:
    """What is about another action or another caller does not depend on any key."""
    tests = {"StringEquals": {"k": "v"}}
    request = request_of()
    request.partial = True
    about = compiled(allow(Principal={"AWS": USER}, Condition=tests), resource=True)
    assert not isinstance(about.residual(request), bool)
    action = compiled(allow(Principal="*", Action="ec2:*", Condition=tests), resource=True)
    assert action.residual(request) is False
    principal = compiled(allow(Principal={"AWS": B}, Condition=tests), resource=True)
    assert principal.residual(request) is False
