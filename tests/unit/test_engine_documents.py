"""Policies are compiled once for each use, and forgotten with what they were made of."""

from __future__ import annotations

import gc

import iamsim
from iamsim.core.decision import PolicyType
from iamsim.engine import documents


def test_what_was_compiled_goes_with_its_policy() -> None:
    """A parsed policy is compiled once for each use, and leaves nothing behind."""
    parsed = iamsim.parse_policy(
        {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    )
    (first,) = documents.compile_all([parsed], PolicyType.IDENTITY).policies
    (second,) = documents.compile_all([parsed], PolicyType.IDENTITY).policies
    (other,) = documents.compile_all([parsed], PolicyType.SESSION).policies
    assert first is second
    assert other is not first
    number = id(parsed)
    assert number in documents._compiled
    del parsed
    gc.collect()
    assert number not in documents._compiled
