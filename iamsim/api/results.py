"""What questions about whole worlds get: typed data, and every format that commands write.

A result has its own properties, `to_dict` for JSON in the shape of the command, `lines` for the
shortest form, and a document from which text, Markdown, HTML and CSV are written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamsim.core.hint import Hint
    from iamsim.query.batch.processes import Processes
    from iamsim.report.document import Document, Remark
    from iamsim.report.unknowns import NotKnown
    from iamsim.world.model import World

WIDTH = 100


class Result(ABC):
    """An answer about a whole world. Use one of its methods to write it down."""

    hints: Sequence[Hint] | None = None
    """What is wrong with the question itself; `None` where that is not looked at."""

    @abstractmethod
    def _laid_out(self, *, verbose: bool) -> Document:
        """The answer laid out, without hints."""

    @abstractmethod
    def _data(self) -> dict[str, Any]:
        """The answer as data, without hints."""

    def document(self, *, verbose: bool = False) -> Document:
        """The answer laid out, for any format."""
        from iamsim.report.assumed import in_no_unit_remarks
        from iamsim.report.hints import hint_warning
        from iamsim.report.unknowns import unverified_remarks

        plain = self._laid_out(verbose=verbose)
        warnings = [hint_warning(hint) for hint in self.hints or ()]
        assumed = [self._translated(remark) for remark in in_no_unit_remarks(self.in_no_unit)]
        notes = [self._translated(remark) for remark in unverified_remarks(self.unverified)]
        return replace(
            plain,
            warnings=(*assumed, *warnings, *plain.warnings),
            remarks=tuple(dict.fromkeys((*plain.remarks, *notes))),
        )

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready data, as the command's `--format json` has it."""
        data = self._data()
        if self.unverified:
            data = {**data, "unverified": self.unverified}
        if self.in_no_unit:
            data = {**data, "in_no_unit": self.in_no_unit}
        if self.hints is None:
            return data
        from iamsim.report.hints import hint_to_dict

        return {**data, "hints": [hint_to_dict(hint) for hint in self.hints]}

    @abstractmethod
    def lines(self) -> Sequence[str]:
        """The answer alone, a line for each thing, as `--quiet` prints it."""

    @property
    def unknowns(self) -> Sequence[NotKnown]:
        """What is not known of policies and could have made another answer."""
        return ()

    @property
    def unsearched(self) -> Sequence[str]:
        """What was not looked at, so that there may be more."""
        return ()

    @property
    def assumptions(self) -> Sequence[str]:
        """On what proofs in it rest."""
        return ()

    @property
    def _models(self) -> Sequence[World]:
        """The worlds that were asked."""
        return ()

    def _translated(self, remark: Remark) -> Remark:
        """What is said of the worlds, in the language of the answer."""
        return remark

    @property
    def unverified(self) -> int:
        """From how many collected files a world comes, at most, of which nothing says whether they
        are whole."""
        return max((model.unverified for model in self._models), default=0)

    @property
    def in_no_unit(self) -> list[str]:
        """The accounts of which nothing says where in the organization they stand: none of its SCPs
        and RCPs was taken to apply to them."""
        return list(dict.fromkeys(text for model in self._models for text in model.in_no_unit))

    def to_markdown(self) -> str:
        """The answer as Markdown."""
        from iamsim.report.writers.markdown import to_markdown

        return to_markdown(self.document())

    def to_html(self) -> str:
        """The answer as a page that needs nothing else."""
        from iamsim.report.writers.html import to_html

        return to_html(self.document())

    def to_csv(self) -> str:
        """The answer as a table."""
        from iamsim.report.writers.csv_table import to_csv

        return to_csv(self.document())

    def __str__(self) -> str:
        """The answer as the command prints it."""
        from iamsim.report.paint import Paint
        from iamsim.report.writers.text import to_text

        return to_text(self.document(), Paint(), WIDTH)

    def __repr__(self) -> str:
        """What it is about, in one line."""
        return f"<{type(self).__name__}: {self.document().summary}>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        message = f"a {type(self).__name__} has no truth value: look at what it holds"
        raise TypeError(message)


def processes_for(given: int | Processes) -> Processes:
    """So many processes, or those that are there."""
    from iamsim.query.batch.processes import Processes

    return Processes(given) if isinstance(given, int) else given
