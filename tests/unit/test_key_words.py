"""What is said of condition keys: what they mean, and when a request has them."""

from __future__ import annotations

import pytest

from iamsim.catalog.files import data_lines
from iamsim.catalog.keys import global_key_rows
from iamsim.catalog.meanings import meaning_of
from iamsim.lsp.hover import hover_text
from iamsim.lsp.key_words import presence_text
from iamsim.lsp.place import Place


def test_every_key_of_the_table_has_a_meaning_and_no_other():
    """One line each, in the same spelling."""
    told = [line.partition(" ")[0] for line in data_lines("condition_key_meanings.txt")]
    assert sorted(told) == sorted(name for _, name, *_ in global_key_rows())
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("aws:requestedregion", ["always there for every caller"]),
        (
            "aws:sourcevpce",
            ["may be there for AWS services", "not where the call comes directly or by a service"],
        ),
        ("aws:username", ["always there for IAM users", "never there for root users"]),
        ("aws:multifactorauthpresent", ["AWS does not settle whether it is there for role"]),
        ("lambda:sourcefunctionarn", ["may be there for role sessions; never there for root"]),
    ],
)
def test_presence_is_told_for_whom_and_on_which_way(key, expected):
    """As the table of the catalog has it."""
    for piece in expected:
        assert piece in presence_text(key)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "aws:PrincipalOrgID",
            ["String", "the organization of the caller's account", "follows from the organization"],
        ),
        ("aws:PrincipalTag/team", ["a tag of the user or role that calls"]),
        ("s3:prefix", ["carried by `s3:ListBucket`, `s3:ListBucketVersions`"]),
        ("aws:ResourceTag/a", ["a tag of the resource", "and ", " more"]),
        ("aws:SourceIpp", ["no condition key", "perhaps `aws:SourceIp`"]),
    ],
)
def test_hover_over_a_key_says_type_meaning_and_presence(key, expected):
    """Markdown, a paragraph each."""
    place = Place(("Statement", 0, "Condition", "StringEquals", key), True, key, 0, len(key))
    text = hover_text(place, str, None)
    for piece in expected:
        assert piece in text


def test_keys_without_a_line_have_no_meaning():
    """Those of services stand in the service reference alone."""
    assert meaning_of("s3:prefix") is None
    assert meaning_of("AWS:requesttag/Team") == meaning_of("aws:RequestTag/${TagKey}")
