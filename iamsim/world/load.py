"""Loading worlds: files in, one checked `World` out, every fault with its place.

The format is the world file's (formats, section 2): its fields are in `iamsim.world.records`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.collector import CollectLater
from iamsim.core.errors import WorldError
from iamsim.world.build import WorldBuilder, find_partitions
from iamsim.world.documents import Document, parse_document, read_document
from iamsim.world.fields import Fault, Fields, Place, Problems
from iamsim.world.index import WorldIndex, read_index
from iamsim.world.merge import check_world, merge_worlds
from iamsim.world.policies import Policies
from iamsim.world.records import WORLD

if TYPE_CHECKING:
    from iamsim.world.model import World

WORLD_FILES = ("world.yaml", "world.yml", "world.json")
SHOWN_PROBLEMS = 20
COMPARED = (
    "`iamsim explain FILE` takes a policy; `iamsim check equivalent` and `iamsim check"
    " no-new-access` compare two"
)


class WorldProblemsError(WorldError):
    """All that is wrong with a world: the first problem's parts, and `problems` for all of them."""

    def __init__(self, problems: Iterable[WorldError]) -> None:
        """Keep the problems; there must be one at least."""
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.code, first.message, span=first.span, hint=first.hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling."""
        return WorldProblemsError, (self.problems,)

    def __str__(self) -> str:
        """List the problems, each on its own line, the first 20 in full."""
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        more = len(self.problems) - SHOWN_PROBLEMS
        if more > 0:
            lines.append("and one more problem" if more == 1 else f"and {more} more problems")
        return "\n".join(lines)


def load_world(*paths: str | os.PathLike[str], strict: bool = True) -> World:
    """Load a world from files, or folders that hold `world.yaml`; several worlds are merged.

    Raises `WorldError` with the place of the fault (of several: `WorldProblemsError`). With
    ``strict=False`` the faults are in `World.problems`, and what fits is loaded. A policy file that
    can't be read is no such fault: its policy is unknown, and the error stands in `World.lost`.
    """
    documents = []
    failed = []
    with CollectLater():
        for path in paths:
            try:
                documents.append(_world_document(world_file(os.fspath(path))))
            except WorldError as error:
                failed.append(error)
        return _load(documents, failed, strict=strict)


def load_world_documents(
    *documents: Document, files: Mapping[str, Document] | None = None, strict: bool = True
) -> World:
    """Load a world from documents that were read already, such as a part of a scenario.

    `files` are policy files by path that need not be on the disk.
    """
    return _load(documents, [], strict=strict, files=files)


def load_world_data(
    world: Document | Mapping[str, object],
    *,
    name: str = "world",
    folder: str = "",
    strict: bool = True,
) -> World:
    """Load a world that stands inside another document, or is given as plain data.

    Plain data is what JSON can hold; `name` stands for it in errors, and relative paths start from
    `folder`. Raises `WorldError` as `load_world` does.
    """
    if not isinstance(world, Document):
        try:
            text = json.dumps(world, indent=2, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise WorldError("not-a-world", f"`{name}` is not plain data") from error
        world = parse_document(text, name, folder=folder, language="json")
    return _load([world], [], strict=strict)


def refuse_lost(world: World) -> None:
    """Raise `WorldError` where a policy file of the world could not be read."""
    raise_problems(world.lost)


def world_file(path: str) -> str:
    """Give the file of a world: the path itself, or the world file in a folder."""
    if not os.path.isdir(path):  # noqa: PTH112 - pathlib costs start-up time
        return path
    for name in WORLD_FILES:
        file = os.path.join(path, name)  # noqa: PTH118
        if os.path.isfile(file):  # noqa: PTH113
            return file
    raise WorldError(
        "file-not-found",
        f"the folder `{path}` holds no world",
        hint=f"a world is in a file named {' or '.join(WORLD_FILES)}",
    )


def _load(
    documents: Iterable[Document],
    failed: list[WorldError],
    *,
    strict: bool,
    files: Mapping[str, Document] | None = None,
) -> World:
    """Read, build, merge and check."""
    problems = Problems(failed)
    records = list(_records(documents, problems))
    partitions = find_partitions(records)
    policies = Policies(problems, partitions, files)
    for record in records:
        policies.gather(record)
    builder = WorldBuilder(policies, partitions, problems)
    world = merge_worlds([builder.world(record) for record in records], problems)
    policies.check_repeated()
    check_world(world, problems)
    world.lost = sorted(problems.lost, key=_order)
    world.problems = sorted(problems.found, key=_order)
    if strict:
        raise_problems(world.problems)
    return world


def _world_document(file: str, index: WorldIndex | None = None) -> Document:
    """Read a world file, its data from the index where that stands for it; raises `WorldError` for
    one that holds nothing: what it held may be lost."""
    index = index or read_index(file)
    known = None if index is None else index.document(file)
    document = known or read_document(file)
    if not document.data:
        hint = "write `accounts: {}` in a world that has none"
        span = document.span(())
        raise WorldError(
            "nothing-said", "the file of the world holds nothing", span=span, hint=hint
        )
    return document


def _records(documents: Iterable[Document], problems: Problems) -> Iterator[Fields]:
    """Read documents and what they include, each file once."""
    waiting = list(documents)[::-1]
    seen: set[str] = set()
    while waiting:
        record = read_record(waiting.pop(), problems)
        if record is None:
            continue
        yield record
        place = record.place
        included = []
        known = read_index(place.source.name) if record.has("include") else None
        for index, path in enumerate(record.texts("include")):
            file = os.path.normpath(os.path.join(place.folder, path))  # noqa: PTH118
            if file in seen:
                continue
            seen.add(file)
            try:
                included.append(_world_document(world_file(file), known))
            except WorldError as error:
                span = error.span or place.below("include", index).span
                problems.found.append(
                    WorldError(error.code, error.message, span=span, hint=error.hint)
                )
        waiting += reversed(included)


def read_record(document: Document, problems: Problems) -> Fields | None:
    """Read one document by the table of the world file; an empty one is an empty world."""
    place = Place(document.source, (), document.folder)
    if isinstance(document.data, dict) and "Statement" in document.data:
        problems.add(
            "policy-for-world", "this is a policy, not a world", document.span(()), COMPARED
        )
        return None
    try:
        return WORLD.read({} if document.data is None else document.data, place, problems)
    except Fault as fault:
        problems.add(fault.code, fault.message, document.span(()), fault.hint)
        return None


def _order(problem: WorldError) -> tuple[str, int]:
    """Sort problems by file and place; those without a place come first."""
    return ("", 0) if problem.span is None else (problem.span.source.name, problem.span.start)


def raise_problems(problems: list[WorldError]) -> None:
    """Raise the only problem itself, or all of them as one error."""
    if problems:
        raise problems[0] if len(problems) == 1 else WorldProblemsError(problems)
