"""The four wildcards by examples; that they match as by trying everything is a law."""

from __future__ import annotations

import pytest

from iamsim.core.wildcard import Token, Wildcard, compile_tokens, match_tokens, tokenize

STAR, QUESTION = Wildcard.STAR, Wildcard.QUESTION
SEGMENT_STAR, SEGMENT_QUESTION = Wildcard.SEGMENT_STAR, Wildcard.SEGMENT_QUESTION

MATCHES: list[tuple[list[Token], str, bool]] = [
    ([], "", True),
    ([], "a", False),
    ([""], "", True),
    (["a", "b"], "ab", True),
    ([STAR], "a:b", True),
    ([STAR, STAR], "", True),
    (["a", STAR], "ab", True),
    (["a", STAR], "ba", False),
    ([STAR, "a"], "ba", True),
    (["a", STAR, "a"], "a", False),
    (["a", STAR, "a"], "aa", True),
    (["a", STAR, "b", STAR, "c"], "a-b-c", True),
    (["a", STAR, "b", STAR, "c"], "a-c", False),
    ([QUESTION], "", False),
    ([QUESTION], ":", True),
    ([QUESTION], "ab", False),
    ([QUESTION, STAR], "a", True),
    ([SEGMENT_STAR], "ab", True),
    ([SEGMENT_STAR], "a:b", False),
    ([SEGMENT_STAR], "", True),
    ([SEGMENT_STAR, ":", STAR], "a:b:c", True),
    ([SEGMENT_QUESTION], "a", True),
    ([SEGMENT_QUESTION], ":", False),
    ([SEGMENT_QUESTION, SEGMENT_STAR, "c"], "abc", True),
]


@pytest.mark.parametrize(("tokens", "text", "matches"), MATCHES)
def test_wildcards(tokens: list[Token], text: str, matches: bool) -> None:
    """A text matches as a whole; the wildcards of ARN parts do not match a colon."""
    assert compile_tokens(tokens)(text) is matches
    assert match_tokens(tokens, text) is matches


@pytest.mark.parametrize(
    ("pattern", "tokens"),
    [
        ("", ("",)),
        ("ab", ("ab",)),
        ("*", (STAR,)),
        ("a*b?", ("a", STAR, "b", QUESTION)),
        ("?*a", (QUESTION, STAR, "a")),
    ],
)
def test_patterns_are_cut_at_their_wildcards(pattern: str, tokens: tuple[Token, ...]) -> None:
    """A pattern is literals and wildcards, in its order."""
    assert tokenize(pattern) == tokens
