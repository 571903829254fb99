"""The AWS page behind a rule that is a service's and no policy's."""

from __future__ import annotations

from iamsim.catalog.rules import service_rules
from iamsim.core.answer import Answer
from iamsim.core.reason import Reason
from iamsim.engine.services.sts import CREDENTIALS_PAGES

# The facts of the catalog that a relation rests on; the first that it has is the one.
_FACTS = {
    Reason.OWN_ACCOUNT_ONLY: ("own-account", "identity-only", "services-only"),
    Reason.IDENTITY_POLICIES_ONLY: ("identity-only", "services-only"),
    Reason.NO_POLICY_CONTROLS: ("no-policy",),
    Reason.CALLER_IDENTITY: ("no-policy",),
    Reason.MANAGEMENT_ACCOUNT_ONLY: ("management",),
    Reason.ADMINISTRATORS_ONLY: ("organization",),
    Reason.DELEGATED_ADMINISTRATORS_ONLY: ("delegated",),
    Reason.MEMBER_ACCOUNTS_ONLY: ("member", "organization"),
    Reason.FIXED_OBJECT: ("refused-on",),
    Reason.RESTRICTED_CREDENTIALS: ("no-root", "identity-pool-only"),
}
_WHO_MAY_CALL = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"
)


def page_text(answer: Answer) -> str:
    """Say where AWS says what decided, with a blank in front; empty where no such rule did."""
    prefix, _, name = answer.request.action.partition(":")
    rules = service_rules(prefix.lower())
    for fact in _FACTS.get(answer.explanation.relation, ()):
        page = rules.page(name, fact)
        if page is not None:
            url, date = page
            return f" ({url}" + (f", state of {date})" if date else ")")
    if answer.explanation.relation is Reason.RESTRICTED_CREDENTIALS:
        return f" ({_WHO_MAY_CALL})"
    if answer.decision.reason is Reason.SERVICE_REFUSES:
        return f" ({CREDENTIALS_PAGES.get(prefix.lower(), _WHO_MAY_CALL)})"
    return ""
