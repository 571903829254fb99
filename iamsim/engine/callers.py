"""Who calls: from the text of a principal to a `Caller`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (table of
principal values)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.core.arn import Arn, find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.data_class import replace
from iamsim.core.errors import RequestError
from iamsim.core.identity_center import ROLE_PATH, permission_set_of
from iamsim.core.request import Caller, CallerKind, GrantKind

if TYPE_CHECKING:
    from iamsim.engine.question import Session
    from iamsim.world.model import Role, User

# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html and
# the partitions that the SDKs know.
PARTITIONS = {
    "amazonaws.com": "aws",
    "amazonaws.com.cn": "aws-cn",
    "amazonaws.eu": "aws-eusc",
    "c2s.ic.gov": "aws-iso",
    "sc2s.sgov.gov": "aws-iso-b",
    "cloud.adc-e.uk": "aws-iso-e",
    "csp.hci.ic.gov": "aws-iso-f",
}
SERVICE = re.compile(rf"[a-z0-9.-]+?\.({'|'.join(map(re.escape, PARTITIONS))})", re.ASCII)
WEB_IDENTITY_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
)
SESSION_TOKEN = "session-token"  # noqa: S105 - a kind, not a secret
FEDERATION_TOKEN = "federation-token"  # noqa: S105 - as above
CREDENTIALS = {
    SESSION_TOKEN: {("iam", "user"), ("iam", "root")},
    FEDERATION_TOKEN: {("iam", "user"), ("sts", "federated-user")},
}
SERVICE_LINKED_PATH = "/aws-service-role/"
SERVICE_LINKED_NAME = "AWSServiceRoleFor"
ORIGIN_ACCESS_IDENTITY_ACCOUNT = "cloudfront"
EVERYONE = {"*": GrantKind.WILDCARD.value}
LONGEST = 400  # characters of a principal that an error repeats
FORMS = {
    "assumed-role": "a session is `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`;"
    " the ARN of the role stands for some session of it",
    "federated-user": "it is `arn:aws:sts::ACCOUNT:federated-user/NAME`",
    "role": "it is `arn:aws:iam::ACCOUNT:role/NAME`",
    "user": "it is `arn:aws:iam::ACCOUNT:user/NAME`",
}


def make_caller(
    principal: str,
    action: str,
    session: Session,
    entity: User | Role | None,
    *,
    has_boundary: bool,
    assumed_root: bool,
) -> Caller:
    """Work out who a principal is. `entity` is the user or role of the world, where there is one.

    Raises `RequestError` for a text that names no caller.
    """
    if principal == "anonymous":
        return Caller(CallerKind.ANONYMOUS, principal, "aws", None, None, EVERYONE)
    if principal in WEB_IDENTITY_PROVIDERS and (
        principal != "cognito-identity.amazonaws.com" or "withwebidentity" in action
    ):
        return _identity_provider(principal, "aws", None)
    service = SERVICE.fullmatch(principal)
    if service is not None:
        return _service(principal, PARTITIONS[service[1]])
    arn = find_arn(principal)
    if arn is None:
        raise RequestError(
            "invalid-principal",
            f"{quote(principal, LONGEST)} names no principal",
            hint="give an ARN, a service principal such as `lambda.amazonaws.com`, or `anonymous`",
        )
    if arn.service == "iam" and arn.resource.startswith(("oidc-provider/", "saml-provider/")):
        return _identity_provider(principal, arn.partition, arn.account)
    if arn.service == "iam" and arn.account == ORIGIN_ACCESS_IDENTITY_ACCOUNT:
        identity = f"aws:{principal}"
        names = {**EVERYONE, identity: GrantKind.USER.value}
        kind = CallerKind.ORIGIN_ACCESS_IDENTITY
        layers = (frozenset({identity}),)
        return Caller(kind, principal, arn.partition, None, None, names, layers)
    if not is_account_id(arn.account):
        raise RequestError(
            "invalid-principal",
            f"principal {quote(principal, LONGEST)} has no account id of twelve digits",
        )
    if arn.region or "*" in principal or "?" in principal:
        raise RequestError(
            "invalid-principal",
            f"{quote(principal, LONGEST)} names no single principal",
            hint="the ARN of a caller has no wildcards and no Region",
        )
    return _principal_of_account(
        principal, arn, session, entity, has_boundary=has_boundary, assumed_root=assumed_root
    )


def _principal_of_account(
    principal: str,
    arn: Arn,
    session: Session,
    entity: User | Role | None,
    *,
    has_boundary: bool,
    assumed_root: bool,
) -> Caller:
    """Root user, user, role, role session or federated user session."""
    kind, slash, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2]
    with_token = session.credentials == SESSION_TOKEN
    if session.credentials is not None:
        _check_credentials(principal, arn, kind, session.credentials)
    if session.credentials == FEDERATION_TOKEN and kind == "user":
        made = f"arn:{arn.partition}:sts::{arn.account}:federated-user/{session.name or name}"
        asked = replace(session, source_user=principal)
        arn_of_session = find_arn(made) or arn
        called = session.name or name
        return _federated_user(made, arn_of_session, called, asked, has_boundary=has_boundary)
    account = f"account:{arn.account}"
    names = {**EVERYONE, account: GrantKind.ACCOUNT.value}
    match (arn.service, kind):
        case ("iam", "root") if not slash:
            caller_kind = CallerKind.ASSUMED_ROOT if assumed_root else CallerKind.ROOT_USER
            return Caller(
                caller_kind,
                principal,
                arn.partition,
                arn.account,
                principal,
                names,
                (frozenset({account}),),
                unique_id=arn.account,
                with_session_token=with_token,
            )
        case ("iam", "user") if name:
            identity = f"aws:{principal}"
            names[identity] = GrantKind.USER.value
            unique_id = entity.id if entity is not None else None
            if unique_id:
                names[f"aws:{unique_id}"] = GrantKind.USER.value
            return Caller(
                CallerKind.USER,
                principal,
                arn.partition,
                arn.account,
                principal,
                names,
                (frozenset({account}), frozenset({identity})),
                name=name,
                unique_id=unique_id,
                has_boundary=has_boundary,
                with_session_token=with_token,
            )
        case ("iam", "role") if name:
            return _role_session(principal, arn, principal, session.name, entity, has_boundary)
        case ("sts", "assumed-role") if name and rest.count("/") == 1 and rest[0] != "/":
            role = rest.partition("/")[0]
            role_arn = entity.arn if entity is not None else role_arn_of_session(arn, role)
            return _role_session(principal, arn, role_arn, name, entity, has_boundary)
        case ("sts", "federated-user") if rest:
            return _federated_user(principal, arn, rest, session, has_boundary=has_boundary)
        case ("iam", "group"):
            raise RequestError(
                "invalid-principal",
                f"a group is no principal: {quote(principal, LONGEST)}",
                hint="ask for a user of the group",
            )
        case _:
            raise RequestError(
                "invalid-principal",
                f"{quote(principal, LONGEST)} names no principal",
                hint=FORMS.get(arn.resource.partition("/")[0]),
            )


def _check_credentials(principal: str, arn: Arn, kind: str, credentials: str) -> None:
    """Refuse credentials that nobody of this kind can have.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    who = CREDENTIALS.get(credentials)
    if who is None:
        raise RequestError(
            "invalid-credentials",
            f"{quote(credentials)} are no credentials of a session",
            hint=f"write {' or '.join(f'`{name}`' for name in CREDENTIALS)}",
        )
    if (arn.service, kind) not in who:
        raise RequestError(
            "invalid-credentials",
            f"{quote(principal, LONGEST)} can't have the credentials `{credentials}`",
            hint="sts:GetSessionToken and sts:GetFederationToken are for users and root users",
        )


def role_arn_of_session(arn: Arn, role_name: str) -> str:
    """The role's ARN where no world tells its path, which a session ARN does not hold.

    Roles of IAM Identity Center have a path of their own; for others none is assumed.
    """
    path = "/" if permission_set_of(role_name) is None else ROLE_PATH
    return f"arn:{arn.partition}:iam::{arn.account}:role{path}{role_name}"


def _role_session(
    principal: str,
    arn: Arn,
    role_arn: str,
    session_name: str | None,
    entity: User | Role | None,
    has_boundary: bool,
) -> Caller:
    """A session of a role; its name may be unknown."""
    account = f"account:{arn.account}"
    role = f"aws:{role_arn}"
    role_name = role_arn.rpartition("/")[2]
    names = {
        **EVERYONE,
        account: GrantKind.ACCOUNT.value,
        role: GrantKind.ROLE.value,
    }
    wire_arn = principal
    if session_name:
        wire_arn = f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{role_name}/{session_name}"
        names[f"aws:{wire_arn}"] = GrantKind.SESSION.value
    unique_id = entity.id if entity is not None else None
    if unique_id:
        names[f"aws:{unique_id}"] = GrantKind.ROLE.value
    linked = f":role{SERVICE_LINKED_PATH}" in role_arn or bool(
        entity is not None and getattr(entity, "service_linked", False)
    )
    path_assumed = entity is None and arn.service == "sts"
    by_name = path_assumed and role_name.startswith(SERVICE_LINKED_NAME)
    return Caller(
        CallerKind.ROLE_SESSION,
        wire_arn,
        arn.partition,
        arn.account,
        role_arn,
        names,
        (frozenset({account}), frozenset({role})),
        name=role_name,
        session_name=session_name,
        unique_id=unique_id,
        has_boundary=has_boundary,
        service_linked=linked or by_name,
        role_path_assumed=path_assumed,
    )


def _federated_user(
    principal: str, arn: Arn, name: str, session: Session, *, has_boundary: bool
) -> Caller:
    """A session of sts:GetFederationToken; `session.source_user` is the user who asked for it."""
    account = f"account:{arn.account}"
    identity = f"aws:{principal}"
    names = {
        **EVERYONE,
        account: GrantKind.ACCOUNT.value,
        identity: GrantKind.FEDERATED_USER.value,
    }
    identities = {identity}
    if session.source_user:
        source = f"aws:{session.source_user}"
        names[source] = GrantKind.FEDERATED_SOURCE.value
        identities.add(source)
    return Caller(
        CallerKind.FEDERATED_USER,
        principal,
        arn.partition,
        arn.account,
        principal,
        names,
        (frozenset({account}), frozenset(identities)),
        name=name,
        session_name=name,
        unique_id=f"{arn.account}:{name}",
        has_boundary=has_boundary,
    )


def _service(principal: str, partition: str) -> Caller:
    """A service calling as itself."""
    name = f"service:{principal}"
    names = {**EVERYONE, name: GrantKind.SERVICE.value}
    return Caller(CallerKind.SERVICE, principal, partition, None, None, names, (frozenset({name}),))


def _identity_provider(principal: str, partition: str, account: str | None) -> Caller:
    """The unsigned caller of sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML."""
    name = f"federated:{principal}"
    names = {**EVERYONE, name: GrantKind.FEDERATED.value}
    return Caller(
        CallerKind.IDENTITY_PROVIDER,
        principal,
        partition,
        account,
        None,
        names,
        (frozenset({name}),),
    )
