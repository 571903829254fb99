"""Texts that fit some patterns and avoid others: against all short texts, and against the tests
that the engine compiles from the same tokens."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.wildcard import Wildcard, compile_tokens
from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.common import common_glob, common_texts
from iamsim.proofs.globs import Glob, Kind, Open, covers, literal_glob
from iamsim.proofs.texts import find_text, fits

if TYPE_CHECKING:
    from iamsim.core.wildcard import Token

TOKENS = st.lists(st.sampled_from(["a", "b", ":", "ab", *Wildcard]), max_size=4)
FORMS = {Kind.DIGIT: "[0-9]", Kind.WORD: "[^:/]", Kind.WORD_STAR: "[^:/]*"} | {
    wildcard: ("[^:]" if "SEGMENT" in wildcard.name else ".") + "*" * ("STAR" in wildcard.name)
    for wildcard in Wildcard
}
ALL_TEXTS = ["".join(text) for length in range(5) for text in product("ab:x", repeat=length)]
STAR = Wildcard.STAR


@given(
    groups=st.lists(st.lists(TOKENS, min_size=1, max_size=3), max_size=3),
    avoided=st.lists(TOKENS, max_size=3),
)
def test_it_finds_a_text_exactly_where_there_is_one(
    groups: list[list[list[Token]]], avoided: list[list[Token]]
) -> None:
    """It finds a text exactly where there is one."""
    wanted = [[compile_tokens(tokens) for tokens in group] for group in groups]
    unwanted = [compile_tokens(tokens) for tokens in avoided]

    def will_do(text: str) -> bool:
        return all(any(test(text) for test in group) for group in wanted) and not any(
            test(text) for test in unwanted
        )

    found = find_text(
        [tuple(map(Glob.of, group)) for group in groups], map(Glob.of, avoided), Budget()
    )
    if found is None:
        assert not any(map(will_do, ALL_TEXTS))
    else:
        assert will_do(found)


@given(
    st.lists(st.sampled_from(["a", ":", "/", "a/", *FORMS]), max_size=6),
    st.lists(st.text("a:/7\n", max_size=6), min_size=5, max_size=5),
)
def test_a_text_fits_as_an_expression_says(tokens: list[Token | Kind], texts: list[str]) -> None:
    """Whichever way a glob is tested: by its pieces, its runs, an expression or an automaton."""
    parts = (re.escape(token) if isinstance(token, str) else FORMS[token] for token in tokens)
    expression = re.compile("".join(parts), re.DOTALL)
    glob = Glob.of(tokens)
    assert [fits(glob, text) for text in texts] == [
        expression.fullmatch(text) is not None for text in texts
    ]


@given(
    first=TOKENS,
    second=TOKENS,
    folds=st.sampled_from([(False, False), (True, False), (True, True)]),
)
def test_what_two_globs_have_in_common_fits_both(
    first: list[Token], second: list[Token], folds: tuple[bool, bool]
) -> None:
    """What two globs have in common fits both; a glob has itself in common with itself."""
    pair = [Glob.of(tokens, fold=fold) for tokens, fold in zip((first, second), folds, strict=True)]
    common = common_glob(*pair)
    if common is not None:
        assert all(covers(glob, common) for glob in pair)
        texts = [text for text in ALL_TEXTS if fits(common, text)]
        assert all(fits(glob, text) for glob in pair for text in texts)
    if pair[0] == pair[1]:
        assert common == Glob(pair[0].atoms)


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=3), max_size=3))
def test_common_texts_fit_a_glob_of_each_group(groups: list[list[list[Token]]]) -> None:
    """Common texts fit a glob of each group."""
    made = [tuple(map(Glob.of, group)) for group in groups]
    for text in common_texts(made):
        assert all(any(fits(glob, text) for glob in group) for group in made)


@given(wide=TOKENS, narrow=TOKENS)
def test_what_covers_has_every_text(wide: list[Token], narrow: list[Token]) -> None:
    """What covers has every text."""
    if covers(Glob.of(wide), Glob.of(narrow)):
        test, every = compile_tokens(narrow), compile_tokens(wide)
        assert all(every(text) for text in ALL_TEXTS if test(text))


@given(tokens=TOKENS, text=st.sampled_from(ALL_TEXTS))
def test_a_glob_fits_what_the_engine_matches(tokens: list[Token], text: str) -> None:
    """A glob fits what the engine matches."""
    assert fits(Glob.of(tokens), text) is compile_tokens(tokens)(text)


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ((Kind.WORD_STAR,), ("ab",), True),
        ((Kind.WORD_STAR,), ("a/b",), False),
        ((Wildcard.SEGMENT_STAR,), (Kind.WORD_STAR, Kind.DIGIT), True),
        ((Kind.DIGIT,), ("7",), True),
        ((Kind.DIGIT,), (Kind.WORD,), False),
        ((STAR,), (Open("aws:username None"),), True),
        ((Kind.WORD_STAR,), (Open("aws:username None"),), False),
        (("a", Open("x")), ("a", Open("x")), True),
        (("a", Open("x")), ("a", Open("y")), False),
        ((Wildcard.QUESTION,), (Open("x"),), False),
    ],
)
def test_covering_by_width(wide: tuple, narrow: tuple, covered: bool) -> None:
    """Covering by width."""
    assert covers(Glob.of(wide), Glob.of(narrow)) is covered


def test_letter_case_is_folded_where_asked() -> None:
    """Letter case is folded where asked."""
    wanted, avoided = literal_glob("key", fold=True), [literal_glob("key"), literal_glob("KEY")]
    found = find_text([(wanted,)], avoided, Budget())
    assert found is not None
    assert found.lower() == "key"
    assert found not in {"key", "KEY"}
    assert not covers(literal_glob("key"), wanted)


def test_a_digit_is_one_of_ten() -> None:
    """A digit is one of ten."""
    glob = Glob.of((Kind.DIGIT, Kind.DIGIT))
    avoided = [Glob.of((str(digit), STAR)) for digit in range(1, 10)]
    found = find_text([(glob,)], avoided, Budget())
    assert found is not None
    assert found[0] == "0"
    assert found[1].isdigit()


def test_a_variable_may_be_anything_where_it_is_wanted_and_nothing_where_it_is_avoided() -> None:
    """A variable may be anything where it is wanted and nothing where it is avoided."""
    home = Glob.of(("home/", Open("aws:username None"), "/", STAR))
    assert find_text([(home,)], [home], Budget()) is None
    other = Glob.of(("home/", Open("aws:userid None"), "/", STAR))
    assert find_text([(home,)], [other], Budget()) is not None
    assert find_text([(home,), (literal_glob("home/ann/x"),)], [other], Budget()) == "home/ann/x"


def test_patterns_meet_inside_words_only() -> None:
    """Patterns meet inside words only."""
    stack = Glob.of(("stack/", Kind.WORD, Kind.WORD_STAR, "/", Wildcard.QUESTION, STAR))
    first = Glob.of(("stack/Prod/", STAR))
    second = Glob.of(("stack/", STAR, "Dev/", STAR))
    assert find_text([(stack,), (first,), (second,)], [], Budget()) == "stack/Prod/Dev/"
    assert find_text([(Glob.of(("stack/", Kind.WORD_STAR)),), (first,)], [], Budget()) is None


def test_proving_what_needs_too_many_states_is_given_up() -> None:
    """Proving what needs too many states is given up."""
    marks = 24
    narrow = Glob.of((STAR, "a", *[Wildcard.QUESTION] * marks))
    wide = Glob.of((STAR, "a", *[Wildcard.QUESTION] * (marks - 1), "b"))
    third = Glob.of((STAR, "a", *[Wildcard.QUESTION] * (marks - 1), Wildcard.SEGMENT_QUESTION))
    with pytest.raises(OutOfBudgetError, match="states"):
        find_text([(narrow,)], [wide, third, Glob.of((STAR, ":"))], Budget(states=20_000))
