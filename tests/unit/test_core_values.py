"""ARNs, answers, quotes and call verdicts: the small values of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.arn import (
    Arn,
    find_arn,
    is_account_id,
    is_managed_policy,
    is_owned_by_aws,
    parse_arn,
)
from iamsim.core.caret import quote
from iamsim.core.decision import Decision, Layer, StatementReference, Verdict
from iamsim.core.errors import RequestError
from iamsim.core.identity_center import permission_set_of, role_name
from iamsim.core.json_text import locate_json
from iamsim.core.overall import overall_verdict
from iamsim.core.reason import Reason
from iamsim.core.request import CallerKind, GrantKind, Request
from iamsim.core.span import Source
from tests.unit.questions import caller

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation


PART = st.text("ab*-", max_size=4)


@given(st.builds(Arn, PART, PART, PART, PART, st.text("ab:/", max_size=8)))
def test_an_arn_is_its_parts(arn: Arn) -> None:
    """Taking an ARN apart and putting it together gives the same text; colons stay at the end."""
    assert find_arn(arn.text) == arn
    assert parse_arn(arn.text) == arn


@pytest.mark.parametrize("text", ["", "arn", "arn:aws:s3::", "urn:aws:s3:::b", "ARN:aws:s3:::b"])
def test_what_is_no_arn(text: str) -> None:
    """Fewer than six parts, or another beginning, make no ARN; where one is needed, an error."""
    assert find_arn(text) is None
    with pytest.raises(RequestError) as caught:
        parse_arn(text)
    assert caught.value.code == "invalid-arn"


@pytest.mark.parametrize(
    ("text", "managed", "owned"),
    [
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", True, True),
        ("arn:aws-cn:iam::aws:policy/job-function/X", True, True),
        ("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", False, True),
        ("arn:aws:iam::aws:policy/", False, True),
        ("arn:aws:iam::111122223333:policy/ReadOnlyAccess", False, False),
        ("ReadOnlyAccess", False, False),
    ],
)
def test_what_aws_owns_is_known_by_its_arn(text: str, managed: bool, owned: bool) -> None:
    """A managed policy of IAM has the account `aws`, as all that AWS itself owns."""
    assert is_managed_policy(text) is managed
    assert is_owned_by_aws(text) is owned


@given(st.text("aZ09+=,.@_-", min_size=1), st.text("0123456789abcdef", min_size=16, max_size=16))
def test_a_role_of_identity_center_names_its_permission_set(name: str, suffix: str) -> None:
    """What is made of a permission set gives it back; without the suffix nothing is given."""
    assert permission_set_of(role_name(name, suffix)) == name
    assert permission_set_of(role_name(name, suffix[:15])) is None


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("111122223333", True),
        ("000000000000", True),
        ("11112222333", False),
        ("1111222233334", False),
        ("11112222333x", False),
        ("\u0661" * 12, False),
        ("", False),
    ],
)
def test_account_ids_have_twelve_digits(text: str, valid: bool) -> None:
    """An account id is twelve plain digits."""
    assert is_account_id(text) is valid


def test_quotes_are_short_and_printable() -> None:
    """A quoted text stays on its line; it is cut at the width that the caller asks for."""
    assert quote("a\nb\x00") == "`a\\nb\\x00`"
    assert quote("x" * 100) == "`" + "x" * 57 + "...`"
    assert quote("x" * 100, 100) == "`" + "x" * 100 + "`"
    assert quote("x" * 101, 100) == "`" + "x" * 97 + "...`"


def test_an_answer_is_no_truth_value() -> None:
    """`if answer:` is refused, so that nobody takes it for `if answer.allowed:`."""

    def explain() -> Explanation:
        raise AssertionError

    record = RequestRecord("anonymous", "s3:GetObject", "*", {})
    decision = Decision(Verdict.CONDITIONAL, Reason.DEPENDS_ON_UNKNOWN, None)
    answer = Answer(record, decision, None, explain)
    with pytest.raises(TypeError, match=r"answer\.allowed"):
        bool(answer)
    assert not answer.allowed


def test_a_statement_reference_knows_its_place() -> None:
    """A reference finds line and column of its statement when someone asks."""
    source = Source("p.json", '{\n  "Statement": [\n    {}]}', locate_json)
    found = StatementReference(
        Layer.IDENTITY_BASED_POLICY, "p", 0, None, "Allow", source, ("Statement", 0)
    )
    assert found.span.place == "p.json:3:5"


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([], Verdict.ALLOWED),
        ([Verdict.ALLOWED, Verdict.ALLOWED], Verdict.ALLOWED),
        ([Verdict.ALLOWED, Verdict.CONDITIONAL], Verdict.CONDITIONAL),
        ([Verdict.CONDITIONAL, Verdict.IMPLICIT_DENY], Verdict.IMPLICIT_DENY),
        ([Verdict.IMPLICIT_DENY, Verdict.EXPLICIT_DENY], Verdict.EXPLICIT_DENY),
    ],
)
def test_a_call_is_as_good_as_its_worst_pair(verdicts: list[Verdict], overall: Verdict) -> None:
    """The verdict over several pairs is the worst of theirs."""
    assert overall_verdict(verdicts) is overall


def test_any_grant_is_every_kind() -> None:
    """The joined value of all kinds has the bit of each, and no more."""
    joined = 0
    for kind in GrantKind:
        joined |= kind
    assert GrantKind.any() == joined


def test_who_has_an_identity() -> None:
    """Identity-based policies are for users, roles, root and federated users, and nobody else."""
    without = {kind for kind in CallerKind if not kind.has_identity}
    assert without == {
        CallerKind.SERVICE,
        CallerKind.IDENTITY_PROVIDER,
        CallerKind.ORIGIN_ACCESS_IDENTITY,
        CallerKind.ANONYMOUS,
    }
    assert {kind for kind in CallerKind if kind.is_root} == {
        CallerKind.ROOT_USER,
        CallerKind.ASSUMED_ROOT,
    }


def test_which_keys_are_unknown() -> None:
    """Named keys are unknown; in a partial request all others too, but those given or absent."""
    request = Request(caller(), "s3:getobject", "*", {"a": "1"}, frozenset({"u"}))
    assert [request.is_unknown(key) for key in "aubx"] == [False, True, False, False]
    request.partial = True
    request.absent = frozenset("b")
    assert [request.is_unknown(key) for key in "aubx"] == [False, True, False, True]


def test_a_decision_is_written_in_one_line():
    """Whatever the policy is called."""
    place = StatementReference(
        Layer.IDENTITY_BASED_POLICY, "my\npolicy", 0, None, "Allow", Source("p", ""), ()
    )
    allowed = Decision(Verdict.ALLOWED, Reason.ALLOWED, Layer.IDENTITY_BASED_POLICY, (place,))
    text = repr(allowed)
    assert text.startswith("<Decision allowed by identity-based-policy (allowed): ")
    assert "statement 1 of `my" in text
    assert "\n" not in text
    assert repr(Decision(Verdict.IMPLICIT_DENY, Reason.NO_WAY_IN, None)) == (
        "<Decision implicitDeny (no-way-in)>"
    )
