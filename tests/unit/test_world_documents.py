"""Reading JSON and YAML: plain data, and a place for each part of it."""

import pickle
import sys

import pytest
import yaml  # noqa: TID253 - tests of reading YAML

from iamsim.core.errors import WorldError
from iamsim.core.span import Source
from iamsim.world.documents import parse_document, part_of, read_document
from iamsim.world.yaml_text import read_yaml

YAML = """\
# a comment
a: &x
  - one
  - {b: [1, 2], c: null}
  - "q"

# another comment
d: *x
e: |
  text
f:
"null": ~
"""
JSON = """{"a": ["one", {"b": ["1", "2"], "c": null}, "q"]}"""

PARSERS = [yaml.BaseLoader, yaml.CBaseLoader] if yaml.__with_libyaml__ else [yaml.BaseLoader]


def read_with(parser, text):
    """Read YAML with one of PyYAML's parsers; give the data and the places."""
    source = Source("x.yaml", text)
    data, locate = read_yaml(source, max_depth=100, loader=parser)
    source.locate_all = locate
    return data, source


@pytest.mark.parametrize("parser", PARSERS)
def test_yaml_scalars_are_text_but_for_a_plain_null(parser):
    """Account ids keep zeros, versions are no dates, `yes` is no flag; only plain null is none."""
    text = '[012345678901, 2012-10-17, yes, 1.0, 0x1, "null", ~, null, NULL, !', ""
    data, _ = read_with(parser, text[0].removesuffix(", !") + "]")
    assert data == ["012345678901", "2012-10-17", "yes", "1.0", "0x1", "null", None, None, None]


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("path", "text", "line", "column"),
    [
        (("a", "#key"), "a", 2, 1),
        (("a", 0), "one", 3, 5),
        (("a", 1), "{b: [1, 2], c: null}", 4, 5),
        (("a", 1, "b", "#key"), "b", 4, 6),
        (("a", 1, "b", 1), "2", 4, 13),
        (("a", 1, "c"), "null", 4, 20),
        (("a", 2), '"q"', 5, 5),
        (("d",), "*x", 8, 4),
        (("d", 1, "b"), "[1, 2]", 4, 9),
        (("f",), "", 11, 3),
        (("null", "#key"), '"null"', 12, 1),
        (("null",), "~", 12, 9),
    ],
)
def test_yaml_parts_have_places(parser, path, text, line, column):
    """Keys and values stand where they are written; parts of an alias stand at its anchor."""
    data, source = read_with(parser, YAML)
    span = source.span(path)
    assert (span.text, span.line, span.column) == (text, line, column)
    assert data["d"] == data["a"]


@pytest.mark.parametrize("parser", PARSERS)
def test_a_block_ends_with_its_last_item(parser):
    """The stretch of a block of YAML takes no blank lines and comments behind it in."""
    _, source = read_with(parser, YAML)
    assert source.span(("a",)).text.endswith('- "q"')


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [b\nc: d", "invalid-yaml", 2, 2),
        ("a: b: c", "invalid-yaml", 1, 5),
        ("a:\n\tb: c", "invalid-yaml", 2, 1),
        ("é: \x01", "invalid-yaml", 1, 4),
        ("é: \ud800", "invalid-yaml", 1, 4),
        ("a: 'b", "invalid-yaml", 1, 6),
        ("a: *b", "yaml-alias", 1, 4),
        ("a: &b {c: *b}", "yaml-alias", 1, 11),
        ("- - !x y", "yaml-tag", 1, 5),
        ("a: b\n---\nc: d", "yaml-several-documents", 2, 1),
    ],
)
def test_both_yaml_parsers_place_an_error_alike(parser, text, code, line, column):
    """What is no YAML is an error at its line and column, whichever parser PyYAML has."""
    with pytest.raises(WorldError) as caught:
        read_with(parser, text)
    span = caught.value.span
    assert caught.value.code == code
    assert span.line == line
    # The two parsers differ on which end of a broken stretch they name.
    assert code == "invalid-yaml" or span.column == column


@pytest.mark.parametrize("parser", PARSERS)
def test_empty_yaml_is_none(parser):
    """A file of comments holds nothing, and that is no error."""
    data, source = read_with(parser, "# nothing\n")
    assert data is None
    assert source.span(()).line == 1


def test_aliases_of_scalars_and_nested_anchors_work():
    """Anchors inside anchors, anchors on scalars, and aliases inside anchored values resolve."""
    data, source = read_with(yaml.BaseLoader, "a: &a [&b x, *b]\nc: {d: *a, e: *b}\n")
    assert data == {"a": ["x", "x"], "c": {"d": ["x", "x"], "e": "x"}}
    assert source.span(("c", "d", 1)).text == "*b"
    assert source.span(("c", "e")).text == "*b"


def test_json_parts_have_places():
    """The parts of a JSON text stand where they are written."""
    document = parse_document(JSON, "x.json")
    assert document.span(("a", 1, "b")).text == '["1", "2"]'
    assert document.key_span(("a", 1, "b")).text == '"b"'


@pytest.mark.parametrize("text", [JSON, "a: [one, {b: ['1', '2'], c: }, q]"])
def test_paths_of_a_part_start_at_the_part(text):
    """A part is a document of its own, whose places are lines of the whole file."""
    document = parse_document("\n" + text, "x")
    part = document.sub_document(("a", 1))
    assert part.data == {"b": ["1", "2"], "c": None}
    assert part.span(("b", 1)).place == document.span(("a", 1, "b", 1)).place
    assert part.key_span(("c",)).place == document.key_span(("a", 1, "c")).place
    assert part.span(()).place == document.span(("a", 1)).place
    assert part.sub_source(("b",)).span((0,)).line == 2
    assert part.sub_source(()) is part.source


def test_the_places_of_a_part_are_a_map():
    """The places of a part can be gone through: those below it, by their paths from there."""
    part = parse_document(JSON, "x").sub_source(("a", 1, "b"))
    places = part.locate_all(JSON)
    assert set(places) == {(), (0,), (1,), ("#key",)}
    assert len(places) == 4


def test_a_source_without_places_is_its_own_part():
    """Where no places are known, a part is as little known as the whole."""
    source = Source("x", "y")
    assert part_of(source, ("a",)) is source


@pytest.mark.parametrize("path", [("b",), ("a", 9), ("a", "b"), ("a", 0, 0), ("a", -1)])
def test_asking_for_a_part_that_is_not_there_is_a_key_error(path):
    """A path that leads nowhere is told from a part that is null."""
    with pytest.raises(KeyError):
        parse_document(JSON, "x").sub_document(path)


@pytest.mark.parametrize("name", ["w.json", "w.yaml", "w.yml", "w.txt", "w"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_are_read_by_ending_or_by_content(tmp_path, name, encoding):
    """JSON is YAML too, so every ending reads this text, with any byte order mark."""
    path = tmp_path / name
    path.write_bytes('{"é": ["1"]}'.encode(encoding))
    document = read_document(path)
    assert document.data == {"é": ["1"]}
    assert document.span(("é", 0)).place == f"{path}:1:8"
    assert document.folder == str(tmp_path)


def test_a_text_without_bracket_is_yaml():
    """Without an ending to go by, the first character tells the language."""
    assert parse_document("a: 1", "x").data == {"a": "1"}
    assert parse_document('\n {"a": 1}', "x").data == {"a": 1}


@pytest.mark.parametrize(
    ("name", "code"),
    [("none.json", "file-not-found"), (".", "file-not-readable"), ("a\0b", "file-not-readable")],
)
def test_a_file_that_cannot_be_read_is_a_world_error(tmp_path, monkeypatch, name, code):
    """Missing files, folders and impossible names are errors of the input, not tracebacks."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorldError) as caught:
        read_document(name)
    assert caught.value.code == code


def test_invalid_bytes_are_named_by_their_offset(tmp_path):
    """The error counts bytes, and its place counts characters."""
    (tmp_path / "x.yaml").write_bytes(b"a: \xc3\xa9\nb: \xff")
    with pytest.raises(WorldError, match="byte 9 does not belong") as caught:
        read_document(tmp_path / "x.yaml", name="x")
    assert caught.value.span.place == "x:2:4"


@pytest.mark.parametrize("depth", [99, 101, 100_000])
@pytest.mark.parametrize("language", ["json", "yaml"])
def test_depth_is_bounded(depth, language):
    """A hundred levels are enough for everybody, and more never overflow the stack."""
    text = "[" * depth + "]" * depth
    if depth < 100:
        assert parse_document(text, "x", language=language).data
        return
    with pytest.raises(WorldError) as caught:
        parse_document(text, "x", language=language)
    assert caught.value.code == "nested-too-deep"


def test_documents_can_be_sent_to_other_processes():
    """A document of either language, or a part of it, keeps its places when pickled."""
    for text in (JSON, YAML):
        part = parse_document(text, "x").sub_document(("a",))
        copy = pickle.loads(pickle.dumps(part))  # noqa: S301 - our own bytes
        assert copy.data == part.data
        assert copy.span((1, "b")).place == part.span((1, "b")).place


def test_reading_json_needs_no_yaml():
    """A JSON world does not pay for importing a YAML parser."""
    import subprocess

    program = (
        "import sys; from iamsim.world.documents import parse_document;"
        f"parse_document({JSON!r}, 'x'); assert 'yaml' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
