"""Resource and NotResource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from iamsim.compile.residual import Atom, Term
from iamsim.compile.template import (
    ARN_HEAD_COLONS,
    VARIABLE_OPENING,
    Template,
    compile_template,
)
from iamsim.core.data_class import dataclass, field
from iamsim.core.explanation import ClauseExplanation, Element
from iamsim.core.reason import Note, Reason
from iamsim.core.wildcard import Token, Wildcard, compile_tokens, match_tokens
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue, Request
    from iamsim.core.span import Path, Source
    from iamsim.core.wildcard import TextTest
    from iamsim.syntax.ast import Value

REMEMBERED = 30_000  # texts whose meaning is kept at hand
# API Gateway writes the ARN of its API in front when it saves a policy:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
SHORT_FORM, SHORT_HEAD = "execute-api:/", "execute-api:"
SHORT_SERVICE = ":execute-api:"
SEGMENT_FORMS = {
    Wildcard.STAR: Wildcard.SEGMENT_STAR,
    Wildcard.QUESTION: Wildcard.SEGMENT_QUESTION,
}

# Half of a whole explanation makes these tuples, and looks up these members of a class.
_make = tuple.__new__
MATCHED, MISMATCH = Reason.MATCHED, Reason.PATTERN_MISMATCH


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One entry of a Resource element.

    `test` is the compiled pattern, `None` where policy variables make it depend on the context,
    or where it can match nothing. `head` is what every resource that it matches begins with.
    `everything` marks the plain ``*``, `is_short` an entry without the ARN of the API that the
    policy is attached to.
    """

    pattern: str
    element: Element
    source: Source = field(compare=False)
    path: Path
    template: Template
    test: TextTest | None = field(repr=False, compare=False)
    head: str = field(repr=False, compare=False)
    notes: tuple[Note, ...] = ()
    is_short: bool = False

    @property
    def everything(self) -> bool:
        """Whether the entry is ``*``, which also covers requests without a resource."""
        return self.pattern == "*"

    @property
    def keys(self) -> tuple[str, ...]:
        """The context keys that the entry reads through policy variables."""
        return self.template.keys

    @property
    def parts(self) -> tuple[Token | Variable, ...] | None:
        """What the entry means: its literals and variables, and its wildcards in the form that
        they have where they stand; `None` for an entry that matches nothing."""
        if self.is_short:
            return (*API_ARN, *self.template.parts)
        if self.template.variable_in_arn_head():
            return None
        if not self.pattern.startswith("arn:"):
            return self.template.parts
        # Variables stand behind the fifth colon here, where they are passed on as they are.
        return arn_tokens(cast("list[Token]", list(self.template.parts)))

    def matches(self, request: Request) -> bool:
        """Hold the pattern against the resource of the request."""
        if self.test is not None:
            return self.test(request.resource)
        return self.holds(request.resource, request.context)

    def holds(self, resource: str, context: Mapping[str, ContextValue]) -> bool:
        """Fill the variables in from the context and match; an unresolved one matches nothing."""
        if not resource.startswith(self.head):
            return False
        if self.is_short:
            found = self.template.resolve(context)
            return found is not None and match_tokens(tuple(found), short_form(resource))
        tokens = self.resolved(context)
        return tokens is not None and match_tokens(tokens, resource)

    def resolved(self, context: Mapping[str, ContextValue]) -> tuple[Token, ...] | None:
        """The tokens with variables filled in."""
        if self.is_short:
            found = self.template.resolve(context)
            return None if found is None else (*API_ARN, *found)
        if self.template.variable_in_arn_head():
            return None
        tokens = self.template.resolve(context)
        return None if tokens is None else arn_tokens(tokens)

    def explain(self, request: Request) -> ClauseExplanation:
        """Say whether this entry matches, with its variables filled in."""
        resource = request.resource
        notes = self.notes
        if self.test is not None:
            matched = self.test(resource)
            reason = MATCHED if matched else MISMATCH
            clause = self.element, self.pattern, resource, matched, reason, self.source, self.path
            return _make(ClauseExplanation, (*clause, None, None, None, None, notes))
        matched = self.holds(resource, request.context)
        reason = MATCHED if matched else MISMATCH
        resolved = self.template.resolve_text(request.context)
        notes = (*notes, *self.template.notes(request.context))
        if not matched and self.resolved(request.context) is None:
            reason = Reason.VARIABLE_UNRESOLVED
            if self.element is Element.NOT_RESOURCE:
                notes = (*notes, Note.UNRESOLVED_VARIABLE_IN_NOT_RESOURCE)
        return ClauseExplanation(
            self.element,
            self.pattern,
            resource,
            matched,
            reason,
            self.source,
            self.path,
            resolved=resolved,
            notes=notes,
        )

    def residual(self, request: Request) -> Term:
        """True or false where the unknown keys do not matter, else the open test."""
        if self.test is None and any(request.is_unknown(key) for key in self.keys):
            return Atom(self, request)
        return self.matches(request)


# The ARN that a short form stands behind, as a pattern of all APIs.
PART = Wildcard.SEGMENT_STAR
API_ARN: tuple[Token, ...] = ("arn:", PART, SHORT_SERVICE, PART, ":", PART, ":", PART)


def short_form(resource: str) -> str:
    """What a short form says of a resource: stage, method and path, of any API."""
    head, found, rest = resource.partition(SHORT_SERVICE)
    if not found or not head.startswith("arn:"):
        return ""
    _, slash, below = rest.partition("/")
    return slash + below


def arn_tokens(tokens: list[Token]) -> tuple[Token, ...]:
    """Give the wildcards of an ARN's first five parts their stricter form.

    A star that ends its part may run over the colon, any other star and every ``?`` there stays
    inside the part. Behind the fifth colon wildcards are free.
    """
    if Wildcard.STAR not in tokens and Wildcard.QUESTION not in tokens:
        return tuple(tokens)
    strict: list[Token] = []
    colons = 0
    for position, token in enumerate(tokens):
        if isinstance(token, str):
            colons += token.count(":")
            strict.append(token)
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else ":"
        ends_part = isinstance(following, str) and following.startswith(":")
        free = colons >= ARN_HEAD_COLONS or (token is Wildcard.STAR and ends_part)
        strict.append(token if free else SEGMENT_FORMS[token])
    return tuple(strict)


def compile_resource(
    value: Value,
    element: Element,
    source: Source,
    *,
    with_variables: bool,
    complete: bool,
    attached: bool = False,
) -> ResourcePattern:
    """Compile one entry. `complete` fills an ARN of fewer than six parts up with ``*``; in a policy
    that is `attached` to a resource, API Gateway's short form is an ARN.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    text = value.text
    short = attached and text.startswith(SHORT_FORM)
    meaning = _compile_text(text, with_variables, complete, short)
    return ResourcePattern(text, element, source, value.path, *meaning, short)


@lru_cache(maxsize=REMEMBERED)
def _compile_text(
    text: str, with_variables: bool, complete: bool, short: bool
) -> tuple[Template, TextTest | None, str, tuple[Note, ...]]:
    """What a text means, wherever it stands: many policies name the same resources."""
    template = compile_template(text, with_variables=with_variables)
    notes: list[Note] = []
    tokens = list(template.parts)
    if text.startswith("arn:"):
        lacking = ARN_HEAD_COLONS - _colons(template)
        if complete and lacking > 0:
            filled = text + ":*" * lacking
            template = compile_template(filled, with_variables=with_variables)
            tokens = list(template.parts)
    elif short:
        template = compile_template(text[len(SHORT_HEAD) :], with_variables=with_variables)
        tokens = list(template.parts)
    elif text.strip("*") or not text:
        notes.append(Note.RESOURCE_NOT_AN_ARN)
    if not with_variables and VARIABLE_OPENING in text:
        notes.append(Note.POLICY_VERSION_VARIABLES)
    if template.variable_in_arn_head() and not short:
        notes.append(Note.VARIABLE_IN_ARN_HEAD)
    test: TextTest | None = None
    if not template.keys:
        plain = [token for token in tokens if not isinstance(token, Variable)]
        strict = arn_tokens(plain) if text.startswith("arn:") else tuple(plain)
        if Wildcard.SEGMENT_STAR in strict:
            notes.append(Note.MIDDLE_WILDCARD_IN_ARN)
        test = compile_tokens(strict)
        if short:
            whole = test
            test = lambda resource: whole(short_form(resource))  # noqa: E731 - one test in another
    start = template.parts[0]
    head = start if isinstance(start, str) and not short else ""
    return template, test, head, tuple(notes)


def _colons(template: Template) -> int:
    """Count the colons that stand in the text itself."""
    return sum(part.count(":") for part in template.parts if isinstance(part, str))
