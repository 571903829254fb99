"""Nothing of the public samples is lost without a marker: policies, statements and principals are
counted in the sources and in the world."""

from __future__ import annotations

import csv
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
    from collections.abc import Iterable, Iterator

    from iamsim.importers.draft import Remark

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
_principal = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(user|group|role)/(?:.*/)?([^/]+)").fullmatch


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
    """Each document as it is."""
    found = import_sources([str(SAMPLES[sample])])
    known = canonical(documents_in(found.data))
    sources = canonical(
        document for document in documents_in(sources_of(sample)) if resolved(document)
    )
    lost = sources.keys() - known.keys()
    assert not lost, min(lost)


def records_in(data: Any) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """Every record that has the ARN of a user, group or role: account, kind and name, and it."""
    if isinstance(data, dict):
        for key in ("Arn", "arn", "ARN"):
            arn = data.get(key)
            found = _principal(arn) if isinstance(arn, str) else None
            if found is not None:
                yield (found[1], f"{found[2]}s", found[3]), data
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from records_in(item)


def principals_of(data: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What a world holds of each user, group and role."""
    return {
        (account_id, kind, name): entity
        for account_id, account in data.get("accounts", {}).items()
        for kind in ("users", "groups", "roles")
        for name, entity in account.get(kind, {}).items()
    }


@pytest.mark.parametrize("sample", COUNTED)
def test_every_principal_of_a_source_is_in_the_world(sample: str) -> None:
    """Users, groups and roles by the ARNs of all records, and users of credential reports."""
    told = {known_by for data in sources_of(sample) for known_by, _ in records_in(data)}
    for name, content in files_of(sample).items():
        if name.endswith(".csv"):
            rows = csv.DictReader(content.decode().splitlines())
            named = (_principal(row["arn"]) for row in rows)
            told |= {(user[1], "users", user[3]) for user in named if user}
    assert told <= principals_of(import_sources([str(SAMPLES[sample])]).data).keys()


@pytest.mark.parametrize("sample", COUNTED)
def test_every_policy_of_a_principal_is_in_the_world(sample: str) -> None:
    """As many as its record has, so that one of two with the same text is not lost, either."""
    known = principals_of(import_sources([str(SAMPLES[sample])]).data)
    for known_by, told in (record for data in sources_of(sample) for record in records_in(data)):
        record = {key.lower(): value for key, value in told.items()}  # AWS Config has camel case
        inline = record.get(f"{known_by[1][:-1]}policylist", [])
        attached = record.get("attachedmanagedpolicies", [])
        entity = known[known_by]
        there = len(entity.get("policies", ())) + len(entity.get("inline_policies", ()))
        assert len(inline) + len(attached) <= there, known_by
        assert len(record.get("grouplist", ())) <= len(entity.get("groups", ())), known_by
        assert ("permissionsboundary" in record) <= ("boundary" in entity), known_by
        assert ("assumerolepolicydocument" in record) <= ("trust" in entity), known_by


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


def unassigned_in(sample: str, remarks: Iterable[Remark]) -> set[tuple[str, str, tuple[str, ...]]]:
    """The statements of permission sets that nothing assigns, which are in no account: a remark
    says so of each."""
    places = {remark.place for remark in remarks if remark.code == "permission-set-unassigned"}
    return {
        signature
        for data in templates_of(sample)
        for name, resource in (data.get("Resources", {}) if places else {}).items()
        if f"Resources.{name}" in places
        for signature in signatures_in(resource)
    }


@pytest.mark.parametrize("sample", TEMPLATES)
def test_every_statement_of_a_template_is_in_the_world(sample: str) -> None:
    """By effect and actions; of a configuration in HCL there are no fewer than it writes."""
    imported = import_sources([str(SAMPLES[sample])])
    found = imported.data
    known = set(signatures_in(found))
    assert known
    lost = {signature for data in templates_of(sample) for signature in signatures_in(data)} - known
    assert lost <= unassigned_in(sample, imported.remarks)
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
