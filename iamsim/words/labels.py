"""The words on pictures: short, since a gate is some thirty characters wide.

Sentences for people who read are those of `iamsim.words.sentences`; a test holds that these tables
know every reason that a layer can have.
"""

from __future__ import annotations

from collections.abc import Mapping

from iamsim.core.arn import PRINCIPAL_SERVICES, find_arn
from iamsim.core.decision import Layer, Verdict
from iamsim.core.explanation import Element, NearMiss, StatementExplanation
from iamsim.core.reason import Reason
from iamsim.words import sentences
from iamsim.words.wording import wanted_text

VERDICTS: Mapping[Verdict, str] = {
    Verdict.ALLOWED: "allowed",
    Verdict.EXPLICIT_DENY: "denied explicitly",
    Verdict.IMPLICIT_DENY: "denied implicitly",
    Verdict.CONDITIONAL: "conditional",
}

# Why a layer stands as it does, where no statement says it: shorter than the sentences.
REASONS: Mapping[Reason, str] = {
    **sentences.REASONS,
    Reason.NO_POLICY: "there is none",
    Reason.NOT_PRESENT: "there is none",
    Reason.ROOT_USER_NEEDS_NO_POLICY: "the root user needs no policy",
    Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY: "a federated user without one gets nothing",
    Reason.CALLER_IS_SERVICE_LINKED_ROLE: "not for service-linked roles",
    Reason.CALLER_IN_MANAGEMENT_ACCOUNT: "not for the management account",
    Reason.CALLER_NOT_IN_ORGANIZATION: "the caller's account is in no organization",
    Reason.CALLER_HAS_NO_IDENTITY: "the caller is no identity of an account",
    Reason.RESOURCE_IN_MANAGEMENT_ACCOUNT: "not for the management account",
    Reason.RESOURCE_NOT_IN_ORGANIZATION: "the resource's account is in no organization",
    Reason.ACTION_EXEMPT: "this action is exempt",
    Reason.RESOURCE_EXEMPT: "this resource is exempt",
    Reason.FOLLOW_UP_CALL: "the call does not come through the endpoint",
    Reason.POLICY_NOT_CONSULTED: "not asked for this request",
    Reason.OWNER_ROOT_MAY_UNLOCK: "the owner's root user may undo a lock-out",
    Reason.PUBLIC_POLICY_RESTRICTED: "the policy is public, and RestrictPublicBuckets is on",
    Reason.POLICY_NOT_PUBLIC: "the policy is not public",
    Reason.CALLER_IN_OWNER_ACCOUNT: "the caller is of the owner's account",
    Reason.CREDENTIALS_DO_NOT_REACH: "the service does not take these credentials",
    Reason.OUTSIDE_OF_ACCESS_POINT: "not by TLS, or not from the access point's VPC",
    Reason.DEPENDS_ON_UNKNOWN: "depends on what is not known",
}

RELATIONS: Mapping[Reason, str] = {
    Reason.ACCESS_POINT_NEEDS_SIGNATURE: "an access point, which takes no anonymous requests",
    Reason.SHARED_RESOURCE: "a resource that is shared with the caller's account",
    Reason.BOTH_POLICIES: "the caller's policies and the resource's must both allow",
    Reason.FOREIGN_ACCESS_POINT: "access point and bucket of different accounts",
    Reason.CALLER_IDENTITY: "always allowed, whatever policies say",
    Reason.WEB_IDENTITY: "unsigned call with a token on a role",
    Reason.ANONYMOUS_CALLER: "anonymous caller",
    Reason.SERVICE_CALLER: "an AWS service calls for itself",
    Reason.SAME_ACCOUNT: "caller and resource in one account",
    Reason.CROSS_ACCOUNT: "caller and resource in different accounts",
    Reason.CROSS_PARTITION: "caller and resource in different partitions",
    Reason.ROLE_TRUST: "a role of the same account is assumed",
    Reason.KMS_KEY: "a KMS key of the caller's account",
    Reason.CROSS_ACCOUNT_KMS_KEY: "a KMS key of another account",
    Reason.RETIRED_GRANT: "who may retire a grant is said in it",
    Reason.ASSUME_ROOT: "a member account's root is assumed",
    Reason.RESTRICTED_CREDENTIALS: "such callers may not make this call",
    Reason.OWN_ACCOUNT_ONLY: "this call is for one's own account",
    Reason.IDENTITY_POLICIES_ONLY: "identity-based policies alone decide",
    Reason.NO_POLICY_CONTROLS: "no policy controls this call",
    Reason.SIGNED_CALLS_ONLY: "this call needs a signature",
    Reason.FOREIGN_PROVIDER: "the provider is of another account",
    Reason.MANAGEMENT_ACCOUNT_ONLY: "for the management account only",
    Reason.ADMINISTRATORS_ONLY: "for the organization's administrators only",
    Reason.DELEGATED_ADMINISTRATORS_ONLY: "for the delegated administrator only",
    Reason.MEMBER_ACCOUNTS_ONLY: "for member accounts only",
    Reason.FIXED_OBJECT: "AWS's own object: the service refuses",
    Reason.DEPENDS_ON_UNKNOWN: "the ways in depend on what is not known",
}

# What a way in is; `{policy}` is what the resource-based policy is called there.
WAYS: Mapping[str, str] = {
    **sentences.WAYS,
    "resource-based-policy-to-account": "{policy} naming the account, which passes it on",
    "both-accounts": "policies of both accounts",
    "both-policies": "policies of the caller and of the resource",
    "identity-based-policy": "identity-based policy of the caller",
}

# Why a layer is not asked on a way. The rules are those of
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
_DIRECT = "the {policy} grants to the caller itself"
BYPASSES: Mapping[tuple[str, Layer], str] = {
    ("resource-based-policy", Layer.IDENTITY_BASED_POLICY): _DIRECT,
    ("resource-based-policy", Layer.PERMISSIONS_BOUNDARY): _DIRECT,
    ("resource-based-policy", Layer.SESSION_POLICY): _DIRECT,
    ("resource-based-policy-to-role", Layer.IDENTITY_BASED_POLICY): (
        "the {policy} grants to the role"
    ),
    ("resource-based-policy-to-source-user", Layer.IDENTITY_BASED_POLICY): (
        "the {policy} grants to the user behind the session"
    ),
    ("identity-based-policy", Layer.RESOURCE_BASED_POLICY): "not needed within one account",
}
NOT_ASKED = "not asked on this way"

_GRANT_SUFFICES = "the grant suffices"
_FAILED = {
    Element.PRINCIPAL: "Principal",
    Element.NOT_PRINCIPAL: "NotPrincipal",
    Element.ACTION: "Action",
    Element.NOT_ACTION: "NotAction",
    Element.RESOURCE: "Resource",
    Element.NOT_RESOURCE: "NotResource",
    Element.CONDITION: "Condition",
}


def bypass_text(way: str, layer: Layer, policy: str) -> str:
    """Say why a layer is not asked on a way in."""
    if way == "kms-grant":
        return _GRANT_SUFFICES
    return BYPASSES.get((way, layer), NOT_ASKED).format(policy=policy)


def statement_lines(statement: StatementExplanation, policy: str | None) -> tuple[str, ...]:
    """Name a statement, its policy and its place; people count from 1."""
    name = f"statement {statement.index + 1}" + (f" “{statement.sid}”" if statement.sid else "")
    lines = [name]
    span = statement.span
    file = span.source.name.replace("\\", "/").rpartition("/")[2]
    place = f"{file}:{span.line}"
    if policy and policy != span.source.name and not policy.endswith(file):
        lines.append(f"of {policy}")
    return (*lines, place)


def near_lines(near: NearMiss, action: str) -> tuple[str, ...]:
    """Name the statement that came closest, and which of its elements fail to match a request for
    an `action`."""
    head, *rest = statement_lines(near.statement, near.policy)
    return (f"closest: {head}", *rest, *lacking_lines(near, action))


def lacking_lines(near: NearMiss, action: str) -> tuple[str, ...]:
    """Which elements of the statement that came closest fail."""
    return tuple(element_text(near.statement, element, action) for element in near.failed)


def deny_text(statement: StatementExplanation) -> str:
    """What a Deny denies, and to whom if it says so by leaving some out."""
    spared = [clause for clause in statement.clauses if clause.element is Element.NOT_PRINCIPAL]
    if any(clause.reason is Reason.PRINCIPAL_HAS_BOUNDARY for clause in spared):
        return "its NotPrincipal spares nobody who has a permissions boundary"
    what = _meant(statement, Element.ACTION, Element.NOT_ACTION)
    where = _meant(statement, Element.RESOURCE, Element.NOT_RESOURCE)
    text = f"it denies {what} on {where}" if where else f"it denies {what}"
    names = ", ".join(dict.fromkeys(clause.pattern for clause in spared))
    return f"{text}, to all but {names}" if names else text


def _meant(statement: StatementExplanation, element: Element, other: Element) -> str:
    """The patterns that match a request, or those that are left out."""
    for entry, before in ((element, ""), (other, "all but ")):
        patterns = [
            clause.pattern
            for clause in statement.clauses
            if clause.element is entry and clause.matched is not (entry is other)
        ]
        if patterns:
            return before + ", ".join(dict.fromkeys(patterns))
    return ""


def element_text(statement: StatementExplanation, element: Element, action: str) -> str:
    """What an element of a statement asks for, and what the request has: of a condition the keys
    that fail it, or where none does, those that it holds by."""
    clauses = [clause for clause in statement.clauses if clause.element is element]
    if element is not Element.CONDITION:
        patterns = ", ".join(dict.fromkeys(clause.pattern for clause in clauses))
        values = ", ".join(dict.fromkeys(clause.value for clause in clauses if clause.value))
        values = action if element in (Element.ACTION, Element.NOT_ACTION) else values
        against = f", the request {values}" if values else ""
        return f"its {_FAILED[element]} says {patterns}{against}"
    failing = [clause for clause in clauses if not clause.matched] or clauses
    return "; ".join(
        f"{clause.key} is {'not there' if clause.value is None else clause.value or 'empty'}, which"
        f" {'meets' if clause.matched else 'fails'} {clause.operator}"
        f" {wanted_text(clause)}"
        for clause in failing
    )


def short_arn(text: str) -> tuple[str, str]:
    """Say in two short lines who or what an ARN is: its last part, and where that is."""
    arn = find_arn(text)
    if arn is None:
        return text, ""
    kind, _, name = arn.resource.partition("/")
    if not name:
        kind, _, name = arn.resource.rpartition(":")
    shown = name.replace("/", " / ") if kind == "assumed-role" else name
    described = " ".join(part for part in (arn.service, kind) if part)
    if arn.service in PRINCIPAL_SERVICES:
        described = kind or arn.service
    if arn.service == "s3" and not arn.account:
        shown, described = arn.resource, "s3"
    where = ", ".join(part for part in (described, arn.account) if part)
    return shown or arn.resource, where


def on_one_line(lines: tuple[str, ...]) -> str:
    """What stands on several lines of a gate, on one."""
    return ", ".join(lines).replace(", of ", " of ")
