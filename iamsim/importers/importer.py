"""What every importer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source


class Importer(Protocol):
    """A reader of one outside format; `name` is what people call the format."""

    @property
    def name(self) -> str:
        """What people call the format, such as `account authorization details`."""

    def recognises(self, source: Source) -> bool:
        """Say whether a source is in this format: quickly, and without raising anything."""

    def read(self, source: Source, draft: Draft) -> None:
        """Put what a source says into the draft."""

    def finish(self, draft: Draft) -> None:
        """Settle what needed all sources; for most formats there is nothing to do."""
