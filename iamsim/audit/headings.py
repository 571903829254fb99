"""The headings of AWS's best practices for IAM, in their order.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

from __future__ import annotations

from typing import NamedTuple

PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"


class Heading(NamedTuple):
    """A heading: its `id` here, what it asks for in our words, and its anchor on AWS's page."""

    id: str
    title: str
    anchor: str

    @property
    def see(self) -> str:
        """The address of AWS's text."""
        return f"{PAGE}#{self.anchor}"


HEADINGS = (
    Heading(
        "human-federation",
        "People sign in through an identity provider, with temporary credentials",
        "bp-users-federation-idp",
    ),
    Heading(
        "workload-roles",
        "Workloads use roles, with temporary credentials",
        "bp-workloads-use-roles",
    ),
    Heading(
        "mfa",
        "Multi-factor authentication is required",
        "enable-mfa-for-privileged-users",
    ),
    Heading(
        "rotate-access-keys",
        "Access keys that must stay are updated",
        "rotate-credentials",
    ),
    Heading("root-user", "The root user is protected", "lock-away-credentials"),
    Heading(
        "least-privilege", "Permissions are the least that are needed", "grant-least-privilege"
    ),
    Heading(
        "managed-to-least",
        "AWS managed policies are a start, and give way to narrower ones",
        "bp-use-aws-defined-policies",
    ),
    Heading(
        "unused",
        "Unused users, roles, permissions, policies and credentials are removed",
        "remove-credentials",
    ),
    Heading("conditions", "Conditions restrict access further", "use-policy-conditions"),
    Heading(
        "analyzer-generate",
        "Policies are generated from what was used",
        "bp-gen-least-privilege-policies",
    ),
    Heading(
        "analyzer-external",
        "Public and cross-account access is verified",
        "bp-preview-access",
    ),
    Heading("analyzer-validate", "Policies are validated", "bp-validate-iam-policies"),
    Heading(
        "guardrails",
        "Guardrails hold across accounts",
        "bp-permissions-guardrails",
    ),
    Heading(
        "boundaries",
        "Permissions boundaries limit delegated administration",
        "bp-permissions-boundaries",
    ),
)
