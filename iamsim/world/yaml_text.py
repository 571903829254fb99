"""Reading YAML text, with a place for every part.

The subset that configuration needs: one document of maps with text keys, lists and scalars.
Scalars are text (account ids keep their zeros, `2012-10-17` is no date, `yes` is no boolean) but
for a plain null. Anchors and aliases work within bounds; merge keys are errors, and so are tags
unless the caller can read them. The parser of libyaml does the work where PyYAML has it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple, NoReturn, Protocol

import yaml  # noqa: TID253 - this module is imported only when YAML is read

from iamsim.core.errors import WorldError
from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span

MAX_ALIASED_NODES = 1_000_000
NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class _Mark(Protocol):
    """A point of the text."""

    @property
    def index(self) -> int:
        """Characters from the start."""


class _Event(Protocol):
    """What a YAML parser reports; only scalars have `value`, only nodes have `tag`."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None


class _Parser(Protocol):
    """The part that is used of PyYAML's two parsers."""

    def get_event(self) -> _Event:
        """Give the next event."""


LOADER: Callable[[str], _Parser] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


TagReader = Callable[[str, object], object]


class _Anchor(NamedTuple):
    """A value that aliases may repeat: its nodes, its depth, and where its marks begin."""

    value: object
    nodes: int
    height: int
    mark: int


def read_yaml(
    source: Source,
    *,
    max_depth: int,
    loader: Callable[[str], _Parser] = LOADER,
    read_tag: TagReader | None = None,
) -> tuple[object, Callable[[str], dict[Path, tuple[int, int]]]]:
    """Read a YAML text to plain data, and give what finds the places of its parts.

    The places are found from the marks that the parser leaves; keys stand under the path of their
    value with ``"#key"`` behind. `read_tag` makes a map with one key of a tag and what it stands
    before, or gives `None` for a tag that it does not know; the map and what is under its key have
    the place of the node. Raises `WorldError` with the place.
    """
    builder = _Builder(source, max_depth, read_tag)
    try:
        builder.parser = loader(source.text)
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        builder.fail_syntax(error.problem or error.context or "", mark.index if mark else 0)
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes here; find the character itself, so that both parsers agree.
        character = error.character
        number = character if isinstance(character, int) else ord(character[:1] or "\0")
        builder.fail_syntax(
            f"character #x{number:04x} is not allowed", max(source.text.find(chr(number)), 0)
        )
    except UnicodeEncodeError as error:
        number = ord(error.object[error.start])
        builder.fail_syntax(f"character #x{number:04x} is not allowed", error.start)
    places = functools.partial(_locate, data, builder.marks, builder.aliases, builder.tagged_at)
    return data, places


class _Builder:
    """Turns parser events into plain data, and notes where each node starts and ends.

    `marks` holds start and end of every node and key in the order of the text; `aliases` says for
    the mark of an alias where the marks of its anchor begin, `tagged_at` what stands behind the
    tag at a mark.
    """

    def __init__(self, source: Source, max_depth: int, read_tag: TagReader | None) -> None:
        self.source = source
        self.max_depth = max_depth
        self.read_tag = read_tag
        self.parser: _Parser
        self.marks: list[int] = []
        self.aliases: dict[int, int] = {}
        self.tagged_at: dict[int, object] = {}
        self.anchors: dict[str, _Anchor] = {}
        self.open_anchors: set[str] = set()
        self.nodes = 0
        self.aliased_nodes = 0
        self.deepest = 0
        self.end = 0

    def fail(self, code: str, message: str, event: _Event, hint: str | None = None) -> NoReturn:
        """Raise an error at an event."""
        span = Span(self.source, event.start_mark.index, event.end_mark.index)
        raise WorldError(code, message, span=span, hint=hint)

    def fail_syntax(self, problem: str, index: int) -> NoReturn:
        """Raise an error for text that is no YAML."""
        text = self.source.text
        index = min(index, len(text))
        line_start = text.rfind("\n", 0, index) + 1
        indentation = text[line_start : index + 1]
        span = Span(self.source, index, min(index + 1, len(text)))
        if not indentation.strip() and "\t" in indentation:
            message, hint = "a tab can't indent YAML", "use spaces"
            raise WorldError("invalid-yaml", message, span=span, hint=hint) from None
        if "nesting depth" in problem:  # the limit of libyaml, which reads ahead of ours
            message = f"nested deeper than {self.max_depth} levels"
            raise WorldError("nested-too-deep", message, span=span) from None
        message = f"this is not YAML: {' '.join(problem.split())}"
        raise WorldError("invalid-yaml", message, span=span) from None

    def refuse_tag(self, event: _Event) -> None:
        """Raise an error if a node has a tag: files are plain data."""
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.fail("yaml-tag", f"the YAML tag `{tag}` is not allowed", event)

    def document(self) -> object:
        """Read the only document; no document at all is `None`."""
        parser = self.parser
        parser.get_event()  # the start of the stream
        if _is(parser.get_event(), yaml.StreamEndEvent):
            self.marks += (0, 0)
            return None
        data = self.value(parser.get_event(), 1)
        parser.get_event()  # the end of the document
        behind = parser.get_event()
        if not _is(behind, yaml.StreamEndEvent):
            self.fail(
                "yaml-several-documents",
                "the file holds more than one YAML document",
                behind,
                hint="keep one document a file, without `---` lines between",
            )
        return data

    def value(self, event: _Event, depth: int) -> object:
        """Read the node that starts with an event."""
        if _is(event, yaml.AliasEvent):
            return self.alias(event, depth)
        if self.read_tag is not None and event.tag is not None:
            return self.tagged(event, self.read_tag, depth)
        self.refuse_tag(event)
        marks = self.marks
        at = len(marks)
        self.nodes += 1
        anchor = event.anchor
        if _is(event, yaml.ScalarEvent):
            self.end = event.end_mark.index
            marks += (event.start_mark.index, self.end)
            text = None if event.value in NULLS and not event.style else event.value
            if anchor is not None:
                self.anchors[anchor] = _Anchor(text, 1, 0, at)
            return text
        if depth > self.max_depth:
            self.fail("nested-too-deep", f"nested deeper than {self.max_depth} levels", event)
        if anchor is None:
            self.deepest = max(self.deepest, depth)
            return self.collection(event, depth)
        outer_deepest, self.deepest = self.deepest, depth
        nodes = self.nodes
        self.open_anchors.add(anchor)
        value = self.collection(event, depth)
        self.open_anchors.discard(anchor)
        self.anchors[anchor] = _Anchor(value, self.nodes - nodes + 1, self.deepest - depth + 1, at)
        self.deepest = max(self.deepest, outer_deepest)
        return value

    def tagged(self, event: _Event, read_tag: TagReader, depth: int) -> object:
        """Read a node that has a tag, with what reads tags."""
        tag, event.tag = event.tag or "", None
        at = len(self.marks)
        value = self.value(event, depth)
        self.tagged_at[at] = value
        found = read_tag(tag, value)
        if found is None:
            event.tag = tag
            self.refuse_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = self.anchors[event.anchor]._replace(value=found)
        return found

    def collection(self, event: _Event, depth: int) -> object:
        """Read a map or a list to its end, and note where it ended."""
        at = len(self.marks)
        self.marks += (event.start_mark.index, 0)
        if _is(event, yaml.MappingStartEvent):
            value: object = self.map(depth + 1)
        else:
            value = self.list(depth + 1)
        # A block ends with its last item: its end event comes behind blank lines and comments.
        self.marks[at + 1] = self.end
        return value

    def list(self, depth: int) -> list[object]:
        """Read the items of a list."""
        items: list[object] = []
        get_event = self.parser.get_event
        event = get_event()
        while not _is(event, yaml.SequenceEndEvent):
            items.append(self.value(event, depth))
            event = get_event()
        self.end = max(self.end, event.end_mark.index if _is_flow_end(event) else 0)
        return items

    def map(self, depth: int) -> dict[str, object]:
        """Read the keys and values of a map."""
        items: dict[str, object] = {}
        starts: list[int] = []
        get_event = self.parser.get_event
        event = get_event()
        while not _is(event, yaml.MappingEndEvent):
            if not _is(event, yaml.ScalarEvent):
                self.fail("yaml-key-not-text", "the key of a map must be plain text", event)
            key: str = event.value
            self.refuse_tag(event)
            if key == "<<" and not event.style:
                self.fail(
                    "yaml-merge-key",
                    "the merge key `<<` is not allowed",
                    event,
                    hint="write the keys out",
                )
            if key in items:
                line, _ = self.source.line_column(self.marks[starts[list(items).index(key)]])
                message = f"the key `{key}` stands in this map already: line {line}"
                self.fail("duplicate-key", message, event)
            starts.append(len(self.marks))
            self.marks += (event.start_mark.index, event.end_mark.index)
            items[key] = self.value(get_event(), depth)
            event = get_event()
        self.end = max(self.end, event.end_mark.index if _is_flow_end(event) else 0)
        return items

    def alias(self, event: _Event, depth: int) -> object:
        """Repeat an anchored value, within bounds."""
        name = event.anchor or ""
        anchor = self.anchors.get(name)
        if anchor is None:
            fault = "is part of itself" if name in self.open_anchors else "has no anchor before it"
            self.fail("yaml-alias", f"the alias `*{name}` {fault}", event)
        self.nodes += anchor.nodes
        self.aliased_nodes += anchor.nodes
        if self.aliased_nodes > MAX_ALIASED_NODES:
            self.fail(
                "yaml-too-large",
                f"the aliases stand for more than {MAX_ALIASED_NODES} values",
                event,
            )
        if depth + anchor.height - 1 > self.max_depth:
            self.fail("nested-too-deep", f"nested deeper than {self.max_depth} levels", event)
        self.deepest = max(self.deepest, depth + anchor.height - 1)
        self.aliases[len(self.marks)] = anchor.mark
        self.end = event.end_mark.index
        self.marks += (event.start_mark.index, self.end)
        return anchor.value


def _is(event: object, kind: type[yaml.Event]) -> bool:
    return isinstance(event, kind)


def _is_flow_end(event: _Event) -> bool:
    """Say whether an end event is a closing bracket: others take no room in the text."""
    return event.end_mark.index > event.start_mark.index


def _locate(
    data: object,
    marks: list[int],
    aliases: dict[int, int],
    tagged_at: dict[int, object],
    _text: str,
) -> dict[Path, tuple[int, int]]:
    """Go through the data and the marks side by side, and give each path its place."""
    offsets: dict[Path, tuple[int, int]] = {}

    def visit(value: object, path: Path, at: int) -> int:
        """Give a value and its parts their places; the marks of the next value are returned."""
        offsets[path] = (marks[at], marks[at + 1])
        aliased = aliases.get(at)
        behind = at + 2
        if aliased is not None:
            # An alias stands at its own place, its parts stand with the anchor.
            visit_parts(value, path, aliased)
            return behind
        return visit_parts(value, path, at)

    def visit_parts(value: object, path: Path, at: int) -> int:
        """Give the parts of a value their places."""
        behind = at + 2
        if at in tagged_at and isinstance(value, dict):
            # The map that stands for a tag is not in the text; what is under its key is the node.
            path = (*path, *value)
            value = tagged_at[at]
            offsets[path] = offsets[(*path, KEY)] = (marks[at], marks[at + 1])
        if isinstance(value, dict):
            for key, item in value.items():
                item_path = (*path, key)
                offsets[(*item_path, KEY)] = (marks[behind], marks[behind + 1])
                behind = visit(item, item_path, behind + 2)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                behind = visit(item, (*path, index), behind)
        return behind

    visit(data, (), 0)
    return offsets
