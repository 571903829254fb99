"""Which of the context keys that were given belong to which request of a chain of roles.

A question gives one context. In a chain, keys about the caller are about the one that starts it,
keys about the target are about the question at its end, and what is true of the network or the time
is true of every request.
"""

from __future__ import annotations

from typing import NamedTuple

# Credentials of sts:AssumeRole say nothing of MFA:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
ABOUT_THE_CALLER = (
    "aws:assumedroot",
    "aws:federatedprovider",
    "aws:multifactorauth",
    "aws:principal",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
)
ABOUT_THE_TARGET = ("aws:requestedregion", "aws:requesttag/", "aws:resource", "aws:tagkeys")
# What of a token stays in the session that it makes:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
KEPT_CLAIMS = frozenset({"amr", "aud", "sub"})
KEPT_SAML_CLAIMS = frozenset({"namequalifier", "sub", "sub_type"})


class Step(NamedTuple):
    """Where in a chain a hop stands: whether it is the first, and made with a token."""

    first: bool
    with_token: bool


def belongs_to_hop(key: str, step: Step) -> bool:
    """Whether a key that was given is in the context of a call that assumes a role."""
    key = key.lower()
    service = key.partition(":")[0]
    if key.startswith(ABOUT_THE_CALLER):
        return step.first
    if service == "sts":
        return True
    if service == "aws":
        return not key.startswith(ABOUT_THE_TARGET)
    return step.with_token


def belongs_to_question(key: str, action: str, *, hops: int) -> bool:
    """Whether a key that was given is in the context of the question at the end of a chain."""
    key = key.lower()
    service, _, name = key.rpartition(":")
    if key.startswith(ABOUT_THE_CALLER):
        return False
    if service == "sts":
        return action.lower().startswith("sts:")
    if service == "saml":
        return hops == 1 and name in KEPT_SAML_CLAIMS
    if "." in service:
        return hops == 1 and name in KEPT_CLAIMS
    return True
