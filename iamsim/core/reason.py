"""The closed lists of reasons and notes.

A `Reason` says why something matched, failed or decided; a `Note` marks a rule that AWS's text
leaves open and that an answer used, or a pitfall that the answer should carry. Values are stable
codes; the sentences that people read belong to `iamsim.report`.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Note", "Reason"]


class Reason(Enum):
    """Why. The first group is about clauses, the second about layers, the third about verdicts,
    the fourth names the relation between caller and resource."""

    MATCHED = "matched"
    PATTERN_MISMATCH = "pattern-mismatch"
    VALUE_MISMATCH = "value-mismatch"
    KEY_ABSENT = "key-absent"
    KEY_ABSENT_PASSES = "key-absent-passes"
    KEY_PRESENT = "key-present"
    VARIABLE_UNRESOLVED = "variable-unresolved"
    VALUE_UNREADABLE = "value-unreadable"
    POLICY_VALUE_UNREADABLE = "policy-value-unreadable"
    SEVERAL_VALUES_WITHOUT_SET_OPERATOR = "several-values-without-set-operator"
    NULL_WITH_SET_OPERATOR = "null-with-set-operator"
    NO_VALUES = "no-values"
    EMPTY_ELEMENT = "empty-element"
    PRINCIPAL_MISMATCH = "principal-mismatch"
    PRINCIPAL_SPARED = "principal-spared"
    PRINCIPAL_HAS_BOUNDARY = "principal-has-boundary"

    STATEMENT_ALLOWS = "statement-allows"
    STATEMENT_DENIES = "statement-denies"
    NO_STATEMENT_ALLOWS = "no-statement-allows"
    NO_POLICY = "no-policy"
    NOT_PRESENT = "not-present"
    ROOT_USER_NEEDS_NO_POLICY = "root-user-needs-no-policy"
    FEDERATED_USER_WITHOUT_SESSION_POLICY = "federated-user-without-session-policy"
    CALLER_IS_SERVICE_LINKED_ROLE = "caller-is-service-linked-role"
    CALLER_IN_MANAGEMENT_ACCOUNT = "caller-in-management-account"
    CALLER_NOT_IN_ORGANIZATION = "caller-not-in-organization"
    CALLER_HAS_NO_IDENTITY = "caller-has-no-identity"
    RESOURCE_IN_MANAGEMENT_ACCOUNT = "resource-in-management-account"
    RESOURCE_NOT_IN_ORGANIZATION = "resource-not-in-organization"
    SERVICE_NOT_COVERED = "service-not-covered"
    ACTION_EXEMPT = "action-exempt"
    RESOURCE_EXEMPT = "resource-exempt"
    FOLLOW_UP_CALL = "follow-up-call"
    POLICY_NOT_CONSULTED = "policy-not-consulted"
    OWNER_ROOT_MAY_UNLOCK = "owner-root-may-unlock"
    PUBLIC_POLICY_RESTRICTED = "public-policy-restricted"
    POLICY_NOT_PUBLIC = "policy-not-public"
    CALLER_IN_OWNER_ACCOUNT = "caller-in-owner-account"
    CALLER_IS_SERVICE = "caller-is-service"

    ALLOWED = "allowed"
    ALWAYS_ALLOWED = "always-allowed"
    EXPLICITLY_DENIED = "explicitly-denied"
    GUARDRAIL_DOES_NOT_ALLOW = "guardrail-does-not-allow"
    NO_WAY_IN = "no-way-in"
    CALLER_MAY_NOT_CALL = "caller-may-not-call"
    DEPENDS_ON_UNKNOWN = "depends-on-unknown"

    CALLER_IDENTITY = "caller-identity"
    WEB_IDENTITY = "web-identity"
    ANONYMOUS_CALLER = "anonymous-caller"
    SERVICE_CALLER = "service-caller"
    SAME_ACCOUNT = "same-account"
    CROSS_ACCOUNT = "cross-account"
    CROSS_PARTITION = "cross-partition"
    ROLE_TRUST = "role-trust"
    KMS_KEY = "kms-key"
    CROSS_ACCOUNT_KMS_KEY = "cross-account-kms-key"
    ASSUME_ROOT = "assume-root"
    RESTRICTED_CREDENTIALS = "restricted-credentials"
    OWN_ACCOUNT_ONLY = "own-account-only"


class Note(Enum):
    """An open point of AWS's text that the answer used, or a pitfall worth saying.

    Each is explained in ``docs/reference/notes.md``.
    """

    FOR_ANY_VALUE_NEGATED_MISSING_KEY = "for-any-value-negated-missing-key"
    SEVERAL_VALUES_WITHOUT_SET_OPERATOR = "several-values-without-set-operator"
    UNREADABLE_REQUEST_VALUE = "unreadable-request-value"
    UNREADABLE_POLICY_VALUE = "unreadable-policy-value"
    OPERATOR_LETTER_CASE = "operator-letter-case"
    BOOLEAN_VARIABLE = "boolean-variable"
    EMPTY_STRING_IN_LIST = "empty-string-in-list"
    EMPTY_VALUE_LIST = "empty-value-list"
    EMPTY_NEGATED_ELEMENT = "empty-negated-element"
    EMPTY_STRING_VALUE = "empty-string-value"
    BOOLEAN_LETTER_CASE = "boolean-letter-case"
    IPV6_WITHOUT_PREFIX = "ipv6-without-prefix"
    WILDCARD_PRINCIPAL_AND_SERVICE = "wildcard-principal-and-service"
    PRINCIPAL_WILDCARD_IN_ARN = "principal-wildcard-in-arn"
    PRINCIPAL_ID_UNKNOWN = "principal-id-unknown"
    CANONICAL_USER = "canonical-user"
    NOT_PRINCIPAL_IDENTITIES = "not-principal-identities"
    ALLOW_WITH_NOT_PRINCIPAL = "allow-with-not-principal"
    SESSION_NAME_UNKNOWN = "session-name-unknown"
    ROLE_PATH_ASSUMED = "role-path-assumed"
    FEDERATED_SOURCE_USER = "federated-source-user"
    UNRESOLVED_VARIABLE_IN_NOT_RESOURCE = "unresolved-variable-in-not-resource"
    VARIABLE_IN_ARN_HEAD = "variable-in-arn-head"
    MIDDLE_WILDCARD_IN_ARN = "middle-wildcard-in-arn"
    ACTION_SERVICE_WILDCARD = "action-service-wildcard"
    RESOURCE_NOT_AN_ARN = "resource-not-an-arn"
    RCP_WITHOUT_RESOURCE = "rcp-without-resource"
    RCP_SERVICE_LIST = "rcp-service-list"
    OWNER_ROOT_UNLOCK = "owner-root-unlock"
    ASSUME_ROOT_SESSION = "assume-root-session"
    SERVICE_LINKED_ROLE_BY_NAME = "service-linked-role-by-name"
    KMS_GRANT_CROSS_ACCOUNT = "kms-grant-cross-account"
    ENDPOINT_TYPE_UNKNOWN = "endpoint-type-unknown"
    PASS_ROLE_RESOURCE_TAG = "pass-role-resource-tag"  # noqa: S105 - a code, not a secret
    COMPANION_TAG_SESSION = "companion-tag-session"
    COMPANION_SET_SOURCE_IDENTITY = "companion-set-source-identity"
    SELF_ASSUMPTION = "self-assumption"
    SERVICE_PRINCIPAL_KEYS = "service-principal-keys"
    SOURCE_IP_ON_FOLLOW_UP_CALL = "source-ip-on-follow-up-call"
    SCP_ALLOW_WITH_RESOURCE = "scp-allow-with-resource"
    EVERYONE_IN_TRUST_POLICY = "everyone-in-trust-policy"
    BUCKET_TAGS_WITHOUT_ABAC = "bucket-tags-without-abac"
    UNKNOWN_PRINCIPAL_IN_WORLD = "unknown-principal-in-world"
    UNKNOWN_RESOURCE_IN_WORLD = "unknown-resource-in-world"
    UNKNOWN_ENDPOINT_IN_WORLD = "unknown-endpoint-in-world"
    WHOLE_VALUE_WILDCARD_ARN = "whole-value-wildcard-arn"
    POLICY_VERSION_VARIABLES = "policy-version-variables"
