"""The importers, by the name of their module: the first that recognises a source reads it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.importers.importer import Importer

# Each module holds an `IMPORTER`. What is most particular stands first.
IMPORTERS: tuple[str, ...] = (
    "iam_collect",
    "gaad",
    "iam_calls",
    "config",
    "organizations",
    "identity_center",
    "credential_report",
    "last_accessed",
    "snapshots",
    "terraform.importer",
    "cloudformation.importer",
    "aws_outputs",
)


def load_importers() -> tuple[Importer, ...]:
    """Load every importer; a module costs nothing before something is imported."""
    return tuple(import_module(f"iamsim.importers.{name}").IMPORTER for name in IMPORTERS)
