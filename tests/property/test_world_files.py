"""Laws of world files: whatever stands in one, there is a world or a `WorldError`."""

import json
import pickle
from pathlib import Path

import pytest
import yaml  # noqa: TID253 - writes the files that are read
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.errors import WorldError
from iamsim.world.documents import parse_document
from iamsim.world.load import load_world_documents
from iamsim.world.records import TABLES, WORLD

TEXT = """\
policies:
  Shared: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "*", Resource: "*"}]}
organization:
  id: o-exampleorg1
  management_account: "999999999999"
  root:
    id: r-ab12
    scps: [FullAWSAccess, Shared]
    units: {Workloads: {id: ou-ab12-11112222, accounts: ["111122223333"]}}
accounts:
  "111122223333":
    name: prod
    users: &users
      alice: {path: /eng/, groups: [devs], policies: [Read], boundary: Shared, mfa_devices: 1}
    groups: {devs: {policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}
    roles:
      app: {trust: {Version: "2012-10-17", Statement: []}, tags: [{Key: a, Value: b}]}
    policies:
      Read: {Version: "2012-10-17", Statement: []}
    resources:
      "arn:aws:s3:::reports": {policy: Shared, public_access_block: {block_public_acls: true}}
      "arn:aws:kms:eu-west-1:111122223333:key/1": {grants: [{grantee: x, operations: [Decrypt]}]}
    vpc_endpoints: {vpce-0abc: {service: s3, type: Gateway}}
    permission_sets: {Developer: {inline: {}, boundary: Read}}
"""
DATA = yaml.safe_load(TEXT)
JSON_TEXT = json.dumps(DATA, indent=1)

KEYS = st.sampled_from(
    sorted({name for table in (WORLD, *TABLES.values()) for name in table.by_name})
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["111122223333", "Shared", "/", "arn:aws:s3:::b", "..", "/dev/null", "FullAWSAccess"]
    )
)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
PLAIN_VALUES = st.recursive(
    st.integers() | ASCII,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ASCII, inner, max_size=4),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS | st.text(max_size=6) | st.just("111122223333"), inner, max_size=4)
    ),
    max_leaves=20,
)


def outcome(function, *arguments, **options):
    """Give what a call returns, or the `WorldError` that it raises; other errors fail the test."""
    try:
        return function(*arguments, **options)
    except WorldError as error:
        return error


def load(text, language):
    """Load a text as a world both ways; give the world, or `None` if there is an error."""
    document = outcome(parse_document, text, "x", folder="/nowhere", language=language)
    if isinstance(document, WorldError):
        assert document.span is not None
        return None
    lenient = load_world_documents(document, strict=False)
    for problem in lenient.problems:
        line, column = problem.span.line, problem.span.column
        assert min(line, column) >= 1
        assert str(problem).startswith(f"x:{line}:{column}: ")
    world = outcome(load_world_documents, document)
    if isinstance(world, WorldError):
        assert str(world).startswith(str(lenient.problems[0]))
        return None
    assert not lenient.problems
    pickle.dumps(world)
    return world


@pytest.mark.parametrize(
    ("text", "language"), [(TEXT, "yaml"), (JSON_TEXT, "json"), (JSON_TEXT, "yaml")]
)
def test_the_unchanged_file_is_a_world(text, language):
    """The file that the laws below damage is sound, in both languages."""
    world = load(text, language)
    assert world.find_principal("arn:aws:iam::111122223333:user/eng/alice").mfa_devices == 1


@given(st.sampled_from([(TEXT, "yaml"), (JSON_TEXT, "json")]), st.data())
def test_a_truncated_file_gives_a_world_or_a_world_error(file, data):
    """A file that ends early never gives another error than `WorldError`."""
    text, language = file
    load(text[: data.draw(st.integers(0, len(text)))], language)


@given(st.sampled_from([(TEXT, "yaml"), (JSON_TEXT, "json")]), st.data())
def test_a_file_with_a_changed_stretch_gives_a_world_or_a_world_error(file, data):
    """Text that replaces any stretch of a file never gives another error than `WorldError`."""
    text, language = file
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 20, len(text))))
    inserted = data.draw(st.text(max_size=5) | st.text("{}[]:,-&*!|>'\"#%@`? \n\t", max_size=8))
    load(text[:start] + inserted + text[end:], language)


@given(st.binary(max_size=60), st.integers(0, len(TEXT)))
def test_any_bytes_give_a_world_or_a_world_error(noise, at):
    """Bytes that are no text, alone or inside a file, never give another error."""
    for content in (noise, TEXT[:at].encode() + noise + TEXT[at:].encode()):
        document = outcome(parse_document, content, "x")
        if not isinstance(document, WorldError):
            document = outcome(load_world_documents, document)
        assert not isinstance(document, WorldError) or str(document).startswith("x:")


@given(VALUES, st.data())
def test_any_value_in_any_place_gives_a_world_or_a_world_error(value, data):
    """Whatever stands in place of a part of a world is read or refused with its place."""
    whole = json.loads(JSON_TEXT)
    part, key = {"": whole}, ""
    while isinstance(part[key], (dict, list)) and part[key] and data.draw(st.booleans()):
        part = part[key]
        key = data.draw(
            st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part)))
        )
    part[key] = value
    if part is whole or key:
        load(json.dumps(whole), "json")
    else:
        load(json.dumps(value), "json")


@given(PLAIN_VALUES)
def test_places_of_yaml_and_json_agree_with_the_data(value):
    """JSON is YAML: both readers give the same parts the same places."""
    text = json.dumps(value)
    as_json = parse_document(text, "x", language="json")
    as_yaml = parse_document(text, "x", language="yaml")
    json_places = as_json.source.locate_all(text)
    yaml_places = as_yaml.source.locate_all(text)
    assert dict(json_places) == dict(yaml_places)


@given(
    st.sampled_from(sorted(Path(__file__).parent.parent.glob("golden/world/*/world.*"))), st.data()
)
def test_cut_golden_files_give_a_world_or_a_world_error(path, data):
    """What is already faulty stays a `WorldError` or becomes a world when it ends early."""
    content = path.read_bytes()
    cut = content[: data.draw(st.integers(0, len(content)))]
    document = outcome(parse_document, cut, "x", folder=str(path.parent))
    if not isinstance(document, WorldError):
        document = outcome(load_world_documents, document)
    assert not isinstance(document, WorldError) or document.span is not None
