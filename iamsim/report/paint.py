"""Colors for a terminal, by hand: six ANSI codes need no library."""

from __future__ import annotations

from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import Outcome, Verdict

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_VERDICTS = {
    Verdict.ALLOWED: _GREEN,
    Verdict.EXPLICIT_DENY: _RED,
    Verdict.IMPLICIT_DENY: _RED,
    Verdict.CONDITIONAL: _YELLOW,
}
_OUTCOMES = {
    Outcome.ALLOW: _GREEN,
    Outcome.EXPLICIT_DENY: _RED,
    Outcome.IMPLICIT_DENY: _RED,
    Outcome.UNKNOWN: _YELLOW,
    Outcome.NOT_APPLICABLE: _DIM,
}
_KINDS = {"yes": _GREEN, "no": _RED, "open": _YELLOW, "none": _DIM}


class Paint(NamedTuple):
    """Paints text when `on`, and leaves it alone otherwise."""

    on: bool = False

    def _with(self, text: str, *codes: str) -> str:
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"

    def verdict(self, text: str, verdict: Verdict) -> str:
        """The word that matters most."""
        return self._with(text, _BOLD, _VERDICTS[verdict])

    def judged(self, text: str, kind: str) -> str:
        """The word that matters most, in the color of a badge's kind."""
        return self._with(text, _BOLD, _KINDS[kind])

    def badge(self, text: str, kind: str) -> str:
        """A word in a table or a list, in the color of a badge's kind."""
        return self._with(text, _KINDS[kind])

    def outcome(self, text: str, outcome: Outcome) -> str:
        """What one layer says."""
        return self._with(text, _OUTCOMES[outcome])

    def good(self, text: str) -> str:
        """What holds."""
        return self._with(text, _GREEN)

    def bad(self, text: str) -> str:
        """What fails."""
        return self._with(text, _RED)

    def title(self, text: str) -> str:
        """A heading."""
        return self._with(text, _BOLD)

    def quiet(self, text: str) -> str:
        """What may be skipped: line numbers, places, layers that are not there."""
        return self._with(text, _DIM)

    def name(self, text: str) -> str:
        """A file name."""
        return self._with(text, _CYAN)
