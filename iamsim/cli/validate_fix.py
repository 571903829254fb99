"""`iamsim validate --fix` and `--diff`: mends in the text of files, shown as a patch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.checks.mending import mend
from iamsim.cli.standard_error import say
from iamsim.cli.validate_input import STANDARD_INPUT_NAME
from iamsim.core.caret import printable
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_bytes
from iamsim.inputs.found import find_in_content
from iamsim.syntax.splicing import apply_changes, unified_diff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamsim.checks.finding import Finding
    from iamsim.cli.validate_input import FoundPolicy
    from iamsim.cli.validate_run import ValidateRun
    from iamsim.syntax.splicing import Change

__all__ = ["mend_files", "shown_patch"]

ROUNDS = 20  # one mend may make room for the next; each takes something out, so they end
MARK = b"\xef\xbb\xbf"
YAML_ENDINGS = (".yaml", ".yml")
_ALIAS = re.compile(r"(?:^|[\s\[{,])\*[A-Za-z0-9_-]+\s*(?:$|[,\]}#\n])", re.MULTILINE).search


def mend_files(
    run: ValidateRun, policies: Iterable[FoundPolicy], may_write: Callable[[str, str], bool]
) -> str:
    """Mend what is certain in the files of policies, and give the changes as one patch.

    A file is written where `may_write` agrees to its name and its patch. What the engine did not
    agree to is told on standard error.
    Raises `RequestError` for standard input and for a file that can't be written.
    """
    patches = []
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
        content = read_bytes(path)
        try:
            before = content.removeprefix(MARK).decode("utf-8")
        except UnicodeDecodeError:
            continue
        after = _mended(run, name, before)
        if after == before:
            continue
        patches.append(unified_diff(path.as_posix().lstrip("/"), before, after))
        if may_write(name, patches[-1]):
            _write(path, (MARK if content.startswith(MARK) else b"") + after.encode("utf-8"))
    return "".join(patches)


def shown_patch(patch: str) -> str:
    """A patch for a terminal, which obeys nothing in it."""
    return "".join(f"{printable(line, keep_tabs=True)}\n" for line in patch.split("\n")[:-1])


def _mended(run: ValidateRun, name: str, text: str) -> str:
    """Mend all policies of a file, round by round."""
    language = "yaml" if name.lower().endswith(YAML_ENDINGS) else "json"
    if language == "yaml" and _ALIAS(text):
        say(f"{name}: left as it is: a change would reach all aliases of its parts")
        return text
    told: set[str] = set()
    for _ in range(ROUNDS):
        changes: list[Change] = []
        for policy in list(find_in_content(text.encode("utf-8"), name, [], given=True)):
            examined = run.examine(policy)
            if examined.view is None or policy.is_wrapped:
                continue
            round_ = mend(examined.view, examined.findings, policy.path, language)
            for finding in round_.refused:
                _tell(finding, told)
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


def _tell(finding: Finding, told: set[str]) -> None:
    """Say once that a finding is left."""
    place = finding.spans[0].place
    line = f"{place}: {finding.code} is left: the policy would decide otherwise"
    if line not in told:
        told.add(line)
        say(line)


def _write(path: Path, content: bytes) -> None:
    """Write a file, byte for byte."""
    try:
        write_bytes(path, content, over_input=True)
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        message = f"can't write `{path}`: {reason}"
        raise RequestError("output-not-writable", message) from error
