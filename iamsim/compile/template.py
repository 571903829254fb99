"""Texts of a policy with wildcards and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamsim.core.data_class import dataclass
from iamsim.core.reason import Note
from iamsim.core.request import ContextValue
from iamsim.core.wildcard import Token, Wildcard, tokenize
from iamsim.syntax.variables import Literal, Star, Variable, parse_template

ARN_HEAD_COLONS = 5
VARIABLE_OPENING = "${"
WILDCARDS = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into literals, wildcards and variables.

    `keys` are the context keys of its variables, in lower case; empty for most.
    """

    text: str
    parts: tuple[Token | Variable, ...]
    keys: tuple[str, ...]

    @property
    def is_literal(self) -> bool:
        """Whether the text has neither wildcards nor variables."""
        return len(self.parts) == 1 and isinstance(self.parts[0], str)

    def literal_text(self) -> str:
        """The text taken as it stands, for operators that know no wildcards."""
        return "".join(
            part if isinstance(part, str) else part.value
            for part in self.parts
            if not isinstance(part, Variable)
        )

    def tokens(self) -> tuple[Token, ...]:
        """The parts of a template without variables."""
        return tuple(part for part in self.parts if not isinstance(part, Variable))

    def resolve(self, context: Mapping[str, ContextValue]) -> list[Token] | None:
        """Fill in the variables; `None` when one has neither a value nor a default.

        A substituted value is literal: wildcards inside it do not act. The default stands in for a
        key that is absent or empty, not for a multivalued one, which can't be used at all.
        """
        tokens: list[Token] = []
        for part in self.parts:
            if isinstance(part, Variable):
                value = context.get(part.key.lower())
                if not value and (value != "" or part.default is not None):
                    value = part.default
                if not isinstance(value, str):
                    return None
                tokens.append(value)
            else:
                tokens.append(part)
        return tokens

    def resolve_text(self, context: Mapping[str, ContextValue]) -> str | None:
        """Fill in the variables of a text in which wildcards are plain characters."""
        tokens = self.resolve(context)
        if tokens is None:
            return None
        return "".join(token if isinstance(token, str) else token.value for token in tokens)

    def notes(self, context: Mapping[str, ContextValue]) -> Iterator[Note]:
        """What AWS's pages leave open of the values of the variables: a default that stands in for
        a key that is there with an empty value, and wildcards in a value."""
        for part in self.parts:
            if isinstance(part, Variable):
                value = context.get(part.key.lower())
                if value == "" and part.default is not None:
                    yield Note.EMPTY_STRING_VALUE
                if isinstance(value, str) and not WILDCARDS.isdisjoint(value):
                    yield Note.WILDCARD_IN_VARIABLE_VALUE

    def variable_in_arn_head(self) -> bool:
        """Whether a variable stands before the fifth colon, where AWS does not allow one."""
        colons = 0
        for part in self.parts:
            if isinstance(part, Variable):
                return colons < ARN_HEAD_COLONS
            if isinstance(part, str):
                colons += part.count(":")
                if colons >= ARN_HEAD_COLONS:
                    return False
        return False


def compile_template(text: str, *, with_variables: bool) -> Template:
    """Cut a text; without variables (policy version 2008-10-17) ``${`` is plain text."""
    if not with_variables or VARIABLE_OPENING not in text:
        return Template(text, tokenize(text) or ("",), ())
    parts: list[Token | Variable] = []
    keys: list[str] = []
    for part in parse_template(text):
        match part:
            case Literal():
                parts.append(part.text)
            case Variable():
                parts.append(part)
                keys.append(part.key.lower())
            case Star():
                parts.append(Wildcard.STAR)
            case _:  # a question mark
                parts.append(Wildcard.QUESTION)
    return Template(text, tuple(parts), tuple(dict.fromkeys(keys)))
