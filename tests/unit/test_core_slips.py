"""Slips of the keyboard."""

from __future__ import annotations

import pytest

from iamsim.core.slips import is_slip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GetObject", True),
        ("getobject", True),
        ("GetObjects", True),
        ("GetObjec", True),
        ("GetObjekt", True),
        ("GteObject", True),
        ("GetObjtce", False),
        ("GetObjectss", False),
        ("PutObject", False),
        ("", False),
    ],
)
def test_one_slip_is_one_letter_or_two_exchanged(text, expected):
    """Too many, too few, another one, exchanged; letter case is not looked at."""
    assert is_slip(text, ["GetObject", "ListBucket"]) is expected
