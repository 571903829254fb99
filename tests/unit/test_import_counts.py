"""Nothing of the public samples is lost without a marker: policies, statements and principals are
counted in the sources and in the world."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
import yaml  # noqa: TID253 - the samples are read as data here

from iamsim.core.unknown import find_marker
from iamsim.importers.frame import import_sources
from tests.property.damage import SAMPLES, files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Templates and plans write parts of policies as expressions, so that their statements are counted
# by effect and actions.
COUNTED = sorted(
    name for name in SAMPLES if "cloudformation" not in name and "terraform" not in name
)
# What this plan takes away is still in the roles and buckets that it does not touch.
TEMPLATES = sorted(
    set(SAMPLES) - set(COUNTED) - {"corpus/imports/terraform/changed-account/source"}
)
ERROR = b"An error occurred"  # what the AWS CLI says in place of an output
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
    for document in documents:
        statements = document["Statement"]
        text = json.dumps(document, sort_keys=True)
        found[text] = len(statements) if isinstance(statements, list) else 1
    return found


def sources_of(sample: str) -> list[Any]:
    """The data of a sample's JSON files, removed things of plans left out."""
    return [
        json.loads(file)
        for name, file in files_of(sample).items()
        if name.endswith(".json") and not file.strip().startswith(ERROR)
    ]


@pytest.mark.parametrize("sample", COUNTED)
def test_every_policy_and_statement_of_a_source_is_in_the_world(sample: str) -> None:
    """Each document as it is, or a marker in its place with a remark."""
    found = import_sources([str(SAMPLES[sample])])
    known = canonical(documents_in(found.data))
    sources = canonical(
        document for document in documents_in(sources_of(sample)) if resolved(document)
    )
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
        for page in (entry for entry in pages if isinstance(entry, dict)):
            for key, kind in (
                ("UserDetailList", "users"),
                ("GroupDetailList", "groups"),
                ("RoleDetailList", "roles"),
            ):
                for record in page.get(key, []):
                    arn = record["Arn"]
                    told.add((arn.split(":")[4], kind, arn.rpartition("/")[2]))
    assert told <= known


class TemplateLoader(yaml.BaseLoader):
    """YAML with the short forms of functions, which are objects here."""


TemplateLoader.add_multi_constructor("!", lambda _loader, suffix, _node: {"Fn::" + suffix: None})


def templates_of(sample: str) -> Iterator[Any]:
    """The data of templates, plans and states; of a plan, what will be there."""
    for name, content in files_of(sample).items():
        if content.strip().startswith(ERROR):
            continue
        if name.endswith((".json", ".template", ".tfstate")):
            data = json.loads(content)
            yield data.get("planned_values", data) if isinstance(data, dict) else data
        elif name.endswith((".yaml", ".yml")):
            yield yaml.load(content, TemplateLoader)  # noqa: S506 - it makes nothing but data


def signatures_in(data: Any) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Effect and actions of every statement that says them as they are."""
    for document in documents_in(data):
        statements = document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            effect = statement.get("Effect") if isinstance(statement, dict) else None
            for element in ("Action", "NotAction") if isinstance(effect, str) else ():
                actions = statement.get(element)
                actions = [actions] if isinstance(actions, str) else actions
                if actions and all(isinstance(action, str) for action in actions):
                    yield effect, element, tuple(sorted(actions))


@pytest.mark.parametrize("sample", TEMPLATES)
def test_every_statement_of_a_template_is_in_the_world(sample: str) -> None:
    """By effect and actions; of a configuration in HCL there are no fewer than it writes."""
    found = import_sources([str(SAMPLES[sample])]).data
    known = set(signatures_in(found))
    assert known
    assert {
        signature for data in templates_of(sample) for signature in signatures_in(data)
    } <= known
    texts = [text.decode() for name, text in files_of(sample).items() if name.endswith(".tf")]
    written = re.findall(r'effect\s*=\s*"(?:Allow|Deny)"', "\n".join(texts), re.IGNORECASE)
    assert len(written) <= sum(canonical(documents_in(found)).values())


@pytest.mark.parametrize("sample", TEMPLATES)
def test_every_principal_of_a_template_is_in_the_world(sample: str) -> None:
    """As many users, groups and roles, as resources of these types say."""
    accounts = import_sources([str(SAMPLES[sample])]).data.get("accounts", {})
    for kind in ("User", "Group", "Role"):
        told = sum(
            types_in(data).count(f"{start}{kind if start[0] == 'A' else kind.lower()}")
            for data in templates_of(sample)
            for start in ("AWS::IAM::", "aws_iam_")
        )
        known = sum(len(account.get(f"{kind.lower()}s", {})) for account in accounts.values())
        assert told <= known, kind


def types_in(data: Any) -> list[str]:
    """The type of every resource in data, but of those that hang on a condition."""
    if isinstance(data, list):
        return [found for item in data for found in types_in(item)]
    if not isinstance(data, dict):
        return []
    own = [data[key] for key in ("Type", "type") if isinstance(data.get(key), str)]
    if data.get("mode") == "data" or "Condition" in data:
        return []
    return own + [found for item in data.values() for found in types_in(item)]


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
