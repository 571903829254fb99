"""The two sides of a comparison: worlds, sources, sides of a plan, folders of git revisions."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Unpack

from iamsim.api.importing import import_sources
from iamsim.api.world import World
from iamsim.core.errors import InputError, RequestError
from iamsim.files.same import same_folders
from iamsim.importers.load import is_source, load_worlds
from iamsim.importers.terraform.instances import is_plan
from iamsim.inputs.revisions import is_revision, open_revision
from iamsim.world.documents import read_document
from iamsim.world.load import COMPARED

if TYPE_CHECKING:
    from iamsim.api.inputs import SourceArguments
    from iamsim.importers.draft import Remark
    from iamsim.world.model import World as WorldModel

PLAN_ENDINGS = (".json", ".tfplan")


class Sides(NamedTuple):
    """Two worlds to compare, as in ``sides.before.diff(sides.after)``; `remarks` are about what is
    not known of the sources."""

    before: World
    after: World
    remarks: tuple[Remark, ...] = ()


def load_sides(
    before: str,
    after: str | None = None,
    *,
    strict: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
    **told: Unpack[SourceArguments],
) -> Sides:
    """Load two worlds to compare, or both sides of a Terraform plan that stands alone.

    Each is a path to a world or to what `import_sources` reads, or ``REVISION:PATH`` of git. The
    arguments `told` are those of `import_sources`. Where both paths hold the same, policies are
    read when asked for, unless `strict`. Raises `RequestError` for another single source than a
    plan, and what loading and importing raise.
    """
    if after is None and not _is_plan_file(before):
        raise missing_side()
    if after is not None and not is_source(before) and same_folders(before, after):
        both = World(load_worlds(before, on_demand=not strict))
        return Sides(both, both)
    remarks: dict[Remark, None] = {}
    earlier = World(_load(before, remarks, progress, told, planned=after is not None))
    later = _load(before if after is None else after, remarks, progress, told)
    return Sides(earlier, earlier.beside(later), tuple(remarks))


def missing_side() -> RequestError:
    """The error where two sides can't be told."""
    return RequestError(
        "missing-argument",
        "a comparison is of two worlds, of a plan, or of a world and what is laid over it",
        hint="`iamsim diff BEFORE AFTER`, `iamsim diff PLAN`, or"
        " `iamsim diff --world WORLD --overlay PLAN`",
    )


def _refuse_managed_policy(argument: str) -> None:
    """Raise `RequestError` where an argument names a policy that AWS manages, and no file."""
    from iamsim.catalog.managed import find_named_policy

    if not os.path.lexists(argument) and find_named_policy(argument) is not None:
        raise RequestError(
            "policy-for-world", f"`{argument}` is an AWS managed policy, not a world", hint=COMPARED
        )


def _is_plan_file(path: str) -> bool:
    """Whether a file is a Terraform plan as JSON."""
    if not path.lower().endswith(PLAN_ENDINGS):
        return False
    try:
        return is_plan(read_document(path).data)
    except InputError:
        return False


def _load(
    argument: str,
    remarks: dict[Remark, None],
    progress: Callable[[int, int, str], None] | None,
    told: SourceArguments,
    *,
    planned: bool = True,
) -> WorldModel:
    """Load what an argument names; of a plan, if not `planned`, what is there before it."""
    _refuse_managed_policy(argument)
    revision = is_revision(argument)
    with open_revision(argument) if revision else nullcontext(argument) as path:
        if not is_source(path):
            return load_worlds(path)
        imported = import_sources(path, planned=planned, progress=progress, **told)

        def named(file: str) -> str:
            """What was written for a revision is named after it."""
            inside = revision and file.startswith(path)
            return f"{argument}{file.removeprefix(path)}" if inside else file

        for remark in imported.remarks:
            remarks[replace(remark, source=named(remark.source))] = None
        imported.places.rename(named)
        return imported.world.model
