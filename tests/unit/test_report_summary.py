"""The sentence that says what became of a request."""

from __future__ import annotations

import pytest

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import Decider, MissingKey
from iamsim.core.reason import Reason
from iamsim.report.summary import summary
from tests.unit.report_samples import (
    allowed_answer,
    answer,
    denied_answer,
    deny_all,
    layer,
    near_miss_answer,
)

WHAT = "s3:PutObject on arn:aws:s3:::reports/2026.csv"


def test_a_near_miss_is_named_with_place_and_fault():
    """An implicit denial points at the closest statement, its line, and what it lists instead."""
    assert summary(near_miss_answer()) == (
        f"denied: no identity-based policy allows {WHAT}; closest is statement 1 `ReadOnly` in "
        "policies/dev.json:4, whose Action lists only s3:Get* and s3:List*"
    )


def test_a_failed_condition_shows_both_sides():
    """Of a condition the sentence says what the policy wants and what the request has."""
    start = "whose condition fails: aws:SourceVpc StringEquals vpc-1, but the request has "
    assert f"{start}`vpc-2`" in summary(near_miss_answer(action="s3:getobject", vpc="vpc-2"))
    assert f"{start}no aws:SourceVpc" in summary(near_miss_answer(action="s3:getobject", vpc=None))


def test_an_explicit_denial_names_the_statement():
    """An explicit denial names statement, layer, policy, file and line."""
    assert summary(denied_answer()) == (
        "denied: statement 2 of service control policy `Guard` (policies/dev.json:11) denies "
        f"{WHAT} explicitly"
    )


def test_more_deny_statements_are_counted():
    """When several statements deny, the sentence names one and counts the others."""
    deciders = [
        Decider(Layer.SERVICE_CONTROL_POLICY, Reason.STATEMENT_DENIES, "Guard", deny_all())
        for _ in range(3)
    ]
    assert summary(answer(Verdict.EXPLICIT_DENY, *deciders)).endswith(
        "explicitly (2 more deny statements apply as well)"
    )


def test_an_allow_names_its_statement_and_the_layers_beside_it():
    """What is allowed names the granting statement, and which other layers allow."""
    sentence = summary(allowed_answer())
    assert sentence.startswith(
        "allowed: statement 1 `ReadOnly` of identity-based policy `dev` (policies/dev.json:4)"
    )
    both = answer(
        Verdict.ALLOWED,
        *allowed_answer().explanation.decided_by,
        Decider(Layer.PERMISSIONS_BOUNDARY, Reason.STATEMENT_ALLOWS, "cap", deny_all()),
    )
    assert summary(both).endswith(", and so does permissions boundary")


def test_a_layer_that_allows_by_itself_says_why():
    """The root user needs no statement: the reason is said instead."""
    decider = Decider(Layer.IDENTITY_BASED_POLICY, Reason.ROOT_USER_NEEDS_NO_POLICY)
    assert summary(answer(Verdict.ALLOWED, decider)) == (
        f"allowed: {WHAT}: the root user needs no identity-based policy"
    )


def test_a_single_policy_is_called_by_its_name():
    """A permissions boundary is one policy, so the denial names it."""
    decider = Decider(Layer.PERMISSIONS_BOUNDARY, Reason.NO_STATEMENT_ALLOWS)
    layers = (
        layer(
            Layer.PERMISSIONS_BOUNDARY,
            Outcome.IMPLICIT_DENY,
            Reason.NO_STATEMENT_ALLOWS,
            deny_all(),
        ),
    )
    sentence = summary(answer(Verdict.IMPLICIT_DENY, decider, layers=layers))
    assert sentence == f"denied: the permissions boundary `dev` does not allow {WHAT}"


def test_levels_and_further_layers_are_named():
    """A denial by a level of SCPs names the level, and every other layer that is needed too."""
    deciders = (
        Decider(Layer.SERVICE_CONTROL_POLICY, Reason.NO_STATEMENT_ALLOWS, level="Workloads"),
        Decider(Layer.IDENTITY_BASED_POLICY, Reason.NO_POLICY),
    )
    assert summary(answer(Verdict.IMPLICIT_DENY, *deciders)) == (
        f"denied: no service control policy at level Workloads allows {WHAT}; and no "
        "identity-based policy allows it either"
    )


def test_grants_and_unnamed_levels_have_their_own_words():
    """A key's grants are no level of its policy, and a level without a name is called by number."""
    grant = Decider(
        Layer.RESOURCE_BASED_POLICY, Reason.STATEMENT_ALLOWS, "g1", deny_all(), level="grants"
    )
    sentence = summary(answer(Verdict.ALLOWED, grant, action="kms:Decrypt"))
    assert sentence.startswith("allowed: statement 2 of KMS grant `g1` (policies/dev.json:11)")
    numbered = Decider(Layer.SERVICE_CONTROL_POLICY, Reason.NO_STATEMENT_ALLOWS, level="level 2")
    sentence = summary(answer(Verdict.IMPLICIT_DENY, numbered))
    assert sentence == f"denied: no service control policy at level 2 allows {WHAT}"


def test_a_caller_or_resource_without_policies_is_told_so():
    """That there is no policy at all is said in brackets."""
    for kind, words in (
        (Layer.IDENTITY_BASED_POLICY, "(the caller has none)"),
        (Layer.RESOURCE_BASED_POLICY, "(the resource has none)"),
    ):
        layers = (layer(kind, Outcome.IMPLICIT_DENY, Reason.NO_POLICY),)
        sentence = summary(
            answer(Verdict.IMPLICIT_DENY, Decider(kind, Reason.NO_POLICY), layers=layers)
        )
        assert sentence.endswith(words)


def test_block_public_access_blocks():
    """S3 Block Public Access is no policy: it blocks, and the sentence says why."""
    decider = Decider(Layer.S3_BLOCK_PUBLIC_ACCESS, Reason.PUBLIC_POLICY_RESTRICTED)
    assert summary(answer(Verdict.IMPLICIT_DENY, decider)).startswith(
        f"denied: S3 Block Public Access blocks {WHAT}: the bucket policy is public"
    )
    assert summary(answer(Verdict.EXPLICIT_DENY, decider)).startswith(
        f"denied: S3 Block Public Access denies {WHAT}"
    )


def test_verdicts_without_statements_give_their_reason():
    """A verdict that no layer made is explained by its reason."""
    always = answer(
        Verdict.ALLOWED, reason=Reason.ALWAYS_ALLOWED, action="sts:GetCallerIdentity", resource="*"
    )
    assert summary(always) == (
        "allowed: sts:GetCallerIdentity: this action needs no permission, and no policy can deny it"
    )
    refused = answer(
        Verdict.IMPLICIT_DENY,
        reason=Reason.CALLER_MAY_NOT_CALL,
        relation=Reason.CROSS_PARTITION,
    )
    assert summary(refused) == (
        f"denied: no policy can allow {WHAT}: caller and resource are in different partitions"
    )
    for verdict in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY):
        assert "everything that must allow" in summary(answer(verdict, reason=Reason.ALLOWED))


def test_a_conditional_answer_names_the_unknown_keys():
    """What depends on unknown keys names them."""
    missing = (MissingKey("aws:SourceIp", ()), MissingKey("aws:SourceVpc", ()))
    sentence = summary(answer(Verdict.CONDITIONAL, missing=missing))
    assert sentence == (
        f"conditional: whether {WHAT} is allowed depends on `aws:SourceIp` and `aws:SourceVpc`"
    )
    assert "not known" in summary(answer(Verdict.CONDITIONAL))


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ({"action": "sts:GetCallerIdentity"}, "API_GetCallerIdentity.html"),
        (
            {"action": "sts:GetSessionToken", "principal": "arn:aws:iam::111122223333:role/r"},
            "id_credentials_sts-comparison.html",
        ),
        (
            {
                "action": "iam:ListUsers",
                "session": {"credentials": "session-token"},
                "context": {"aws:MultiFactorAuthPresent": "false"},
            },
            "API_GetSessionToken.html",
        ),
    ],
)
def test_what_a_service_decides_names_its_page_and_no_message(asked, page):
    """Neither a policy nor a message of AWS's that no page gives; the page that says it."""
    answered = iamsim.explain(
        **{"principal": "arn:aws:iam::111122223333:user/u", "resource": "*"} | asked
    )
    assert page in answered.in_short()
    assert "AWS would say" not in str(answered)
