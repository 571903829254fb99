"""Every example names its schema in the first line, by a path that leads there, and fits it."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml  # noqa: TID253 - read as editors do, not as iamsim does

from tests.docs.test_documents import blocks
from tests.repo.conftest import ROOT

LINE = "# yaml-language-server: $schema="
EXAMPLES = sorted(
    path
    for folder in ("examples", "lessons", "suites")
    for path in (ROOT / "corpus" / folder).rglob("*.yaml")
)


class EditorLoader(yaml.CSafeLoader):
    """Reads scalars as editors do, by the core schema of YAML 1.2: no dates, `on` is a text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - what is looked up is a plain dictionary


for tag, pattern in (
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ("null", r"null|Null|NULL|~|"),
):
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), None
    )


def schema_named_by(text, folder):
    """Read the schema that the first line of a file names, seen from its folder."""
    first = text.partition("\n")[0]
    assert first.startswith(LINE)
    return json.loads((folder / first.removeprefix(LINE)).read_text("utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_fit_the_schema_that_they_name(path):
    """An editor that follows the first line finds a schema, and nothing to complain about."""
    text = path.read_text("utf-8")
    schema = schema_named_by(text, path.parent)
    assert ("accounts" in schema["properties"]) == (path.stem == "world")
    jsonschema.validate(yaml.load(text, EditorLoader), schema)  # noqa: S506 - a safe loader


@pytest.mark.parametrize("document", blocks("yaml"))
def test_yaml_of_the_pages_fits_the_schema_that_it_names(document):
    """A YAML block of the documentation names the schema that `iamsim schema` writes beside it."""
    schema = schema_named_by(document, ROOT / "docs" / "reference")
    jsonschema.validate(yaml.load(document, EditorLoader), schema)  # noqa: S506 - a safe loader
