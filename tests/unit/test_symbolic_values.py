"""Values that stand for all: strings for patterns, and values for numbers, dates and addresses."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.wildcard import match_tokens, tokenize
from iamsim.symbolic.diagram import build_diagram, cubes_of, find_values
from iamsim.symbolic.formula import Budget, Formulas
from iamsim.symbolic.literals import is_readable, literal_values
from iamsim.symbolic.strings import Pattern, arn_tokens, text_classes

GLOBS = st.text("ab*?", max_size=4)


@given(st.lists(GLOBS, min_size=1, max_size=4))
def test_every_combination_of_patterns_that_a_string_satisfies_is_found(globs: list[str]) -> None:
    """No short string satisfies a combination of globs that none of the found strings does."""
    patterns = [Pattern(tokenize(glob) if glob else ()) for glob in globs]
    classes = text_classes(patterns)
    assert classes.complete
    found = {tuple(pattern.accepts(text) for pattern in patterns) for text in classes.strings}
    for length in range(5):
        for characters in product("abc", repeat=length):
            text = "".join(characters)
            assert tuple(match_tokens(p.tokens, text) for p in patterns) in found


def test_letter_case_makes_classes() -> None:
    """Under a folding and an exact literal, another letter case is a class of its own."""
    folded, exact = Pattern(("ab",), fold=True), Pattern(("ab",))
    strings = text_classes([folded, exact]).strings
    answers = {(folded.accepts(text), exact.accepts(text)) for text in strings}
    assert answers == {(True, True), (True, False), (False, False)}


def test_a_letter_may_have_a_third_form() -> None:
    """The sign of Kelvin is a `k` where letter case plays no role, and is neither `k` nor `K`."""
    patterns = [Pattern(("k",), fold=True), Pattern(("k",)), Pattern(("K",))]
    answers = {tuple(p.accepts(text) for p in patterns) for text in text_classes(patterns).strings}
    assert (True, False, False) in answers


def test_wildcards_of_arns_stay_in_their_part() -> None:
    """A star in front of the fifth colon does not match a colon; a lone star matches all ARNs."""
    tokens = arn_tokens(tokenize("arn:aws:s3:*:*:b*"))
    assert tokens is not None
    assert Pattern(tokens).accepts("arn:aws:s3:::bx:y")
    assert not Pattern(tokens).accepts("arn:aws:s3:a:b:c:b")
    star = arn_tokens(tokenize("*"))
    assert star is not None
    assert Pattern(star).accepts("arn:aws:s3:::b")
    assert not Pattern(star).accepts("arn:aws:s3")
    assert arn_tokens(tokenize("arn:aws:*")) is None


@pytest.mark.parametrize(
    ("family", "texts", "values"),
    [
        ("Numeric", ["10", "20"], ["9", "10", "11", "19", "20", "21"]),
        ("Numeric", ["1", "1.5"], ["0", "1", "1.25", "1.5", "2"]),
        ("Numeric", ["ten"], ["1"]),
        (
            "Date",
            ["2027-01-01"],
            ["2026-12-31T23:59:59Z", "2027-01-01", "2027-01-01T00:00:01Z"],
        ),
        ("Date", ["1700000000"], ["1699999999", "1700000000", "1700000001"]),
        ("IpAddress", ["10.0.0.0/8"], ["0.0.0.1", "10.0.0.1", "192.0.2.1", "2001:db8::1"]),
        ("IpAddress", ["0.0.0.0/0"], ["192.0.2.1", "2001:db8::1"]),
    ],
)
def test_values_lie_on_all_sides(family: str, texts: list[str], values: list[str]) -> None:
    """There is a value for each stretch that the policy's values cut out, and an unreadable one."""
    *readable, last = literal_values(family, texts)
    assert readable == values
    assert all(is_readable(family, value) for value in readable)
    assert not is_readable(family, last)


SIZES = (2, 3, 2)
LITERALS = st.integers(0, 2).flatmap(
    lambda name: st.tuples(st.just(name), st.integers(1, (1 << SIZES[name]) - 2))
)
TREES = st.recursive(
    LITERALS, lambda inner: st.tuples(st.booleans(), st.lists(inner, min_size=1, max_size=3))
)


def holds(tree: object, values: tuple[int, ...]) -> bool:
    """Evaluate a tree plainly; `values` are bits, one a variable."""
    assert isinstance(tree, tuple)
    first, second = tree
    if isinstance(second, int):
        return bool(second & values[first])
    return (any if first else all)(holds(part, values) for part in second)


def formula_of(formulas: Formulas, tree: object) -> object:
    """Read a tree as a formula."""
    assert isinstance(tree, tuple)
    first, second = tree
    if isinstance(second, int):
        return formulas.literal(first, second)
    return formulas.join([formula_of(formulas, part) for part in second], disjunction=first)


def inside(cube: tuple[int, ...], values: tuple[int, ...]) -> bool:
    """Say whether a combination of values lies in a cube."""
    return all(bits & value for bits, value in zip(cube, values, strict=True))


@given(TREES)
def test_cubes_cover_a_formula_exactly(tree: object) -> None:
    """A combination of values is in some cube, and found by search, exactly when it is true; and
    no cube can be left out."""
    full = [(1 << size) - 1 for size in SIZES]
    formulas = Formulas(full, Budget(100_000))
    formula = formula_of(formulas, tree)
    cubes = cubes_of(build_diagram(formulas, formula), full, Budget(100_000))
    everything = list(product(*([1 << bit for bit in range(size)] for size in SIZES)))
    for values in everything:
        covered = any(inside(cube, values) for cube in cubes)
        assert covered is holds(tree, values)
    for cube in cubes:
        others = [other for other in cubes if other != cube]
        mine = [values for values in everything if inside(cube, values)]
        assert not all(any(inside(other, values) for other in others) for values in mine)
    for wanted in (True, False):
        some = find_values(formulas, formula, wanted=wanted)
        assert (some is not None) is any(holds(tree, values) is wanted for values in everything)


def test_a_cube_that_others_cover_together_is_left_out() -> None:
    """What follows from two cubes, whichever value their common variable has, is not said again."""
    full = [3, 3, 3, 3]
    formulas = Formulas(full, Budget(1_000))
    a, b, c, d = (formulas.literal(variable, 2) for variable in range(4))
    not_a = formulas.literal(0, 1)
    parts = [
        formulas.join(some, disjunction=False) for some in ([a, b], [not_a, c], [b, c], [b, c, d])
    ]
    formula = formulas.join(parts, disjunction=True)
    cubes = cubes_of(build_diagram(formulas, formula), full, Budget(1_000))
    assert sorted(cubes) == [(1, 3, 2, 3), (2, 2, 3, 3)]
