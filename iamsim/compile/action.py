"""Action and NotAction.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import PolicyError
from iamsim.core.explanation import ClauseExplanation, Element
from iamsim.core.reason import Note, Reason
from iamsim.core.wildcard import compile_tokens, tokenize

if TYPE_CHECKING:
    from iamsim.core.request import Request
    from iamsim.core.span import Path, Source
    from iamsim.core.wildcard import TextTest
    from iamsim.syntax.ast import Value

# AWS stores no policy with another service prefix, nor with letters of other alphabets:
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
PATTERN = re.compile(r"[A-Za-z0-9*?_-]*:[!-~]*", re.ASCII)
REMEMBERED = 30_000  # patterns whose tests are kept at hand


@dataclass(frozen=True, slots=True)
class ActionPattern:
    """One entry of an Action element; letter case plays no role in service prefix and name."""

    pattern: str
    element: Element
    source: Source = field(compare=False)
    path: Path
    test: TextTest = field(repr=False, compare=False)

    @property
    def service(self) -> str | None:
        """The service prefix in lower case, or `None` where it has a wildcard."""
        prefix, colon, _ = self.pattern.partition(":")
        return prefix.lower() if colon and "*" not in prefix and "?" not in prefix else None

    @property
    def notes(self) -> tuple[Note, ...]:
        """Uncertain rules that this entry uses."""
        wild = self.service is None and self.pattern != "*"
        return (Note.ACTION_SERVICE_WILDCARD,) if wild else ()

    def matches(self, request: Request) -> bool:
        """Hold the pattern against the action of the request."""
        return self.test(request.action)

    def explain(self, request: Request) -> ClauseExplanation:
        """Say whether this entry matches."""
        matched = self.matches(request)
        return ClauseExplanation(
            self.element,
            self.pattern,
            request.action,
            matched,
            Reason.MATCHED if matched else Reason.PATTERN_MISMATCH,
            self.source,
            self.path,
            notes=self.notes if matched else (),
        )


def compile_action(value: Value, element: Element, source: Source) -> ActionPattern:
    """Compile one entry; raises `PolicyError` for a text without a service prefix, and for one with
    characters that no name of a service or an action has."""
    pattern = value.text
    if ":" not in pattern and (pattern.strip("*") or not pattern):
        raise PolicyError(
            "action-without-service",
            f"action `{pattern}` has no service prefix",
            span=source.span(value.path),
            hint="write `service:action`, for example `s3:GetObject`, or `*`",
        )
    if not is_action_pattern(pattern):
        raise PolicyError(
            "invalid-action-pattern",
            f"action {quote(pattern)} has a character that no action has",
            span=source.span(value.path),
            hint="write plain letters, without blanks, as in `s3:GetObject`",
        )
    return ActionPattern(pattern, element, source, value.path, action_test(pattern))


def is_action_pattern(text: str) -> bool:
    """Whether a text can be an entry of an Action element."""
    return PATTERN.fullmatch(text) is not None or not text.strip("*")


@lru_cache(maxsize=REMEMBERED)
def action_test(pattern: str) -> TextTest:
    """The test of action names (in lower case) that a pattern is; the same few patterns stand in
    most policies."""
    return compile_tokens(tokenize(pattern.lower()))
