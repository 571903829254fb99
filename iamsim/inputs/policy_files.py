"""The policies in files, folders, patterns of names, and standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.checks.sidecar import ENDING as SIDECAR
from iamsim.core.caret import printable
from iamsim.files.links import LED_OUTSIDE, leads_outside
from iamsim.files.reading import read_bytes
from iamsim.inputs.found import FoundPolicy, find_in_content
from iamsim.inputs.standard_input import standard_input
from iamsim.world.examples import hint_for_examples
from iamsim.world.index import INDEX

if TYPE_CHECKING:
    from iamsim.inputs.lost import FoundUnknown

__all__ = ["STANDARD_INPUT_NAME", "FoundPolicy", "find_in_content", "find_policies"]

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "standard input"
ENDINGS = (".json", ".yaml", ".yml", ".template")
HCL_ENDING = ".tf"
GIVEN, MATCHED, FOUND = "given", "matched", "found"  # by name, by a pattern, in a folder


def find_policies(
    paths: Sequence[str],
    unreadable: list[str],
    *,
    excludes: Callable[[str], bool] = lambda _: False,
    without: list[str] | None = None,
    empty: list[str] | None = None,
    lost: list[FoundUnknown] | None = None,
) -> Iterator[FoundPolicy]:
    """Go through the policies of all paths but those of excluded files; what can't be read is told
    in `unreadable`, files of folders that hold no policy in `without`, templates and configurations
    that hold none in `empty`, markers of what is not known in `lost`."""
    configurations: dict[str, bytes] = {}
    for path in paths:
        if path == STANDARD_INPUT:
            yield from find_in_content(
                standard_input(), STANDARD_INPUT_NAME, unreadable, given=True, lost=lost
            )
            continue
        managed = None if Path(path).exists() else _managed(path)
        if managed is not None:
            yield from find_in_content(managed.encode(), path, unreadable, given=True)
            continue
        for file, how in _files_of(path):
            if excludes(str(file)):
                continue
            if file.suffix == HCL_ENDING:
                _keep(file, configurations, unreadable, given=how == GIVEN)
                continue
            faults = len(unreadable), len(lost or ())
            policies = list(_in_file(file, unreadable, empty, lost, given=how == GIVEN))
            yield from policies
            silent = not policies and (len(unreadable), len(lost or ())) == faults
            if silent and how == FOUND and without is not None:
                without.append(str(file))
    if configurations:
        from iamsim.inputs.configurations import find_in_configurations

        holding: set[str] = set()
        for policy in find_in_configurations(configurations, unreadable, lost):
            holding.add(policy.name)
            yield policy
        if empty is not None:
            empty += sorted(configurations.keys() - holding)


def _managed(name: str) -> str | None:
    """The document of the AWS managed policy of a name or an ARN."""
    from iamsim.catalog.managed import find_named_policy

    found = find_named_policy(name)
    return None if found is None else found.document_text


def _files_of(path: str) -> Iterator[tuple[Path, str]]:
    """Go through the files that a path or a pattern means, and say how each is meant. A file that
    is named like a pattern takes none of the others away."""
    files = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207
    if not files or Path(path).exists():
        files = [path, *(file for file in files if file != path)]
    for file in map(Path, files):
        if not file.is_dir():
            yield file, GIVEN if len(files) == 1 or str(file) == path else MATCHED
            continue
        for inside in sorted(file.rglob("*")):
            passed_over = inside.name.endswith(SIDECAR) or inside.parent.name == INDEX
            wanted = inside.suffix.lower() in ENDINGS and not passed_over
            if inside.suffix == HCL_ENDING:
                wanted = not _is_of_tool(inside, file)
            if wanted and inside.is_file():
                yield inside, FOUND


def _is_of_tool(file: Path, folder: Path) -> bool:
    """Whether a file is below a hidden folder, such as the one of Terraform."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _keep(
    file: Path, configurations: dict[str, bytes], unreadable: list[str], *, given: bool
) -> None:
    """Keep the content of a file of HCL until all are there."""
    if not given and leads_outside(str(file)):
        unreadable.append(f"error: can't read `{printable(str(file))}`: {LED_OUTSIDE}")
        return
    try:
        configurations[file.as_posix()] = read_bytes(file)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        unreadable.append(f"error: can't read `{printable(str(file))}`: {reason}")


def _in_file(
    file: Path,
    unreadable: list[str],
    empty: list[str] | None,
    lost: list[FoundUnknown] | None,
    *,
    given: bool,
) -> Iterator[FoundPolicy]:
    """Go through the policies of a file. One that was not `given` by name may hold none."""
    try:
        content = read_bytes(file)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        said = f"error: can't read `{printable(str(file))}`: {reason}"
        hint = hint_for_examples(said)
        unreadable.append(f"{said}\nhint: {hint}" if hint else said)
        return
    yield from find_in_content(content, str(file), unreadable, given=given, empty=empty, lost=lost)
