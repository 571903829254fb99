"""What STS has for itself: calls without a signature, and which credentials may ask for others.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.explanation import Origin
from iamsim.core.request import Caller, CallerKind
from iamsim.engine.relations import ResourceKind, resource_kind
from iamsim.engine.services.iam import session_token_policy
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.engine.context import Derived
    from iamsim.engine.encounter import Encounter
    from iamsim.engine.question import Session

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
SAML_ACTION = "sts:assumerolewithsaml"
WEB_IDENTITY_ACTION = "sts:assumerolewithwebidentity"
UNSIGNED_ACTIONS = frozenset({SAML_ACTION, WEB_IDENTITY_ACTION})
WITH_A_TOKEN = TRUST_ACTIONS - UNSIGNED_ACTIONS - {"sts:assumerole"}
ASSUME_ROOT = "sts:assumeroot"
# Callers of temporary credentials: what they may ask of STS, and what not. The companions of a call
# (tags, a source identity) are asked with it.
FOR_SESSIONS = frozenset({"sts:getcalleridentity", "sts:getdelegatedaccesstoken"})
SCOPED = "sts:getscopedcredentials"
TOKEN_ACTIONS = frozenset({"sts:getfederationtoken", "sts:getsessiontoken"})
WITH_MFA_SESSION = (
    FOR_SESSIONS
    | {SCOPED, "sts:assumerole", "sts:setcontext", "sts:setsourceidentity", "sts:tagsession"}
    | {"sts:getwebidentitytoken", "sts:setwebidentitytokenscope", "sts:taggetwebidentitytoken"}
)
OWN_RULES = TRUST_ACTIONS | TOKEN_ACTIONS | WITH_MFA_SESSION | {ASSUME_ROOT}
# Where AWS says what `credentials_of` gives, by the service that is called.
CREDENTIALS_PAGES = {
    "iam": "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html",
    "sts": "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
}
TEMPORARY = frozenset({CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER, CallerKind.ASSUMED_ROOT})


def is_trust_request(action: str, resource: str) -> bool:
    """Whether the trust policy of a role is what a request asks."""
    kind = resource_kind(find_arn(resource), resource)
    return kind is ResourceKind.ROLE and action.lower() in TRUST_ACTIONS


def has_no_signature(met: Encounter) -> bool:
    """Whether a call carries a token in place of a signature, so that it has no other caller."""
    return met.action in UNSIGNED_ACTIONS and met.caller.kind is not CallerKind.IDENTITY_PROVIDER


def carries_no_token(met: Encounter) -> bool:
    """Whether a caller with a token asks for something that has to be signed, or for the call of
    the other kind of token. What goes with its call is asked with it."""
    if met.caller.kind is not CallerKind.IDENTITY_PROVIDER:
        return False
    wanted = SAML_ACTION if ":saml-provider/" in met.caller.arn else WEB_IDENTITY_ACTION
    return met.action != wanted and met.action not in WITH_A_TOKEN


def is_foreign_provider(met: Encounter) -> bool:
    """Whether a token is of a provider that another account than the role's has.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html
    """
    caller = met.caller
    federated = caller.kind is CallerKind.IDENTITY_PROVIDER
    return federated and caller.account is not None and not met.same_account


def may_not_ask(met: Encounter) -> bool:
    """Whether the caller's credentials are not of those that may make a call.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    caller, action = met.caller, met.action
    if met.service == "iam":
        return caller.kind is CallerKind.FEDERATED_USER
    if met.service != "sts":
        return False
    if action in TOKEN_ACTIONS and caller.kind in TEMPORARY:
        return True
    if caller.kind.is_root and action in {"sts:assumerole", ASSUME_ROOT}:
        return True
    if caller.kind is CallerKind.FEDERATED_USER:
        return action not in FOR_SESSIONS and action != SCOPED
    if caller.with_session_token:
        return action not in WITH_MFA_SESSION
    return action == SCOPED and caller.kind in {CallerKind.USER, CallerKind.ROOT_USER}


def may_not_assume_root(met: Encounter) -> bool:
    """Whether a root session is asked for of an account that is no member.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
    """
    if met.action != ASSUME_ROOT or not met.standing.known:
        return False
    return met.owner.management or not met.owner.known


def assumes_root(met: Encounter) -> bool:
    """Whether a root session of a member account is asked for."""
    return met.action == ASSUME_ROOT


def is_role_trust(met: Encounter) -> bool:
    """Whether the trust policy of a role of the own account is asked."""
    return met.kind is ResourceKind.ROLE and met.action in TRUST_ACTIONS


NO_LIMITS: Mapping[str, PolicySet] = {}


def credentials_of(caller: Caller, session: Session) -> Mapping[str, PolicySet]:
    """What services take the caller's credentials for, as policies, by service.

    A source identity stays what it is down a chain of roles, and an inherited transitive tag can't
    be set again:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if caller.with_session_token:
        return {"iam": session_token_policy()}
    identity, inherited = session.source_identity, session.transitive_tags
    if caller.kind is not CallerKind.ROLE_SESSION or not (identity or inherited):
        return NO_LIMITS
    condition: dict[str, dict[str, str]] = {}
    if identity:
        condition["StringEqualsIfExists"] = {"sts:SourceIdentity": identity}
    if inherited:
        condition["Null"] = {f"aws:RequestTag/{key}": "true" for key in inherited}
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "AsInherited",
            "Effect": "Allow",
            "Action": "sts:*",
            "Resource": "*",
            "Condition": condition,
        },
    }
    policy = parse_policy(
        document, name="what the session inherited", policy_type=PolicyType.SESSION
    )
    return {"sts": PolicySet((compile_policy(policy, PolicyType.SESSION),))}


def inherited_tags(
    action: str, session: Session, of_resource: Mapping[str, object]
) -> Iterator[Derived]:
    """The tags of a role as a session down a chain meets them: those that it inherited take the
    place of the role's own of the same key, while the role's trust policy is evaluated.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
    """
    for key, value in session.tags.items() if action in TRUST_ACTIONS else ():
        for start in ("aws:resourcetag/", "iam:resourcetag/"):
            if key in session.transitive_tags and start + key.lower() in of_resource:
                yield start + key.lower(), value, Origin("session", "inherited tag")
