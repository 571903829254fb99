"""The places of patterns: every way in which they meet, found without walking all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iamsim.compile.resource import arn_tokens
from iamsim.core.wildcard import match_tokens, tokenize
from iamsim.query.what_can.fits import PatternIndex, bits
from iamsim.query.what_can.places import Family
from iamsim.symbolic.strings import Pattern, text_classes

BODIES = st.lists(st.sampled_from(["a", "b", "ab", "*", "?", "/"]), min_size=1, max_size=4)
PATTERNS = st.lists(
    st.tuples(st.sampled_from(["", "*", "us"]), st.sampled_from(["", "*", "1"]), BODIES),
    min_size=1,
    max_size=5,
)


def tokens_of(pattern: str):  # type: ignore[no-untyped-def]
    """A pattern of a policy as tokens."""
    return arn_tokens(list(tokenize(pattern)))


def family_of(parts: list[tuple[str, str, list[str]]]) -> Family:
    """The patterns of one service."""
    family = Family("s3")
    for region, account, body in parts:
        pattern = f"arn:aws:s3:{region}:{account}:{''.join(body)}"
        family.add(pattern, tokens_of(pattern), 1, None)
    return family


@given(PATTERNS)
def test_a_place_fits_exactly_the_patterns_that_it_names(
    parts: list[tuple[str, str, list[str]]],
) -> None:
    """The sample of a place is held against every pattern, one by one; no two places are alike."""
    family = family_of(parts)
    places = family.places()
    for place in places:
        fit = {name for name, own in family.patterns.items() if match_tokens(own, place.sample)}
        assert fit == set(place.within)
    assert len({frozenset(place.within) for place in places}) == len(places)


@given(PATTERNS)
def test_complete_places_are_all_that_a_walk_over_all_patterns_finds(
    parts: list[tuple[str, str, list[str]]],
) -> None:
    """Where nothing is said to be left out, the walk over all patterns at once has no more."""
    family = family_of(parts)
    found = {frozenset(place.within) for place in family.places()}
    walked = text_classes(map(Pattern, family.patterns.values()))
    fits = {
        frozenset(name for name, own in family.patterns.items() if match_tokens(own, text))
        for text in walked.strings
    } - {frozenset()}
    assert not (family.complete and walked.complete) or fits <= found


@given(PATTERNS, st.text("ab/:us1~", max_size=12))
def test_an_index_finds_what_every_pattern_alone_says(
    parts: list[tuple[str, str, list[str]]], rest: str
) -> None:
    """The bits of an index are the numbers of the patterns that a text fits."""
    patterns = list(family_of(parts).patterns.values())
    text = f"arn:aws:s3:{rest}"
    expected = [number for number, pattern in enumerate(patterns) if match_tokens(pattern, text)]
    assert list(bits(PatternIndex(patterns).fit(text))) == expected


def test_many_buckets_beside_a_pattern_with_wildcards_inside_are_all_places() -> None:
    """Every bucket has its place, and the ways in which the odd patterns meet are bounded."""
    family = Family("s3")
    for number in range(2000):
        arn = f"arn:aws:s3:::app-{number}"
        family.add(arn, (arn,), 1, None)
    for pattern in ("arn:aws:s3:::*-logs", "arn:aws:s3:::app-1*9", "arn:aws:s3:::app-?"):
        family.add(pattern, tokens_of(pattern), 1, None)
    places = family.places()
    assert {f"arn:aws:s3:::app-{number}" for number in range(2000)} <= {
        place.sample for place in places
    }
    assert any(set(place.within) == {"arn:aws:s3:::app-?"} for place in places)


def test_what_is_left_out_is_said() -> None:
    """A hundred patterns with two words inside meet in more ways than are tried."""
    family = Family("s3")
    for number in range(100):
        pattern = f"arn:aws:s3:::*{number % 10}x*{number}y*"
        family.add(pattern, tokens_of(pattern), 1, None)
    assert len(family.places()) <= 700
    assert not family.complete


def test_a_wide_pattern_is_asked_about_what_no_variable_could_name() -> None:
    """Its resource is one of its own, not a folder that the value of a policy variable may be."""
    family = Family("s3")
    for pattern in ("arn:aws:s3:::data/value/*", "arn:aws:s3:::data/alice/?", "arn:aws:s3:::*"):
        family.add(pattern, tokens_of(pattern), 1, None)
    samples = {place.label: place.sample for place in family.places()}
    assert samples["arn:aws:s3:::*"] == "arn:aws:s3:::~x"
