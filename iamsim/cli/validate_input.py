"""The policies that `iamsim validate` is given: files, folders, patterns, standard input."""

from __future__ import annotations

from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.checks.sidecar import ENDING as SIDECAR
from iamsim.cli.standard_input import standard_input
from iamsim.files.reading import read_bytes
from iamsim.inputs.found import FoundPolicy, find_in_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["STANDARD_INPUT_NAME", "FoundPolicy", "find_in_content", "find_policies"]

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "standard input"
ENDINGS = (".json", ".yaml", ".yml", ".template")


def find_policies(
    paths: Sequence[str],
    unreadable: list[str],
    *,
    excludes: Callable[[str], bool] = lambda _: False,
    without: list[str] | None = None,
) -> Iterator[FoundPolicy]:
    """Go through the policies of all paths but those of excluded files; what can't be read is told
    in `unreadable`, files of folders that hold no policy in `without`."""
    for path in paths:
        if path == STANDARD_INPUT:
            yield from find_in_content(
                standard_input(), STANDARD_INPUT_NAME, unreadable, given=True
            )
            continue
        files = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207
        if not files or Path(path).exists():
            files = [path]
        for file in files:
            if Path(file).is_dir():
                for inside in sorted(Path(file).rglob("*")):
                    if inside.suffix.lower() not in ENDINGS or not inside.is_file():
                        continue
                    if inside.name.endswith(SIDECAR) or excludes(str(inside)):
                        continue
                    faults = len(unreadable)
                    policies = list(_in_file(inside, unreadable, given=False))
                    yield from policies
                    if not policies and len(unreadable) == faults and without is not None:
                        without.append(str(inside))
            elif not excludes(file):
                yield from _in_file(Path(file), unreadable, given=len(files) == 1)


def _in_file(file: Path, unreadable: list[str], *, given: bool) -> Iterator[FoundPolicy]:
    """Go through the policies of a file. One that was not `given` by name may hold none."""
    try:
        content = read_bytes(file)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        unreadable.append(f"error: can't read `{file}`: {reason}")
        return
    yield from find_in_content(content, str(file), unreadable, given=given)
