"""Proofs on a collection of policies that others made, where somebody has one.

No registry of packages has such a collection (the 765 samples that quacky was measured with are in
its repository alone), so nothing is fetched: `IAMSIM_POLICY_COLLECTION` names a folder of policies
as JSON files, below which neighbors are held against each other.
"""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iamsim.compile.policy import compile_policy
from iamsim.core.errors import IamsimError
from iamsim.proofs.documents import check_no_new_access
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.compile.policy import CompiledPolicy

FOLDER = os.environ.get("IAMSIM_POLICY_COLLECTION", "")
UNKNOWN = 0.01  # of the pairs, at most

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="IAMSIM_POLICY_COLLECTION names no folder of policies"
)


def policies_of(folder: Path) -> Iterator[CompiledPolicy]:
    """The files that are identity-based policies, in the order of their paths."""
    for path in sorted(folder.rglob("*.json")):
        try:
            policy = compile_policy(parse_policy(path.read_text(encoding="utf-8")))
        except (IamsimError, json.JSONDecodeError, UnicodeDecodeError):
            continue
        if policy.statements and all(one.principals is None for one in policy.statements):
            yield policy


def test_every_policy_is_included_in_itself() -> None:
    """What a policy allows, it allows."""
    some = list(policies_of(Path(FOLDER)))
    assert some, "the folder holds no identity-based policy"
    for policy in some:
        assert check_no_new_access(policy, policy).result == "PASS", policy.name


def test_neighbors_are_proved_or_refuted() -> None:
    """Nearly every pair has an answer, and each refutation a request, which the engine confirmed;
    a proof one way and a witness the other is what narrowing a policy comes to."""
    some = list(policies_of(Path(FOLDER)))
    results = [
        check_no_new_access(*pair)
        for one, other in pairwise(some)
        for pair in ((one, other), (other, one))
    ]
    assert all((one.witness is not None) is (one.result == "FAIL") for one in results)
    unknown = [one.why_unknown for one in results if one.result == "UNKNOWN"]
    assert len(unknown) <= UNKNOWN * len(results), unknown
