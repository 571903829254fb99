"""Laws of imports: round trips, and that a broken dump costs no more than what is broken."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamsim.core.errors import IamsimError
from iamsim.core.span import Source
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.importers.writing import compare_folder, write_folder
from iamsim.world.load import load_world, load_world_data
from iamsim.world.merge import content
from iamsim.world.model import World
from iamsim.world.yaml_text import read_yaml
from iamsim.world.yaml_writing import write_yaml

FIXTURES = Path(__file__).parent.parent / "data" / "imports"
SOURCES = sorted(FIXTURES.iterdir())
ALL_FILES = sorted(path for path in FIXTURES.rglob("*") if path.is_file())
DETAILS = FIXTURES / "identity-center" / "account-authorization-details.json"


def meaning(value):
    """What a world, or a part of it, says, without places."""
    if isinstance(value, World):
        return meaning([value.organization, value.accounts, value.policies])
    if isinstance(value, dict):
        return {key: meaning(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [meaning(part) for part in value]
    found = content(value)
    return found if found is value else meaning(found)


def written(imported, folder):
    """Write an import to a fresh folder."""
    target = Path(folder) / "world"
    write_folder(imported.data, str(target))
    return target


@pytest.fixture
def folder():
    """A folder for one example: hypothesis asks for many."""
    made = tempfile.mkdtemp()
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_is_written_loads_as_what_was_imported(source, tmp_path):
    """Import, write and load gives the world of the import; writing again does nothing."""
    imported = import_sources([str(source)])
    target = written(imported, tmp_path)
    assert meaning(load_world(target)) == meaning(to_world(imported))
    assert not compare_folder(import_sources([str(source)]).data, str(target)).any


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_an_import_is_idempotent(source):
    """Sources given twice say nothing new."""
    once, twice = import_sources([str(source)]), import_sources([str(source), str(source)])
    assert once.data == twice.data
    assert once.remarks == twice.remarks


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("arn:aws:s3:::x"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from places(part, (*path, key))


# An error that the CLI wrote in place of an output is no JSON.
OF_JSON = [
    path
    for path in ALL_FILES
    if path.suffix == ".json" and path.read_text(encoding="utf-8").lstrip()[:1] in {"{", "["}
]


@st.composite
def mutated(draw):
    """One of our dumps with some values replaced by others, or taken away."""
    path = draw(st.sampled_from(OF_JSON))
    data = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.sampled_from(list(places(data))))
        if not where:
            continue
        holder = data
        for step in where[:-1]:
            holder = holder[step]
        if draw(st.booleans()):
            holder[where[-1]] = draw(JSON_VALUES)
        else:
            del holder[where[-1]]
    return path, data


@given(mutated())
def test_no_mutation_breaks_an_import(case):
    """A mutated dump gives a world that loads without a fault, or one clear error."""
    path, data = case
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / path.relative_to(FIXTURES)
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(data), encoding="utf-8")
        try:
            imported = import_sources([folder])
        except IamsimError as error:
            assert error.code == "nothing-to-import"  # noqa: PT017 - both ends are fine
            return
        world = load_world(written(imported, folder))
        assert not world.problems
        assert meaning(world) == meaning(to_world(imported))


@given(st.data())
def test_a_broken_record_costs_itself_alone(data):
    """Whatever one role's record is replaced by, every other principal is still there."""
    whole = json.loads(DETAILS.read_text(encoding="utf-8"))
    roles = whole["RoleDetailList"]
    broken = data.draw(st.integers(0, len(roles) - 1))
    kept = {role["RoleName"] for index, role in enumerate(roles) if index != broken}
    where = data.draw(st.sampled_from([place for place in places(roles[broken]) if place]))
    holder = roles[broken]
    for step in where[:-1]:
        holder = holder[step]
    holder[where[-1]] = data.draw(JSON_VALUES)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "details.json").write_text(json.dumps(whole), encoding="utf-8")
        account = import_sources([folder]).data["accounts"]["222222222222"]
    assert kept <= account["roles"].keys()
    assert account["users"].keys() == {"alice"}
    assert account["groups"].keys() == {"devs"}


@given(st.data())
def test_a_dump_that_is_cut_off_keeps_all_that_is_complete(data):
    """Every role that stands in full before the cut is imported, and the cut is remarked."""
    text = DETAILS.read_text(encoding="utf-8")
    whole = json.loads(text)
    end = data.draw(st.integers(1, len(text.rstrip()) - 1))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "details.json"
        target.write_text(text[:end], encoding="utf-8")
        try:
            imported = import_sources([folder])
        except IamsimError as error:
            assert error.code == "nothing-to-import"  # noqa: PT017 - nothing was complete
            return
        assert any(remark.code == "source-not-readable" for remark in imported.remarks)
        names = {
            name
            for account in imported.data.get("accounts", {}).values()
            for name in account.get("roles", {})
        }
        complete = 0
        for role in whole["RoleDetailList"]:
            at = text.index(f'"RoleName": "{role["RoleName"]}"')
            if json_end(text, at) <= end:
                complete += 1
                assert role["RoleName"] in names
        assert complete == 0 or names


def json_end(text, inside):
    """Find the end of the object that a place at its first level is in."""
    start = text.rindex("{", 0, inside)
    return start + len(text[start:]) - len(text[start:].lstrip()) + _length(text[start:])


def _length(text):
    _, end = json.JSONDecoder().raw_decode(text)
    return end


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
PLAIN = st.recursive(
    TEXTS
    | st.sampled_from(["null", "~", "no", "1e3", "2012-10-17", "a: b", "# x", "", "[", "é\u2028"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, PLAIN, max_size=4))
@settings(deadline=None)
def test_yaml_that_is_written_reads_as_what_it_was(data):
    """The writer and the reader of YAML agree on every text."""
    text = write_yaml(data)
    assert read_yaml(Source("written", text), max_depth=100)[0] == data


NAMES = st.text("abAB01._-+=,@", min_size=1, max_size=4) | st.sampled_from(
    ["null", "on", "..", "1e3"]
)
DOCUMENTS = st.sampled_from(
    [
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
        }
        for action in ("s3:*", "sqs:*", "\u00e9:\u2028")
    ]
)
ARNS = st.builds("arn:aws:sqs:eu-west-1:111122223333:{}".format, NAMES)
TAGS = st.dictionaries(TEXTS, TEXTS, max_size=2)
PRINCIPALS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {},
        optional={
            "inline_policies": st.dictionaries(NAMES, DOCUMENTS, max_size=3),
            "policies": st.lists(DOCUMENTS, max_size=2),
            "boundary": DOCUMENTS,
            "tags": TAGS,
            "path": st.sampled_from(["/", "/a b/", "/x/y/"]),
        },
    ),
    max_size=3,
)
ACCOUNTS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "users": PRINCIPALS,
        "roles": PRINCIPALS,
        "policies": st.dictionaries(NAMES, DOCUMENTS, max_size=3),
        "resources": st.dictionaries(
            ARNS, st.fixed_dictionaries({"policy": DOCUMENTS, "tags": TAGS}), max_size=3
        ),
    },
)


@given(
    st.dictionaries(TEXTS, DOCUMENTS, max_size=3),
    st.dictionaries(st.sampled_from(["111122223333", "444455556666"]), ACCOUNTS, max_size=2),
)
def test_any_world_that_is_written_loads_as_itself(policies, accounts):
    """Whatever is called what, and whatever is shared, the folder says the same as the data."""
    data = {"policies": policies, "accounts": accounts}
    expected = load_world_data(data, strict=False)
    with tempfile.TemporaryDirectory() as folder:
        write_folder(data, str(Path(folder) / "world"))
        written_world = load_world(Path(folder) / "world", strict=False)
    assert meaning(written_world) == meaning(expected)
