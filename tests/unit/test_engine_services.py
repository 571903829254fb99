"""What services refuse or take for themselves: credentials, objects of AWS, accounts' parts."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.core.reason import Reason
from iamsim.engine.authorize import prepare
from iamsim.engine.question import Question, Session
from iamsim.engine.singular_actions import SINGULAR_ACTIONS, kin_of
from iamsim.report.message import denied_message
from iamsim.report.summary import summary
from tests.unit.questions import ROLE, USER, A, B, allow, ask, policy, verdict

Data = dict[str, Any]
ALL = policy(allow())
MANAGEMENT = "999999999999"
FEDERATED = f"arn:aws:sts::{A}:federated-user/f"


def organization(**more: Any) -> Data:
    """Make a world of an organization with members A and B; all may do everything."""
    administrator = {"users": {"maya": {"policies": [ALL]}}}
    return {
        "organization": {
            "id": "o-1",
            "management_account": MANAGEMENT,
            "root": {"id": "r-1", "accounts": [A, B]},
            **more,
        },
        "accounts": {A: administrator, B: administrator, MANAGEMENT: administrator},
    }


@pytest.mark.parametrize(
    ("principal", "credentials"),
    [
        (ROLE, "session-token"),
        (FEDERATED, "session-token"),
        (f"arn:aws:iam::{A}:root", "federation-token"),
    ],
)
def test_credentials_that_nobody_can_have_are_refused(principal: str, credentials: str) -> None:
    """GetSessionToken is for users and root users, GetFederationToken makes federated users."""
    with pytest.raises(RequestError) as caught:
        verdict({"principal": principal, "session": {"credentials": credentials}})
    assert caught.value.code == "invalid-credentials"


def test_credentials_of_no_kind_are_refused() -> None:
    """A question may be made without a file that is checked."""
    session = Session(credentials="access-key")
    with pytest.raises(RequestError) as caught:
        prepare(Question(USER, "s3:ListAllMyBuckets", session=session))
    assert caught.value.hint == "write `session-token` or `federation-token`"


def test_a_users_federation_token_makes_a_federated_user() -> None:
    """The session is named as said, else as the user; the user's policies are its own."""
    session = {"credentials": "federation-token", "policies": [ALL]}
    for name in (None, "kiosk"):
        told = {**session, **({} if name is None else {"name": name})}
        answer = ask({"identity_policies": [ALL], "session": told})
        assert answer.allowed
        assert {"aws:PrincipalType", "aws:userid"} <= {
            entry.key for entry in answer.explanation.context
        }
        values = {entry.key: entry.values for entry in answer.explanation.context}
        assert values["aws:PrincipalArn"] == (f"arn:aws:sts::{A}:federated-user/{name or 'maya'}",)


def test_what_sessions_inherited_is_said_by_the_service() -> None:
    """A changed source identity is refused in the layer of the session, without a quotation."""
    answer = ask(
        {
            "principal": f"arn:aws:sts::{A}:assumed-role/app/s1",
            "action": "sts:AssumeRole",
            "resource": f"arn:aws:iam::{A}:role/next",
            "identity_policies": [ALL],
            "resource_policy": policy(allow(Principal={"AWS": A}, Resource=None)),
            "session": {"source_identity": "mona"},
            "context": {"sts:SourceIdentity": "lena"},
        }
    )
    assert answer.decision.layer is Layer.SESSION_POLICY
    assert answer.decision.reason is Reason.SERVICE_REFUSES
    assert denied_message(answer) is None
    assert "does not take these credentials" in summary(answer)


def test_a_role_that_the_world_calls_service_linked_is_one() -> None:
    """Its path need not tell."""
    world: Data = {
        "accounts": {
            A: {
                "users": {"maya": {"policies": [ALL]}},
                "roles": {"app": {"service_linked": True}},
            }
        }
    }
    asked = {"action": "iam:AttachRolePolicy", "resource": ROLE}
    assert ask(asked, world).explanation.relation is Reason.FIXED_OBJECT
    assert verdict({**asked, "action": "iam:TagRole"}, world) == "allowed"


def test_service_linked_roles_change_what_is_theirs() -> None:
    """The service that made an object is not refused."""
    linked = f"arn:aws:iam::{A}:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO"
    reserved = f"arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_1"
    asked = {"action": "iam:PutRolePolicy", "resource": reserved, "identity_policies": [ALL]}
    assert verdict(asked) == "implicitDeny"
    assert verdict({**asked, "principal": linked}) == "allowed"


@pytest.mark.parametrize(
    ("more", "account", "expected"),
    [
        ({}, A, "implicitDeny"),
        ({}, MANAGEMENT, "allowed"),
        ({"delegated_administrators": [A]}, A, "allowed"),
        ({"delegated_administrators": [A]}, B, "implicitDeny"),
        ({"delegated_services": {A: ["iam.amazonaws.com"]}}, A, "allowed"),
        ({"delegated_services": {A: ["config.amazonaws.com"]}}, A, "implicitDeny"),
    ],
)
def test_root_sessions_are_for_who_administers_iam(more: Data, account: str, expected: str) -> None:
    """The management account, or the account that administers IAM, both named either way."""
    request = {
        "principal": f"arn:aws:iam::{account}:user/maya",
        "action": "sts:AssumeRoot",
        "resource": f"arn:aws:iam::{B}:root",
    }
    assert verdict(request, organization(**more)) == expected


def test_who_administers_a_service_acts_on_what_the_management_account_has() -> None:
    """Account management names members by ARNs of the management account."""
    member = f"arn:aws:account::{MANAGEMENT}:account/o-1/{B}"
    request = {"action": "account:GetPrimaryEmail", "resource": member}
    delegated = organization(delegated_services={A: ["account.amazonaws.com"]})
    assert verdict(request, delegated) == "allowed"
    assert verdict({**request, "action": "account:PutAlternateContact"}, delegated) == "allowed"
    assert verdict(request, organization()) == "implicitDeny"


def test_refusals_of_a_service_name_the_page() -> None:
    """The sentence has the page, and there is no message of AWS's."""
    answer = ask(
        {"action": "organizations:CreateAccount", "resource": "*"},
        organization(),
    )
    assert "APIReference/API_CreateAccount.html" in summary(answer)
    assert denied_message(answer) is None


def test_kin_meet_the_same() -> None:
    """Actions of like rules have one kin, singular ones their own, plain ones none."""
    assert kin_of("sqs:addpermission") == kin_of("sqs:deletequeue")
    assert kin_of("sqs:addpermission") != kin_of("sqs:sendmessage")
    assert kin_of("sts:assumerole") == "sts:assumerole"
    assert "sts:assumerole" in SINGULAR_ACTIONS
    assert kin_of("cloudfront:getdistribution") is None
    assert kin_of("s3:listtagsforresource") != kin_of("s3:listbucketversions")
