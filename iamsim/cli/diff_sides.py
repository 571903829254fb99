"""The two sides of `iamsim diff`: worlds, sources, sides of a plan, folders of git revisions."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.cli.ask import text_of
from iamsim.cli.import_templates import template_arguments
from iamsim.cli.progress import ProgressBar
from iamsim.core.errors import InputError
from iamsim.importers.frame import import_sources
from iamsim.importers.load import is_source, load_worlds, to_world
from iamsim.importers.options import SourceOptions
from iamsim.importers.terraform.instances import is_plan
from iamsim.inputs.revisions import is_revision, open_revision
from iamsim.world.documents import read_document

if TYPE_CHECKING:
    from iamsim.cli.options import Options
    from iamsim.importers.draft import Remark
    from iamsim.world.model import World

__all__ = ["is_plan_file", "load_side"]

PLAN_ENDINGS = (".json", ".tfplan")


def is_plan_file(path: str) -> bool:
    """Whether a file is a Terraform plan as JSON."""
    if not path.lower().endswith(PLAN_ENDINGS):
        return False
    try:
        return is_plan(read_document(path).data)
    except InputError:
        return False


def load_side(
    options: Options, argument: str, remarks: dict[Remark, None], *, before: bool
) -> World:
    """Load what an argument names; of a plan, with `before`, what is there before it.

    `remarks` takes what is not known of sources. Raises what loading and importing raise.
    """
    revision = is_revision(argument)
    with open_revision(argument) if revision else nullcontext(argument) as path:
        if not is_source(path):
            return load_worlds(path)
        told = SourceOptions(
            account=text_of(options, "account"),
            **template_arguments({**options, "before": before}),
        )
        with ProgressBar("import", quiet=bool(options["quiet"])) as bar:
            imported = import_sources(
                [path], options=told, progress=lambda done, total, _path: bar(done, total)
            )

        def named(file: str) -> str:
            """What was written for a revision is named after it."""
            inside = revision and file.startswith(path)
            return f"{argument}{file.removeprefix(path)}" if inside else file

        for remark in imported.remarks:
            remarks[replace(remark, source=named(remark.source))] = None
        imported.places.rename(named)
        return to_world(imported)
