"""Mends in the text of files: what is certain and changes no decision, as a patch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.mending import mend
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_bytes
from iamsim.inputs.found import FoundPolicy, find_in_content
from iamsim.inputs.policy_files import STANDARD_INPUT_NAME
from iamsim.syntax.splicing import Change, apply_changes, unified_diff

if TYPE_CHECKING:
    from iamsim.checks.validate import Examined

    Examine = Callable[[FoundPolicy], Examined]

ROUNDS = 20  # one mend may make room for the next; each takes something out, so they end
MARK = b"\xef\xbb\xbf"
YAML_ENDINGS = (".yaml", ".yml")
_ALIAS = re.compile(r"(?:^|[\s\[{,])\*[A-Za-z0-9_-]+\s*(?:$|[,\]}#\n])", re.MULTILINE).search


class Mended(NamedTuple):
    """The patch of all files, what the engine did not agree to, and whether a file was written."""

    patch: str
    left: tuple[str, ...]
    written: bool


def mend_files(
    examine: Examine, policies: Iterable[FoundPolicy], may_write: Callable[[str, str], bool]
) -> Mended:
    """Mend what is certain in the files of policies, and give the changes as one patch.

    `examine` checks one policy. A file is written where `may_write` agrees to its name and its
    patch. Raises `RequestError` for standard input and for a file that can't be written.
    """
    patches = []
    left: dict[str, None] = {}
    written = False
    names = dict.fromkeys(
        policy.name for policy in policies if not (policy.is_wrapped or policy.is_evaluated)
    )
    if STANDARD_INPUT_NAME in names:
        raise RequestError(
            "fix-needs-files",
            "what comes from standard input can't be mended in place",
            hint="give the file by its name",
        )
    for name in names:
        path = Path(name)
        if not path.exists():
            continue  # a policy that AWS manages
        content = read_bytes(path)
        try:
            before = content.removeprefix(MARK).decode("utf-8")
        except UnicodeDecodeError:
            continue
        after = _mended(examine, name, before, left)
        if after == before:
            continue
        patches.append(unified_diff(path.as_posix().lstrip("/"), before, after))
        if may_write(name, patches[-1]):
            written = True
            _write(path, (MARK if content.startswith(MARK) else b"") + after.encode("utf-8"))
    return Mended("".join(patches), tuple(left), written)


def _mended(examine: Examine, name: str, text: str, left: dict[str, None]) -> str:
    """Mend all policies of a file, round by round; what is not done is told in `left`."""
    language = "yaml" if name.lower().endswith(YAML_ENDINGS) else "json"
    if language == "yaml" and _ALIAS(text):
        left[f"{name}: left as it is: a change would reach all aliases of its parts"] = None
        return text
    for _ in range(ROUNDS):
        changes: list[Change] = []
        for policy in list(find_in_content(text.encode("utf-8"), name, [], given=True)):
            examined = examine(policy)
            if examined.view is None or policy.is_wrapped:
                continue
            round_ = mend(examined.view, examined.findings, policy.path, language)
            for finding in round_.refused:
                place = finding.spans[0].place
                left[f"{place}: {finding.code} is left: the policy would decide otherwise"] = None
            changes = _joined(text, changes, round_.changes)
        after = apply_changes(text, changes)
        if after == text:
            break
        text = after
    return text


def _joined(text: str, changes: list[Change], more: tuple[Change, ...]) -> list[Change]:
    """Put the changes of one policy to those of others; two policies may be one text in YAML."""
    together = [*changes, *more]
    try:
        apply_changes(text, together)
    except ValueError:
        return changes
    return together


def _write(path: Path, content: bytes) -> None:
    """Write a file, byte for byte."""
    try:
        write_bytes(path, content, over_input=True)
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        message = f"can't write `{path}`: {reason}"
        raise RequestError("output-not-writable", message) from error
