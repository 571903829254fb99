"""What the check of a question says, in a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.caret import quote
from iamsim.core.hint import Hint, HintKind

_FORMATS = 3
_LONGEST = 160
QUESTION_SENTENCES = {
    HintKind.UNKNOWN_ACTION: "no action {subject} is known",
    HintKind.UNKNOWN_SERVICE: "no service {subject} is known, nor its action {action}",
    HintKind.RETIRED_ACTION: "{subject} is no action any more: AWS retired or renamed it",
    HintKind.RESOURCE_OF_OTHER_TYPE: "{action} does not act on {subject}: it takes {formats}",
    HintKind.ACTION_WITHOUT_RESOURCE: (
        "{action} acts on no single resource: AWS asks for it with `*`, not with {subject}"
    ),
    HintKind.RESOURCE_LEFT_OUT: (
        "{action} is always asked for on a resource, and none is given: it takes {formats}"
    ),
    HintKind.RESOURCE_ACCOUNT_AMISS: (
        "the account in {subject} is amiss: {action} takes {formats}"
    ),
    HintKind.RESOURCE_REGION_AMISS: "the Region in {subject} is amiss: {action} takes {formats}",
    HintKind.UNKNOWN_CONTEXT_KEY: "no context key {subject} is known",
    HintKind.CONTEXT_KEY_NOT_SENT: "requests for {action} never carry the context key {subject}",
    HintKind.CONTEXT_VALUE_AMISS: "no request carries {subject}: the key holds {formats}",
    HintKind.RESOURCE_NOT_LISTED: "the world lists the account, and {subject} is not in it",
    HintKind.PRINCIPAL_NOT_LISTED: "the world lists the account, and nobody in it is {subject}",
    HintKind.SERVICE_PRINCIPAL_UNKNOWN: "no service {subject} is known",
    HintKind.NO_POLICIES: "there is neither a world nor a policy, so nothing can be allowed",
    HintKind.TRUST_POLICY_OF_NO_ROLE: (
        "the resource-based policy is the trust policy of a role, and {subject} is no role:"
        " it is about `sts:` actions on the role alone"
    ),
    HintKind.RESOURCE_HOLDS_WILDCARD: (
        "the wildcard in {subject} is a plain character of that name: nothing is asked of the"
        " resources that it would match, and a policy may say otherwise of them"
    ),
}
# What is known without the service reference.
_OF_THE_WORLD = frozenset(
    {
        HintKind.RESOURCE_NOT_LISTED,
        HintKind.PRINCIPAL_NOT_LISTED,
        HintKind.NO_POLICIES,
        HintKind.TRUST_POLICY_OF_NO_ROLE,
        HintKind.RESOURCE_HOLDS_WILDCARD,
    }
)


def problem_text(hint: Hint) -> str:
    """Say what is wrong with a question, how it is known, and what may have been meant."""
    known = "" if hint.kind in _OF_THE_WORLD else f" (service reference of {hint.snapshot})"
    return f"{question_sentence(hint)}{known}{_meant(hint)}"


def question_sentence(hint: Hint) -> str:
    """Say what is wrong with a question."""
    return QUESTION_SENTENCES[hint.kind].format(
        subject=_quoted(hint.subject), action=_quoted(hint.action), formats=_formats(hint)
    )


def _meant(hint: Hint) -> str:
    """Ask whether one of the suggestions was meant."""
    if not hint.suggestions:
        return ""
    return f"; did you mean {_either([_quoted(name) for name in hint.suggestions])}?"


def _formats(hint: Hint) -> str:
    """List the ARN formats of an action."""
    shown = [_quoted(text) for text in hint.formats[:_FORMATS]]
    more = len(hint.formats) - len(shown)
    return _either([*shown, f"{more} others"] if more > 1 else shown)


def _either(texts: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([*([", ".join(texts[:-1])] if len(texts) > 1 else []), *texts[-1:]])


def _quoted(text: str) -> str:
    """Put into backticks what the user or AWS wrote."""
    return quote(text.replace("`", "'"), _LONGEST)
