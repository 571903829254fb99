"""Who a principal is, and which texts are none."""

from __future__ import annotations

import pytest

from iamsim.core.errors import RequestError
from iamsim.core.request import CallerKind, GrantKind
from iamsim.engine.callers import make_caller
from iamsim.engine.question import Session
from iamsim.world.items import Role, User
from tests.unit.questions import ROLE, ROOT, SESSION, USER, A, caller, verdict

SSO = "AWSReservedSSO_Developer_0123456789abcdef"
SSO_ROLE = f"arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/{SSO}"
OIDC = f"arn:aws:iam::{A}:oidc-provider/token.example.com"
SAML = f"arn:aws:iam::{A}:saml-provider/corp"
LINKED = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"

CALLERS: list[tuple[str, CallerKind, str | None, str | None, str | None]] = [
    # principal, kind, account, aws:PrincipalArn, name
    (USER, CallerKind.USER, A, USER, "maya"),
    (
        f"arn:aws:iam::{A}:user/a/b/maya",
        CallerKind.USER,
        A,
        f"arn:aws:iam::{A}:user/a/b/maya",
        "maya",
    ),
    (ROLE, CallerKind.ROLE_SESSION, A, ROLE, "app"),
    (SESSION, CallerKind.ROLE_SESSION, A, ROLE, "app"),
    (f"arn:aws:sts::{A}:assumed-role/{SSO}/lee", CallerKind.ROLE_SESSION, A, SSO_ROLE, SSO),
    (ROOT, CallerKind.ROOT_USER, A, ROOT, None),
    (
        f"arn:aws:sts::{A}:federated-user/f",
        CallerKind.FEDERATED_USER,
        A,
        f"arn:aws:sts::{A}:federated-user/f",
        "f",
    ),
    ("anonymous", CallerKind.ANONYMOUS, None, None, None),
    ("sns.amazonaws.com", CallerKind.SERVICE, None, None, None),
    ("ec2.amazonaws.com.cn", CallerKind.SERVICE, None, None, None),
    ("accounts.google.com", CallerKind.IDENTITY_PROVIDER, None, None, None),
    ("cognito-identity.amazonaws.com", CallerKind.SERVICE, None, None, None),
    (OIDC, CallerKind.IDENTITY_PROVIDER, A, None, None),
    (SAML, CallerKind.IDENTITY_PROVIDER, A, None, None),
    (IDENTITY, CallerKind.ORIGIN_ACCESS_IDENTITY, None, None, None),
]


@pytest.mark.parametrize(("principal", "kind", "account", "principal_arn", "name"), CALLERS)
def test_principals(
    principal: str,
    kind: CallerKind,
    account: str | None,
    principal_arn: str | None,
    name: str | None,
) -> None:
    """Each form of a principal is a caller of its kind, with the account and names that it has."""
    found = caller(principal)
    assert (found.kind, found.account, found.principal_arn, found.name) == (
        kind,
        account,
        principal_arn,
        name,
    )
    assert found.names["*"] == GrantKind.WILDCARD


NOBODY = [
    "",
    "maya",
    "*",
    "Anonymous",
    "lambda.example.com",
    "SNS.amazonaws.com",
    "sns.amazonaws.com\n",
    "arn:aws:iam:::user/maya",
    "arn:aws:iam::1234:user/maya",
    f"arn:aws:iam::{A}:user",
    f"arn:aws:iam::{A}:user/",
    f"arn:aws:iam::{A}:user/team/",
    f"arn:aws:iam::{A}:role/",
    f"arn:aws:iam::{A}:role/*",
    f"arn:aws:iam::{A}:user/m?ya",
    f"arn:aws:iam::{A}:root/x",
    f"arn:aws:iam::{A}:rooted",
    f"arn:aws:iam::{A}:group/devs",
    f"arn:aws:iam::{A}:policy/p",
    f"arn:aws:iam:eu-west-1:{A}:user/maya",
    f"arn:aws:sts::{A}:assumed-role/app",
    f"arn:aws:sts::{A}:assumed-role/app/",
    f"arn:aws:sts::{A}:assumed-role//s1",
    f"arn:aws:sts::{A}:assumed-role/app/s1/s2",
    f"arn:aws:sts::{A}:federated-user/",
    f"arn:aws:s3::{A}:user/maya",
    f" {USER}",
]


@pytest.mark.parametrize("principal", NOBODY)
def test_what_is_no_principal(principal: str) -> None:
    """Texts that name no single principal are refused, in one line."""
    with pytest.raises(RequestError) as caught:
        caller(principal)
    assert caught.value.code == "invalid-principal"
    assert "\n" not in caught.value.message


def test_the_right_form_is_said() -> None:
    """A session ARN without the session's name is a common slip."""
    with pytest.raises(RequestError) as caught:
        caller(f"arn:aws:sts::{A}:assumed-role/app")
    assert "assumed-role/ROLE/SESSION" in str(caught.value.hint)


def test_what_only_looks_like_root_is_not_let_in() -> None:
    """An ARN that continues behind ``root`` once counted as the root user, who may do all."""
    assert verdict({"principal": ROOT}) == "allowed"
    with pytest.raises(RequestError):
        verdict({"principal": f"{ROOT}/x"})


def test_a_unique_id_names_its_user_or_role_alone() -> None:
    """The id that a world gives for a user or role is another name of it."""
    user = User(account=A, name="maya", id="AIDAX")
    role = Role(account=A, name="app", id="AROAX")
    for principal, entity, kind in (
        (USER, user, GrantKind.USER),
        (ROLE, role, GrantKind.ROLE),
    ):
        found = make_caller(
            principal, "s3:x", Session(), entity, has_boundary=False, assumed_root=False
        )
        assert found.unique_id == entity.id
        assert found.names[f"aws:{entity.id}"] == kind


@pytest.mark.parametrize(
    ("principal", "linked"),
    [
        (LINKED, True),
        (f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForX/s", True),
        (f"arn:aws:iam::{A}:role/AWSServiceRoleForX", False),
        (ROLE, False),
    ],
)
def test_service_linked_roles(principal: str, linked: bool) -> None:
    """A role is service-linked by its path, or by its name where no path is known."""
    assert caller(principal).service_linked is linked


def test_cognito_is_a_provider_for_web_identities() -> None:
    """Cognito calls as a service, and as an identity provider where a web identity is used."""
    found = make_caller(
        "cognito-identity.amazonaws.com",
        "sts:assumerolewithwebidentity",
        Session(),
        None,
        has_boundary=False,
        assumed_root=False,
    )
    assert found.kind is CallerKind.IDENTITY_PROVIDER
