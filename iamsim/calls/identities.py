"""Who called, from the userIdentity of a CloudTrail record.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamsim.core.arn import find_arn

if TYPE_CHECKING:
    from iamsim.calls.model import ContextValue

SERVICE_ENDS = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal", ".amazon.com")
# Where a call comes from inside of AWS, a number may follow.
INTERNAL = "AWS Internal"
ANONYMOUS = ("ANONYMOUS_PRINCIPAL", "anonymous")
# What a session's credentials were issued to, and the key that this sets:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
ISSUED_TO = {
    "AWS::Lambda::Function": "lambda:SourceFunctionArn",
    "AWS::EC2::Instance": "ec2:SourceInstanceARN",
    "AWS::Glue::Job": "glue:RoleAssumedBy",
}


@dataclass(slots=True)
class Identity:
    """A caller: `principal` is None where the record does not name it, `skipped` says why nothing
    is asked of IAM in its name."""

    principal: str | None = None
    account: str | None = None
    context: dict[str, ContextValue] = field(default_factory=dict)
    session: dict[str, Any] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str | None = None


def is_service(text: object) -> bool:
    """Whether a text names a service, as sourceIPAddress and invokedBy may."""
    return isinstance(text, str) and text.endswith(SERVICE_ENDS)


def identity_of(record: dict[str, Any]) -> Identity:
    """Read who made a call, and how."""
    given = record.get("userIdentity")
    if not isinstance(given, dict) or not given:
        return Identity(skipped="the record does not say who called")
    kind = str(given.get("type") or "")
    account = given.get("accountId")
    identity = Identity(account=str(account) if account else None)
    READERS.get(kind, _unnamed)(given, record, identity)
    if identity.skipped is not None:
        return identity
    _session(given, identity)
    _chain(given, record, identity, kind)
    return identity


def _with_arn(given: dict[str, Any], _record: dict[str, Any], found: Identity) -> None:
    """Root users, IAM users, sessions of roles and of federated users."""
    arn = given.get("arn")
    if isinstance(arn, str) and arn.startswith("arn:"):
        found.principal = arn
    elif given.get("type") == "Root" and found.account:
        found.principal = f"arn:aws:iam::{found.account}:root"
    elif given.get("type") == "IAMUser" and found.account and given.get("userName"):
        found.principal = f"arn:aws:iam::{found.account}:user/{given['userName']}"
        found.notes.append("the record does not tell the path of the user")
    else:
        found.notes.append("the record does not tell the ARN of the caller")
    if given.get("principalId"):
        found.context["aws:userid"] = str(given["principalId"])
    named = find_arn(arn) if isinstance(arn, str) else None
    if found.account is None and named is not None:
        found.account = named.account or None


def _root(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    _with_arn(given, record, found)
    context = given.get("sessionContext")
    if isinstance(context, dict) and str(context.get("assumedRoot")).lower() == "true":
        found.context["aws:AssumedRoot"] = "true"


def _assumed_role(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    _with_arn(given, record, found)
    issuer = _issuer(given)
    role = issuer.get("arn")
    if isinstance(role, str) and ":role/" in role:
        found.context["aws:PrincipalArn"] = role
        if found.principal is None and ":" in str(given.get("principalId", "")):
            name = str(given["principalId"]).partition(":")[2]
            made_of = find_arn(role)
            if made_of is not None:
                session = f"assumed-role/{role.rpartition('/')[2]}/{name}"
                found.principal = f"arn:{made_of.partition}:sts::{made_of.account}:{session}"


def _federated_user(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    _with_arn(given, record, found)
    source = _issuer(given).get("arn")
    if isinstance(source, str) and source.startswith("arn:"):
        found.session["source_user"] = source


def _service(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    name = given.get("invokedBy") or record.get("sourceIPAddress")
    if not is_service(name):
        found.skipped = f"a call inside AWS (`{name}`): no policy of yours decides it"
        return
    found.principal = str(name)
    found.context["aws:PrincipalIsAWSService"] = "true"
    found.context["aws:PrincipalServiceName"] = str(name)
    found.unknown += ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"]


def _account(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    """A principal of another account, or nobody."""
    if given.get("accountId") in ANONYMOUS or given.get("principalId") in ANONYMOUS:
        found.principal, found.account = "anonymous", None
        return
    if given.get("arn"):
        _with_arn(given, record, found)
        return
    if is_service(given.get("invokedBy")) and not given.get("principalId"):
        _service(given, record, found)
        return
    found.notes.append(
        f"the caller is of account {found.account}: of callers of other accounts records tell the"
        " unique id, not the ARN"
    )
    if found.account:
        found.context["aws:PrincipalAccount"] = found.account
    if given.get("principalId"):
        found.context["aws:userid"] = str(given["principalId"])


def _web_identity(given: dict[str, Any], _record: dict[str, Any], found: Identity) -> None:
    """A web identity: claims of its token are keys.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    provider = str(given.get("identityProvider") or "")
    if not provider:
        found.skipped = "the record does not name the identity provider"
        return
    found.principal = provider
    host = provider.partition("oidc-provider/")[2] or provider
    name = given.get("userName")
    rest = str(given.get("principalId") or "").removeprefix(f"{provider}:")
    if rest and name and rest.endswith(f":{name}"):
        found.context[f"{host}:aud"] = rest.removesuffix(f":{name}")
    if name:
        found.context[f"{host}:sub"] = str(name)


def _saml(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    asked = record.get("requestParameters")
    asked = asked if isinstance(asked, dict) else {}
    provider = asked.get("principalArn") or given.get("identityProvider")
    if not isinstance(provider, str) or not provider.startswith("arn:"):
        found.principal = None
        found.notes.append("the record does not tell the ARN of the SAML provider")
    else:
        found.principal = provider
    qualifier, _, subject = str(given.get("principalId") or "").partition(":")
    if subject:
        found.context["saml:namequalifier"] = qualifier
        found.context["saml:sub"] = subject


def _identity_center(_given: dict[str, Any], _record: dict[str, Any], found: Identity) -> None:
    found.skipped = (
        "made by a user of IAM Identity Center with a token of its own: no policy of a principal"
        " of IAM decides it"
    )


def _directory(_given: dict[str, Any], _record: dict[str, Any], found: Identity) -> None:
    found.skipped = "made by a user of a directory: no policy of IAM decides it"


def _unnamed(given: dict[str, Any], record: dict[str, Any], found: Identity) -> None:
    """No type, or one that is not documented."""
    if given.get("arn"):
        _with_arn(given, record, found)
    elif is_service(given.get("invokedBy")):
        _service(given, record, found)
    else:
        kind = given.get("type")
        found.skipped = (
            f"the caller is of the type `{kind}`, which is not known"
            if kind
            else "the record does not say who called"
        )


READERS = {
    "Root": _root,
    "IAMUser": _with_arn,
    "Role": _with_arn,
    "AssumedRole": _assumed_role,
    "FederatedUser": _federated_user,
    "AWSService": _service,
    "AWSAccount": _account,
    "WebIdentityUser": _web_identity,
    "SAMLUser": _saml,
    "IdentityCenterUser": _identity_center,
    "Directory": _directory,
    "Unknown": _unnamed,
}


def _issuer(given: dict[str, Any]) -> dict[str, Any]:
    context = given.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    return issuer if isinstance(issuer, dict) else {}


def _session(given: dict[str, Any], found: Identity) -> None:
    """What the session's credentials carry."""
    context = given.get("sessionContext")
    if not isinstance(context, dict):
        return
    attributes = context.get("attributes")
    if isinstance(attributes, dict):
        mfa = attributes.get("mfaAuthenticated")
        if mfa is not None:
            found.context["aws:MultiFactorAuthPresent"] = str(mfa).lower()
            if str(mfa).lower() == "true":
                found.unknown.append("aws:MultiFactorAuthAge")
        if attributes.get("creationDate"):
            found.context["aws:TokenIssueTime"] = str(attributes["creationDate"])
    source = context.get("sourceIdentity") or given.get("sourceIdentity")
    if source:
        found.session["source_identity"] = str(source)
    web = context.get("webIdFederationData")
    if isinstance(web, dict) and web.get("federatedProvider"):
        found.context["aws:FederatedProvider"] = str(web["federatedProvider"])
    if context.get("ec2RoleDelivery"):
        found.context["ec2:RoleDelivery"] = str(context["ec2RoleDelivery"])
    scope = given.get("inScopeOf")
    if isinstance(scope, dict):
        key = ISSUED_TO.get(str(scope.get("issuerType")))
        if key is not None and scope.get("credentialsIssuedTo"):
            found.context[key] = str(scope["credentialsIssuedTo"])


def _chain(given: dict[str, Any], record: dict[str, Any], found: Identity, kind: str) -> None:
    """Whether a service made the call in the caller's name (a forward access session).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    invoked, address = given.get("invokedBy"), record.get("sourceIPAddress")
    if kind == "AWSService" or found.principal == invoked:
        return
    name = invoked if is_service(invoked) else address
    if invoked and is_service(name):
        found.services.append(str(name))
        return
    inside = str(address).startswith(INTERNAL)
    if not invoked and not inside:
        return
    if invoked:
        found.context["aws:ViaAWSService"] = "true"
        found.notes.append(
            f"made by a service in the caller's name, which is not named (`{invoked}`)"
        )
    else:
        found.unknown.append("aws:ViaAWSService")
        found.notes.append(f"made inside AWS (`{address}`): whether a service made it is not told")
    found.unknown += ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"]
    if record.get("eventSource") == "kms.amazonaws.com":
        found.unknown.append("kms:ViaService")
