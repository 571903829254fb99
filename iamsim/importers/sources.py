"""From paths to parsed sources: files, folders and archives; JSON, lines of JSON, YAML, CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from iamsim.core.caret import quote
from iamsim.core.errors import RequestError, WorldError
from iamsim.core.json_text import MOST_VALUES, has_too_much
from iamsim.files.archive import Archive, ArchiveError
from iamsim.files.links import LED_OUTSIDE, leads_outside
from iamsim.files.reading import read_bytes, read_gzip
from iamsim.importers.draft import ANYTHING, Draft
from iamsim.importers.lost import refusal_in, says_nothing_is_there
from iamsim.importers.manifest import written_files
from iamsim.importers.options import SourceOptions
from iamsim.importers.salvage import UniqueKeys, salvage
from iamsim.importers.short_forms import read_short_form
from iamsim.importers.sums import SUMS, is_list_of_sums, read_sums, sum_of
from iamsim.importers.unknown import marker
from iamsim.syntax.hcl.file import is_automatic, read_hcl
from iamsim.world.documents import parse_document

__all__ = ["Source", "SourceOptions", "read_sources"]

MAX_DEPTH = 200
JSON_ENDINGS = (".json", ".tfstate", ".jsonl", ".ndjson", ".tfplan")
YAML_ENDINGS = (".yaml", ".yml", ".template")
HCL_ENDINGS = (".tf", ".tfvars")
# What npm installs holds templates of its own; macOS puts copies beside what it packs.
OF_TOOLS = ("node_modules", "__MACOSX")
# Keys of plans, states, templates and assemblies: what stands later there changes what stands
# before, such as the attachment of a policy to a user, so that their beginning says nothing.
WHOLE = frozenset({"artifacts", "planned_values", "resource_changes", "Resources", "serial"})
ENDINGS = (*JSON_ENDINGS, *YAML_ENDINGS, *HCL_ENDINGS, ".csv")
PACKED_TWICE = "an archive inside of an archive is not unpacked: import it by itself"


class Source(NamedTuple):
    """A file, parsed: JSON or YAML data, or the rows of a CSV file as a list of maps of text.

    The path is the one that was given, with `/` between its parts; inside an archive it goes on
    behind the archive's own. `subject` is the ARN or id that the user said the file is about,
    `content` what the file holds.
    """

    path: str
    data: object
    subject: str | None = None
    content: bytes = b""

    @property
    def text(self) -> str:
        """The text of the file; empty for one that is packed."""
        return "" if self.path.lower().endswith(".gz") else _decode(self.content)


class _File(NamedTuple):
    """A file to read: its path, what gives its content, if it is there, and whether it was found in
    a folder."""

    path: str
    read: Callable[[], bytes] | None
    is_found: bool = False


def read_sources(
    paths: Iterable[str], draft: Draft, options: SourceOptions
) -> Iterator[tuple[Source, int, int]]:
    """Read all files in order; one that can't be parsed makes a remark.

    Gives the source, how many came before it, and how many there are. Raises `WorldError` for a
    path that is not there or can't be read, `RequestError` where the user speaks of a file that is
    not among the sources.
    """
    files = []
    for path in map(os.fspath, paths):
        sources = list(_files(path))
        if not sources and written_files(path):
            draft.source = path.replace(os.sep, "/")
            draft.remark("source-not-recognised", "this is a world already: `--world` takes it")
        files += sources
    digests: dict[str, str] = {}
    for other_file in files:
        if is_list_of_sums(other_file.path) and other_file.read is not None:
            draft.source = other_file.path
            digests |= read_sums(other_file.path, other_file.read(), draft)
    files = [file for file in files if not is_list_of_sums(file.path)]
    files += [_File(path, None) for path in sorted(_missing(digests, files))]
    about = {os.path.normpath(path): subject for path, subject in options.about.items()}
    if unknown := about.keys() - {os.path.normpath(file.path) for file in files}:
        raise RequestError(
            "file-not-among-sources",
            f"`--for` speaks of {quote(min(unknown))}, which is not among the sources",
            hint="write the path as the report does: the source that was given, and what is in it",
        )
    for done, file in enumerate(files):
        draft.source, draft.scope = file.path, ANYTHING
        unread = _why_unread(file)
        if unread is not None:
            draft.remark("source-not-readable", unread, severity="unknown")
            yield Source(file.path, marker(unread, draft.file)), done, len(files)
            continue
        if file.read is None:
            why = f"the file is not there, and {SUMS} names it"
            draft.remark("source-missing", why, severity="unknown")
            yield Source(file.path, marker(why, draft.file)), done, len(files)
            continue
        content = file.read()
        digest = digests.get(file.path)
        if digest is None:
            draft.unverified.add(file.path)
        elif digest != sum_of(content):
            why = f"the file is not the one that {SUMS} tells of"
            draft.remark("source-changed", f"{why}: what that held is unknown", severity="unknown")
            yield Source(file.path, marker(why, draft.file)), done, len(files)
            continue
        for data in _parse(file.path, content, draft):
            whole = _without_garbled(data, draft)
            subject = about.get(os.path.normpath(file.path))
            yield Source(file.path, whole, subject, content), done, len(files)


def _why_unread(file: _File) -> str | None:
    """Say why a file that was found is not opened."""
    if file.is_found and _ending(file.path) in HCL_ENDINGS and leads_outside(file.path):
        return LED_OUTSIDE
    return PACKED_TWICE if _is_packed_twice(file.path) else None


def _missing(digests: Iterable[str], files: Iterable[_File]) -> set[str]:
    """The sources that a list of sums names, and that are not there."""
    named = {path for path in digests if _is_source(path.rpartition("/")[2])}
    return {
        path
        for path in named - {file.path for file in files}
        if not os.path.exists(path)  # noqa: PTH110 - plain text paths everywhere
    }


def _without_garbled(data: object, draft: Draft) -> object:
    """Data with a marker for each text that was damaged: it holds a character that decoders put in
    place of what they can't read, or the one that no text of AWS holds."""
    if isinstance(data, str):
        if not _is_garbled(data):
            return data
        draft.remark("text-garbled", "a text is damaged: what it says is unknown", "", "unknown")
        return marker("the text is damaged", draft.file)
    if isinstance(data, list):
        data[:] = (_without_garbled(item, draft) for item in data)
    if isinstance(data, dict):
        if any(isinstance(key, str) and _is_garbled(key) for key in data):
            return marker("a name is damaged", draft.file)
        data.update((key, _without_garbled(item, draft)) for key, item in data.items())
    return data


_is_garbled = re.compile("[\x00\ufffd]").search


def _files(path: str) -> Iterator[_File]:
    """List the files at a path, those of folders in the order of their names.

    What an earlier import wrote below its sources is no source.
    """
    if os.path.isdir(path):  # noqa: PTH112 - plain text paths everywhere
        written: set[str] = set()
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not _is_passed_over(name))
            written |= {os.path.join(folder, name) for name in written_files(folder) or ()}  # noqa: PTH118
            for name in sorted(names):
                file = os.path.join(folder, name)  # noqa: PTH118
                known = _is_source(name) or name == SUMS or _ending(name) == ".zip"
                if known and not _is_passed_over(name) and file not in written:
                    yield from (other_file._replace(is_found=True) for other_file in _files(file))
    elif path.lower().endswith(".zip"):
        yield from _archived(path)
    else:
        yield _File(path.replace(os.sep, "/"), lambda: _read(path))


def _archived(path: str) -> Iterator[_File]:
    """List the files in a zip archive."""
    try:
        archive = Archive(path)
    except (OSError, ValueError, ArchiveError) as error:
        raise WorldError("file-not-readable", f"{quote(path)} is no zip archive") from error
    for name in archive.names():
        known = _ending(name) in ENDINGS or is_list_of_sums(name) or _is_packed_twice(name)
        if known and not any(map(_is_passed_over, name.split("/"))):
            yield _File(f"{path.replace(os.sep, '/')}/{name}", _reader(archive, name))


def _is_packed_twice(name: str) -> bool:
    """Say whether a file of an archive is an archive itself, and none that the AWS CDK packs code
    into."""
    return _ending(name) == ".zip" and not name.rpartition("/")[2].startswith("asset.")


def _is_source(name: str) -> bool:
    """Say whether a file of a folder is read, by its name."""
    known = not _is_passed_over(name) and _ending(name) in ENDINGS
    return known and (not name.endswith(".tfvars") or is_automatic(name))


def _is_passed_over(name: str) -> bool:
    """Say whether a file or folder of a folder is none that people mean: hidden, or of a tool."""
    return name.startswith(".") or name in OF_TOOLS


def _reader(archive: Archive, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return archive.read(name)
        except (OSError, ValueError, RuntimeError, ArchiveError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None)
            message = f"can't read {quote(name)} in the archive"
            raise WorldError(
                "file-not-readable", f"{message}: {reason}" if reason else message
            ) from error

    return read


def _ending(name: str) -> str:
    """Give the ending of a file name in small letters, without `.gz`."""
    return os.path.splitext(name.lower().removesuffix(".gz"))[1]  # noqa: PTH122


def _read(path: str) -> bytes:
    try:
        return read_bytes(path)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        code = "file-not-found" if isinstance(error, FileNotFoundError) else "file-not-readable"
        raise WorldError(code, f"can't read {quote(path)}: {reason}") from error


def _parse(path: str, content: bytes, draft: Draft) -> Iterator[object]:
    """Parse a file by its ending, else by its start; several JSON values make several sources."""
    try:
        if path.lower().endswith(".gz"):
            content = read_gzip(content, path)
        text = _decode(content)
        if has_too_much(text):
            what = f"the file has more than {MOST_VALUES:,} values or lines: it is not read"
            draft.remark("source-not-readable", what, severity="unknown")
            yield marker(what, draft.file)
            return
        ending = _ending(path)
        if (refusal := refusal_in(text)) is not None:
            if says_nothing_is_there(text):
                yield {"Error": refusal}
                return
            draft.remark("source-not-readable", refusal, severity="unknown")
            yield marker(refusal, draft.file)
            return
        if ending == ".csv":
            yield list(csv.DictReader(io.StringIO(text), restkey=""))
        elif ending in HCL_ENDINGS:
            if not text.strip():
                # Terraform takes it for a file that says nothing; what it said may be lost.
                draft.remark("source-not-readable", "the file is empty", severity="unknown")
                draft.lose("the file is empty")
            yield read_hcl(path, text)
        elif ending in YAML_ENDINGS and not text.lstrip().startswith(("{", "[")):
            data = parse_yaml(text, path)
            # Prose with a colon in it is a map of YAML.
            prose = isinstance(data, dict) and any(" " in str(key) for key in data)
            yield marker("the file holds prose", draft.file) if prose else data
        else:
            yield from _values(text, draft)
    except RecursionError:
        what = "the file is nested too deeply"
        draft.remark("source-not-readable", what, severity="unknown")
        yield marker(what, draft.file)
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        told = error.strerror if isinstance(error, OSError) else None
        what = " ".join((told or str(error)).split()) or "the file can't be read"
        draft.remark("source-not-readable", what, severity="unknown")
        yield marker(what, draft.file)
    except WorldError as error:
        place = "" if error.span is None else f"line {error.span.line}"
        draft.remark("source-not-readable", error.message, place, "unknown")
        yield marker(error.message, draft.file)


def _decode(content: bytes) -> str:
    """Turn bytes into text: UTF-8, or UTF-16 as Windows shells redirect it."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding)


def parse_yaml(text: str, path: str) -> object:
    """Read YAML as worlds are read, scalars as text, with the tags of CloudFormation."""
    return parse_document(text, path, language="yaml", read_tag=read_short_form).data


def _values(text: str, draft: Draft) -> Iterator[object]:
    """Read the JSON values of a text: one, several behind each other, or one a line.

    What stands in front of a fault is kept, so that a file that was cut off loses its end alone.
    """
    unique = UniqueKeys()
    position = len(text) - len(text.lstrip())
    if position == len(text):
        draft.remark("source-not-readable", "the file is empty", severity="unknown")
        yield marker("the file is empty", draft.file)
    while position < len(text):
        try:
            value, position = unique.decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            line = text.count("\n", 0, error.pos) + 1
            rest = salvage(text[position:])
            if isinstance(rest, dict) and not WHOLE.isdisjoint(rest):
                rest = None
            kept = "; what stands before counts" if rest is not None or position else ""
            draft.remark(
                "source-not-readable",
                f"this is not JSON: {error.msg.lower()}{kept}",
                f"line {line}",
                "unknown",
            )
            if rest is not None:
                draft.broken = "the file breaks off, or has a fault in it"
                yield rest
            elif position:
                draft.lose("the file breaks off, or has a fault in it")
            elif not says_nothing_is_there(text):
                yield marker("the file is not JSON", draft.file)
            return
        for key in unique.repeated:
            why = f"the key {quote(key)} stands twice in an object: what that says is not known"
            draft.remark("key-repeated", why, severity="unknown")
            draft.broken = why
        unique.repeated.clear()
        yield value
        while position < len(text) and text[position].isspace():
            position += 1
