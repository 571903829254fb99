"""Nothing of the public samples is lost without a marker: policies, statements and principals are
counted in the sources and in the world."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from iamsim.core.unknown import find_marker
from iamsim.importers.frame import import_sources
from tests.property.damage import SAMPLES, files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Templates and plans write policies as expressions; what becomes of those is in their own tests.
COUNTED = sorted(
    name for name in SAMPLES if "cloudformation" not in name and "terraform" not in name
)
AWS = ":iam::aws:policy/"  # in the ARNs of AWS managed policies


def documents_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy in data: objects with statements, and texts of such, which count once each."""
    if isinstance(value, str) and ("Statement" in value):
        try:
            value = json.loads(unquote(value) if value.startswith("%7B") else value)
        except ValueError:
            return
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
            return
        if value.get("IsDefaultVersion") is False or value.get("isDefaultVersion") is False:
            return  # versions that do not count
        if AWS in str(value.get("Arn")) or value.get("PolicySummary", {}).get("AwsManaged"):
            return  # iamsim has them itself
        for item in value.values():
            yield from documents_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from documents_in(item)


def resolved(value: Any) -> bool:
    """Whether a document holds no expression of a template."""
    return "Fn::" not in json.dumps(value) and '"Ref"' not in json.dumps(value)


def canonical(documents: Iterator[dict[str, Any]]) -> dict[str, int]:
    """Documents by their text, with the number of their statements."""
    found = {}
    for one in documents:
        statements = one["Statement"]
        text = json.dumps(one, sort_keys=True)
        found[text] = len(statements) if isinstance(statements, list) else 1
    return found


def sources_of(sample: str) -> list[Any]:
    """The data of a sample's JSON files, removed things of plans left out."""
    return [json.loads(one) for name, one in files_of(sample).items() if name.endswith(".json")]


@pytest.mark.parametrize("sample", COUNTED)
def test_every_policy_and_statement_of_a_source_is_in_the_world(sample: str) -> None:
    """Each document as it is, or a marker in its place with a remark."""
    found = import_sources([str(SAMPLES[sample])])
    known = canonical(documents_in(found.data))
    sources = canonical(one for one in documents_in(sources_of(sample)) if resolved(one))
    lost = sources.keys() - known.keys()
    assert not lost, min(lost)
    assert sum(known[text] for text in sources) == sum(sources.values())


@pytest.mark.parametrize("sample", COUNTED)
def test_every_principal_of_a_source_is_in_the_world(sample: str) -> None:
    """Users, groups and roles, by the ARNs that the records of a dump have."""
    found = import_sources([str(SAMPLES[sample])]).data
    known = {
        (account_id, kind, name)
        for account_id, account in found.get("accounts", {}).items()
        for kind in ("users", "groups", "roles")
        for name in account.get(kind, {})
    }
    told = set()
    for data in sources_of(sample):
        pages = data if isinstance(data, list) else [data]
        for page in (one for one in pages if isinstance(one, dict)):
            for key, kind in (
                ("UserDetailList", "users"),
                ("GroupDetailList", "groups"),
                ("RoleDetailList", "roles"),
            ):
                for record in page.get(key, []):
                    arn = record["Arn"]
                    told.add((arn.split(":")[4], kind, arn.rpartition("/")[2]))
    assert told <= known


def test_samples_without_a_fault_have_no_marker_that_no_remark_explains() -> None:
    """A marker comes with a remark, so that an import says what it marks."""
    for sample in COUNTED:
        found = import_sources([str(SAMPLES[sample])])
        markers = list(markers_in(found.data))
        assert not markers or found.remarks, sample


def markers_in(value: Any) -> Iterator[object]:
    """Every marker in data."""
    if find_marker(value) is not None:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from markers_in(item)
