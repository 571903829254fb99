"""What the closed codes of reasons and notes say in words.

The engine answers with codes; only here do they become sentences. A test holds that both tables
are complete.
"""

from __future__ import annotations

from collections.abc import Mapping

from iamsim.core.decision import Outcome, Verdict
from iamsim.core.layer_names import GRANTS, LAYERS, concerns_role_trust, layer_name
from iamsim.core.reason import Note, Reason

__all__ = [
    "LAYERS",
    "NOTES",
    "OUTCOMES",
    "REASONS",
    "VERDICTS",
    "WAYS",
    "concerns_role_trust",
    "layer_name",
    "level_text",
]


# The ways in that a name of a layer alone does not tell apart.
WAYS: Mapping[str, str] = {
    "resource-based-policy": "{policy} naming the caller or everyone",
    "resource-based-policy-to-role": "{policy} naming the role",
    "resource-based-policy-to-source-user": "{policy} naming the user behind the session",
    "resource-based-policy-to-account": "{policy} naming the account",
    "both-accounts": "{policy} of the other account",
    "both-policies": "{policy} beside the caller's own",
    "role-trust-policy": "{policy} naming the identity provider",
    "kms-grant": "grant on the key",
    "kms-grant-to-account": "grant on the key to the account",
    "identity-based-policy": "identity-based policy",
}


# The sides of a request through an access point, by the levels that the engine gives them.
SIDES: Mapping[str, str] = {
    "access point": "the access point",
    "bucket": "the bucket behind it",
    "network": "the access point's network",
}


def level_text(level: str | None) -> str:
    """` at level Workloads`, or nothing where a layer has no levels of its own."""
    if level is None or level == GRANTS:
        return ""
    if level in SIDES:
        return f" at {SIDES[level]}"
    return f" at {level}" if level.startswith("level ") else f" at level {level}"


VERDICTS: Mapping[Verdict, str] = {
    Verdict.ALLOWED: "allowed",
    Verdict.EXPLICIT_DENY: "denied",
    Verdict.IMPLICIT_DENY: "denied",
    Verdict.CONDITIONAL: "conditional",
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ALLOW: "allows",
    Outcome.EXPLICIT_DENY: "denies",
    Outcome.IMPLICIT_DENY: "does not allow",
    Outcome.UNKNOWN: "depends",
    Outcome.NOT_APPLICABLE: "does not apply",
}

REASONS: Mapping[Reason, str] = {
    Reason.MATCHED: "matches",
    Reason.PATTERN_MISMATCH: "the pattern does not match",
    Reason.VALUE_MISMATCH: "the value of the request does not pass the test",
    Reason.KEY_ABSENT: "the request does not have this key",
    Reason.KEY_ABSENT_PASSES: "the request does not have this key, which passes this test",
    Reason.KEY_PRESENT: "the request has this key",
    Reason.VARIABLE_UNRESOLVED: "a policy variable in it has no value in this request",
    Reason.VALUE_UNREADABLE: "the value of the request is not of the type that the operator reads",
    Reason.POLICY_VALUE_UNREADABLE: "the policy's value is not of the type that the operator reads",
    Reason.SEVERAL_VALUES_WITHOUT_SET_OPERATOR: (
        "the key has several values and the operator has neither ForAllValues nor ForAnyValue"
    ),
    Reason.NULL_WITH_SET_OPERATOR: (
        "Null is always true with ForAllValues and always false with ForAnyValue"
    ),
    Reason.NO_VALUES: "the condition lists no values",
    Reason.EMPTY_ELEMENT: "it lists nothing, so the statement has no effect",
    Reason.PRINCIPAL_MISMATCH: "names another principal",
    Reason.PRINCIPAL_SPARED: "the caller is among the principals that the statement spares",
    Reason.PRINCIPAL_HAS_BOUNDARY: (
        "a caller with a permissions boundary is never spared by NotPrincipal"
    ),
    Reason.STATEMENT_ALLOWS: "a statement allows it",
    Reason.STATEMENT_DENIES: "a statement denies it",
    Reason.NO_STATEMENT_ALLOWS: "no statement allows it",
    Reason.NO_POLICY: "there is no policy here",
    Reason.NOT_PRESENT: "not there",
    Reason.ROOT_USER_NEEDS_NO_POLICY: "the root user needs no identity-based policy",
    Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY: (
        "a federated user session without a session policy is allowed nothing by it"
    ),
    Reason.CALLER_IS_SERVICE_LINKED_ROLE: "it does not restrict service-linked roles",
    Reason.CALLER_IN_MANAGEMENT_ACCOUNT: "it does not restrict the management account",
    Reason.CALLER_NOT_IN_ORGANIZATION: "the caller's account is in no organization that is known",
    Reason.CALLER_HAS_NO_IDENTITY: "the caller is no user, role or root user of an account",
    Reason.RESOURCE_IN_MANAGEMENT_ACCOUNT: "the resource belongs to the management account",
    Reason.RESOURCE_NOT_IN_ORGANIZATION: (
        "the resource's account is in no organization that is known"
    ),
    Reason.SERVICE_NOT_COVERED: "it does not cover this service",
    Reason.ACTION_EXEMPT: "this action is exempt from it",
    Reason.RESOURCE_EXEMPT: "this resource is exempt from it",
    Reason.FOLLOW_UP_CALL: (
        "the call was made by a service in the caller's name, not through the endpoint"
    ),
    Reason.POLICY_NOT_CONSULTED: "it is not consulted for this request",
    Reason.OWNER_ROOT_MAY_UNLOCK: (
        "the owner's root user may still read, replace and delete a policy that denies everyone"
    ),
    Reason.PUBLIC_POLICY_RESTRICTED: (
        "the bucket policy is public and RestrictPublicBuckets keeps callers of other accounts out"
    ),
    Reason.POLICY_NOT_PUBLIC: "the bucket policy is not public",
    Reason.CALLER_IN_OWNER_ACCOUNT: "the caller is of the account that owns the resource",
    Reason.CALLER_IS_SERVICE: "the caller is an AWS service",
    Reason.CREDENTIALS_DO_NOT_REACH: "the service does not take these credentials for this call",
    Reason.OUTSIDE_OF_ACCESS_POINT: (
        "the access point takes requests by TLS only, and where it is of a VPC from there only"
    ),
    Reason.ALLOWED: "everything that must allow the request allows it",
    Reason.ALWAYS_ALLOWED: "this action needs no permission, and no policy can deny it",
    Reason.EXPLICITLY_DENIED: "a statement denies the request explicitly",
    Reason.GUARDRAIL_DOES_NOT_ALLOW: "a layer that every request must pass does not allow this one",
    Reason.NO_WAY_IN: "no combination of policies that could grant the request does so",
    Reason.CALLER_MAY_NOT_CALL: "such callers may not make this call, whatever policies say",
    Reason.SERVICE_REFUSES: "the service refuses the call, whatever policies say",
    Reason.DEPENDS_ON_UNKNOWN: "it depends on something about the request that is not known",
    Reason.CALLER_IDENTITY: "a call that is always allowed",
    Reason.WEB_IDENTITY: "an unsigned call of a web identity or SAML user on a role",
    Reason.ANONYMOUS_CALLER: "an anonymous caller",
    Reason.SERVICE_CALLER: "an AWS service calls with its own identity",
    Reason.SAME_ACCOUNT: "caller and resource are in the same account",
    Reason.CROSS_ACCOUNT: "caller and resource are in different accounts",
    Reason.CROSS_PARTITION: "caller and resource are in different partitions",
    Reason.ROLE_TRUST: "a role is assumed from within its account",
    Reason.KMS_KEY: "the resource is a KMS key of the caller's account",
    Reason.CROSS_ACCOUNT_KMS_KEY: "the resource is a KMS key of another account",
    Reason.RETIRED_GRANT: "a grant says itself who may retire it, and no key policy does",
    Reason.ASSUME_ROOT: "a member account's root is assumed",
    Reason.RESTRICTED_CREDENTIALS: "the caller's credentials may not make this call",
    Reason.OWN_ACCOUNT_ONLY: (
        "the resource is of another account, and no grant makes this call reach beyond one's own"
    ),
    Reason.IDENTITY_POLICIES_ONLY: "no resource-based policy reaches this call",
    Reason.NO_POLICY_CONTROLS: "a call that no policy controls",
    Reason.SIGNED_CALLS_ONLY: "the service takes this call only with a signature",
    Reason.FOREIGN_PROVIDER: "the identity provider is of another account than the role",
    Reason.MANAGEMENT_ACCOUNT_ONLY: "the call is for the organization's management account",
    Reason.ADMINISTRATORS_ONLY: (
        "the call is for the organization's management account and its delegated administrators"
    ),
    Reason.DELEGATED_ADMINISTRATORS_ONLY: (
        "the call is for the account that administers the service for the organization"
    ),
    Reason.MEMBER_ACCOUNTS_ONLY: "the call is for member accounts of the organization",
    Reason.FIXED_OBJECT: "the object is AWS's own, and the service refuses to change it",
    Reason.ACCESS_POINT_NEEDS_SIGNATURE: "an access point, which takes no anonymous requests",
    Reason.SHARED_RESOURCE: "the resource's owner shares it with the caller's account",
    Reason.BOTH_POLICIES: "the service asks both the caller's policies and the resource's",
    Reason.FOREIGN_ACCESS_POINT: "the access point and the bucket behind it have different owners",
}

NOTES: Mapping[Note, str] = {
    Note.FOR_ANY_VALUE_NEGATED_MISSING_KEY: (
        "ForAnyValue with a negated operator met a missing key; AWS says that ForAnyValue is then"
        " false, without a word about negated operators, and false is what was taken"
    ),
    Note.SEVERAL_VALUES_WITHOUT_SET_OPERATOR: (
        "a key with several values was tested without ForAllValues or ForAnyValue; AWS does not say"
        " what happens, and the test was taken to fail"
    ),
    Note.UNREADABLE_REQUEST_VALUE: (
        "a value of the request could not be read as the type of its operator; it was taken to"
        " match nothing"
    ),
    Note.UNREADABLE_POLICY_VALUE: (
        "a value of a policy could not be read as the type of its operator; its test was taken to"
        " fail"
    ),
    Note.OPERATOR_LETTER_CASE: (
        "a condition operator is written in another letter case than AWS writes it; it was taken as"
        " the same operator"
    ),
    Note.BOOLEAN_VARIABLE: (
        "a policy variable stands in a Bool condition; AWS names variables for string and ARN"
        " operators, and it was filled in here as well"
    ),
    Note.EMPTY_STRING_IN_LIST: (
        "a multivalued key holds only empty strings; it was taken as a key without a value"
    ),
    Note.EMPTY_VALUE_LIST: (
        "a condition lists no values at all; AWS says that it is true and that its statement gives"
        " no permissions: a Deny was taken to apply, an Allow to give nothing"
    ),
    Note.ELEMENT_LISTS_NOTHING: (
        "a statement has an Action, NotAction, Resource or Principal that lists nothing: AWS stores"
        " it, and it has no effect"
    ),
    Note.EMPTY_NEGATED_ELEMENT: (
        "a NotPrincipal or NotResource lists nothing; AWS says what such a Principal or Resource"
        " means, and the statement was taken to have no effect in the same way"
    ),
    Note.WILDCARD_PRINCIPAL_AND_SERVICE: (
        "the principal `*` was taken to include AWS services; AWS's text does not settle it"
    ),
    Note.PRINCIPAL_WILDCARD_IN_ARN: (
        "a Principal element holds a wildcard inside an ARN; AWS refuses such a policy, and the"
        " entry was taken to name nobody"
    ),
    Note.PRINCIPAL_ID_UNKNOWN: (
        "a Principal element names a unique id; which user or role it belongs to is not known here,"
        " so it was taken to be another one"
    ),
    Note.PRINCIPAL_NOT_STORED: (
        "a Principal element has an entry that can't be a principal, which AWS refuses to store: it"
        " was taken to name nobody"
    ),
    Note.DENY_OF_UNLISTED_ACTION: (
        "a Deny of a policy that is attached to the resource has an action that AWS lists nowhere,"
        " or that is none of its service; it denies nothing, and S3 and others refuse to store it"
    ),
    Note.DENY_OF_OTHER_RESOURCE: (
        "a Deny of a policy that is attached to the resource is about another resource; it denies"
        " nothing there, and S3 and others refuse to store it"
    ),
    Note.DENY_WITHOUT_RESOURCE: (
        "a Deny of this action names resources, and the action has none: only `*` covers it, so the"
        " Deny does nothing here"
    ),
    Note.DENY_ON_UNLISTED_KEY: (
        "a Deny hangs on a context key that AWS lists nowhere: the request was taken to lack it, so"
        " that the Deny does nothing; S3 and others refuse to store it"
    ),
    Note.CANONICAL_USER: (
        "a Principal element names a canonical user id; the world does not say that of the caller's"
        " account (`canonical_user_id`), so it was taken to be another one"
    ),
    Note.NOT_PRINCIPAL_IDENTITIES: (
        "NotPrincipal spares a caller only when both its account and its user or role are listed; a"
        " session need not be, though AWS's text has some services look at it as well; AWS"
        " recommends `aws:PrincipalArn` in a condition instead"
    ),
    Note.ALLOW_WITH_NOT_PRINCIPAL: (
        "a statement allows with NotPrincipal, which AWS no longer supports in new policies; it was"
        " taken to let in everyone who is not named, anonymous callers and AWS services too"
    ),
    Note.SESSION_NAME_UNKNOWN: (
        "the caller is some session of the role, its name is not known; what names one session was"
        " taken to be another one"
    ),
    Note.ROLE_PATH_ASSUMED: (
        "the ARN of a role session does not show the role's path; the role was taken to have none"
    ),
    Note.FEDERATED_SOURCE_USER: (
        "a resource-based policy that names the user behind a federated session was taken to be"
        " limited by boundary and session policy only"
    ),
    Note.UNRESOLVED_VARIABLE_IN_NOT_RESOURCE: (
        "a policy variable in NotResource has no value in this request; the entry matches nothing,"
        " so the statement covers more than it seems"
    ),
    Note.UNRESOLVED_VARIABLE_BESIDE_OTHERS: (
        "an entry holds a policy variable without a value, and another entry matched; AWS said in"
        " an older edition that the whole statement may then be invalid"
    ),
    Note.WILDCARD_IN_VARIABLE_VALUE: (
        "the value of a policy variable holds `*` or `?`; AWS does not say whether they act as"
        " wildcards, and they were taken for plain characters"
    ),
    Note.DATE_WITHOUT_ZONE: (
        "a date has a time and no zone; AWS's pages give every time a zone, and UTC was taken"
    ),
    Note.VARIABLE_IN_ARN_HEAD: (
        "a policy variable stands in front of an ARN's resource part, where AWS does not support it"
    ),
    Note.MIDDLE_WILDCARD_IN_ARN: (
        "a wildcard stands in the middle of an ARN part; it was taken to stay within that part"
    ),
    Note.ACTION_SERVICE_WILDCARD: (
        "an action has a wildcard in its service prefix; AWS does not document it, and it was taken"
        " as a pattern"
    ),
    Note.RESOURCE_NOT_AN_ARN: (
        "a resource or a pattern for one is no ARN; it was compared as plain text"
    ),
    Note.RCP_WITHOUT_RESOURCE: (
        "the request names no single resource; resource control policies were taken to apply as to"
        " a resource of the caller's account"
    ),
    Note.RCP_SERVICE_LIST: (
        "which services resource control policies cover is a list of AWS that grows; the one used"
        " here has a date"
    ),
    Note.OWNER_ROOT_UNLOCK: (
        "the owner's root user was let through to a locked bucket or queue policy; AWS does not"
        " list the exact actions"
    ),
    Note.ASSUME_ROOT_SESSION: (
        "the caller is a root session made by sts:AssumeRoot; how its task policy meets other"
        " policies is documented in part only"
    ),
    Note.SERVICE_LINKED_ROLE_BY_NAME: (
        "the caller was taken for a service-linked role because of its path or name"
    ),
    Note.KMS_GRANT_CROSS_ACCOUNT: (
        "a grant on a key of another account was taken to need no identity-based policy"
    ),
    Note.KMS_GRANT_UNDER_GRANT: (
        "a grant lets its grantee make grants of no more than its own operations; which operations"
        " this one is for is not known, and they were taken to be among those"
    ),
    Note.ENDPOINT_TYPE_UNKNOWN: (
        "the type of the VPC endpoint is not known; its policy was read as AWS does for interface"
        " endpoints"
    ),
    Note.ENDPOINT_POLICY_PATTERN: (
        "the policy of the VPC endpoint has a wildcard or an operator for numbers where AWS says"
        " that such a policy can have none; it was read as in other policies"
    ),
    Note.PASS_ROLE_RESOURCE_TAG: (
        "iam:PassRole does not reliably support aws:ResourceTag; AWS advises against such a"
        " condition"
    ),
    Note.KEY_POLICY_KEY_UNSETTLED: (
        "a condition of the key policy asks for a tag or an alias of the key; AWS supports that in"
        " identity-based policies only, and it was read alike"
    ),
    Note.COMPANION_INVOKE_FUNCTION: (
        "a call of a function URL needs lambda:InvokeFunction as well, with"
        " lambda:InvokedViaFunctionUrl: ask for both"
    ),
    Note.SUBSCRIPTION_OWNER: (
        "a subscription that was confirmed with AuthenticateOnUnsubscribe takes this call with a"
        " signature only, and ends only by its owner or the topic's"
    ),
    Note.COMPANION_TAG_SESSION: (
        "the session carries tags, so sts:TagSession must be allowed as well: ask for it too"
    ),
    Note.COMPANION_SET_SOURCE_IDENTITY: (
        "the session carries a source identity, so sts:SetSourceIdentity must be allowed as well:"
        " ask for it too"
    ),
    Note.EMPTY_STRING_VALUE: (
        "a key has the empty string for a value; it was taken to be there, and a default of a"
        " policy variable to stand in for it"
    ),
    Note.BOOLEAN_LETTER_CASE: (
        "true or false is written in other letters than AWS's pages have; letter case was ignored"
    ),
    Note.IPV6_WITHOUT_PREFIX: (
        "an IPv6 address in the policy has no prefix; it was taken for one address (/128)"
    ),
    Note.SERVICE_PRINCIPAL_KEYS: (
        "a condition asks for the ARN, type, account or id of a caller that is a service; AWS says"
        " that every signed request has the key, but not with what value, and it was left open"
    ),
    Note.SOURCE_IP_ON_FOLLOW_UP_CALL: (
        "a condition asks for the source address of a call that a service makes for somebody; the"
        " pages disagree on whose it is, and the one given was kept"
    ),
    Note.TRANSPORT_NOT_SAID: (
        "nobody said whether the connection is encrypted; AWS's SDKs and its command line use TLS:"
        " give aws:SecureTransport=true for their calls"
    ),
    Note.MFA_OF_ROLE_SESSIONS: (
        "a condition asks whether MFA was used for the session of a role, or how long ago; one page"
        " of AWS says that such sessions have the key, another that they say nothing of MFA, and it"
        " was left open"
    ),
    Note.SCP_ALLOW_WITH_RESOURCE: (
        "a service control policy allows for some resources only; AWS's pages disagree on whether"
        " that is possible, and it was read as written"
    ),
    Note.EVERYONE_IN_TRUST_POLICY: (
        'a trust policy lets "*" in; within the account that was taken to name the caller'
    ),
    Note.ACCESS_POINT_BUCKET_UNKNOWN: (
        "the world does not say which bucket is behind the access point, or whose it is; the"
        " bucket's policy, and where it is another account's nothing but that policy, must permit"
        " the request too"
    ),
    Note.ACCESS_POINT_SIDES: (
        "AWS does not say whether an identity-based policy has to name the bucket behind an access"
        " point too, nor whether the RCPs of the access point's account apply; the access point"
        " was taken to be enough for the first, and the second to be so"
    ),
    Note.ACCESS_POINT_VPC_UNKNOWN: (
        "the access point takes requests from its VPC only, and the world does not say which that"
        " is (`vpc`); any VPC endpoint was taken to be in it"
    ),
    Note.SEVERAL_BUCKETS_BEHIND: (
        "a multi-Region access point serves a request by the bucket that is nearest; all buckets"
        " were taken to have to permit it"
    ),
    Note.LOG_GROUPS_RESOURCE: (
        "policies name a log group with `:*` behind it, but for actions about its tags, and all of"
        " them for logs:DescribeLogGroups; the service reference has neither, and AWS's own"
        " messages an empty log stream: a pattern that matches this was taken to be enough"
        " (`aws:RequestedRegion` says the Region)"
    ),
    Note.ANCESTORS_ASKED_TOO: (
        "AWS asks for the action on what the resource lies in as well, for a table on its database"
        " and the catalog: this answer is about the one ARN, and `--call` asks about all"
    ),
    Note.PUBLIC_POLICY_UNSETTLED: (
        "whether S3 counts the policy as public is not settled: an identity provider as principal"
        " was taken to be public, a fixed aws:PrincipalArn or aws:PrincipalAccount not to be"
    ),
    Note.BUCKET_TAGS_WITHOUT_ABAC: (
        "the tags of the bucket were counted; S3 does so only where that is enabled for the bucket,"
        " and the world does not say (`abac: true` or `false`)"
    ),
    Note.SELF_ASSUMPTION: "a role assumes itself: its trust policy must name it, as AWS requires",
    Note.UNKNOWN_PRINCIPAL_IN_WORLD: (
        "the world does not list this principal; it was taken to have no policies, groups or tags"
    ),
    Note.UNKNOWN_RESOURCE_IN_WORLD: (
        "the world does not list this resource; it was taken to have no resource-based policy"
    ),
    Note.ACCOUNT_IN_NO_UNIT: (
        "an account of the world stands in no unit of its organization; no SCPs and RCPs of the"
        " organization were taken to apply to it"
    ),
    Note.SOURCES_UNVERIFIED: (
        "nothing says whether the collected files behind the world are whole: a policy that was"
        " taken from them without a trace is missing here"
    ),
    Note.BUCKET_OWNER_ASSUMED: (
        "nothing names the owner of the bucket; it was taken to be the caller's account, and the"
        " answer is the same of another account's bucket"
    ),
    Note.BUCKET_OWNER_ALLOWED_ELSEWHERE: (
        "nothing names the owner of the bucket; it was taken to be the caller's account: of another"
        " account's bucket the request is allowed"
    ),
    Note.BUCKET_OWNER_CONDITIONAL_ELSEWHERE: (
        "nothing names the owner of the bucket; it was taken to be the caller's account: of another"
        " account's bucket the request depends on what is not known"
    ),
    Note.BUCKET_OWNER_DENIED_ELSEWHERE: (
        "nothing names the owner of the bucket; it was taken to be the caller's account: of another"
        " account's bucket the request is denied"
    ),
    Note.UNKNOWN_ENDPOINT_IN_WORLD: (
        "the world does not list this VPC endpoint; it was taken to have the default policy, which"
        " allows everything"
    ),
    Note.WHOLE_VALUE_WILDCARD_ARN: (
        "a lone `*` was compared with an ARN operator; it was taken to match every value"
    ),
    Note.CALLER_STANDING_UNKNOWN: (
        "only some accounts of an organization may make this call; whether the caller's is"
        " one is not known, and it was taken to be"
    ),
    Note.ADMINISTRATORS_UNSETTLED: (
        "the call may be for the organization's management account or a delegated administrator;"
        " AWS's pages do not settle it, and every account was taken to be able to make it"
    ),
    Note.CROSS_ACCOUNT_REACH_UNSETTLED: (
        "that this call reaches resources of other accounts is not settled by AWS's pages; it was"
        " taken to, where both sides allow it"
    ),
    Note.FIXED_OBJECT_UNSETTLED: (
        "the object is AWS's own; AWS's pages do not settle whether this call can change it, and it"
        " was taken to"
    ),
    Note.MANAGED_KEY_ACROSS_ACCOUNTS: (
        "an AWS managed key encrypts the resource, and callers of other accounts can't use it: the"
        " call fails at the key, which was not asked here"
    ),
    Note.VAULT_NOT_ASKED: (
        "the access policy of the backup vault counts too, for which the ARN of a recovery point"
        " does not say which one it is in; no such policy was asked"
    ),
    Note.DEFAULT_FILE_SYSTEM_POLICY: (
        "no policy of the file system was asked; while it has none, EFS lets in every client that"
        " reaches a mount target without IAM, and does not ask the policies here"
    ),
    Note.SERVICE_NETWORK_POLICY: (
        "the auth policy of the service network that the request comes through was not asked; where"
        " the network has one, it must allow the request, too"
    ),
    Note.UNSIGNED_CALL_UNSETTLED: (
        "that the service takes this call without a signature is not settled by AWS's pages; it was"
        " taken to, where a policy lets everybody in"
    ),
    Note.FOREIGN_PROVIDER_UNSETTLED: (
        "no page of AWS says that an identity provider opens roles of its own account only, as it"
        " was taken to"
    ),
    Note.FEDERATED_USER_IN_CONSOLE: (
        "a federated user may call IAM from the console's own session only, not by CLI or API"
    ),
    Note.POLICY_VERSION_VARIABLES: (
        "a policy without version 2012-10-17 holds `${...}`: there it is plain text, no variable"
    ),
}
