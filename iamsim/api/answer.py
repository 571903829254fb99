"""What a question gets, as the Python interface hands it out."""

from __future__ import annotations

from typing import Any

from iamsim.core import answer as core
from iamsim.core.answer import RequestRecord, Residual
from iamsim.core.decision import Decision, Verdict
from iamsim.core.explanation import Explanation
from iamsim.core.hint import Hint
from iamsim.core.unknown import UnknownPart
from iamsim.query.hints import find_hints
from iamsim.report.data import answer_to_dict
from iamsim.report.text import render_text, render_verdict


class Answer:
    """The answer to one question: verdict, decision, and on demand the whole explanation.

    An answer has no truth value of its own: ask `answer.allowed`.
    """

    def __init__(self, inner: core.Answer) -> None:
        """Wrap what the engine gave."""
        self._inner = inner

    @property
    def request(self) -> RequestRecord:
        """The request as asked."""
        return self._inner.request

    @property
    def decision(self) -> Decision:
        """The small record: verdict, reason, layer, statements, notes, missing keys."""
        return self._inner.decision

    @property
    def verdict(self) -> Verdict:
        """Allowed, explicit deny, implicit deny or conditional."""
        return self._inner.decision.verdict

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self._inner.allowed

    @property
    def explanation(self) -> Explanation:
        """The tree that mirrors the policies; made when asked for."""
        return self._inner.explanation

    @property
    def residual(self) -> Residual | None:
        """With unknown keys that matter: the condition under which the request is allowed."""
        return self._inner.residual

    @property
    def unknowns(self) -> tuple[UnknownPart, ...]:
        """The parts of policies that are not known and on which the verdict depends."""
        return self._inner.unknowns

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What the service reference adds: a misspelled action, a resource that the action does not
        take, a context key that its requests never carry. Worked out when asked for."""
        return find_hints(self._inner)

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready data, in the shape that ``docs/reference/answer.md`` gives."""
        return answer_to_dict(self._inner)

    def in_short(self) -> str:
        """The verdict, its reason, and the statements that decided, quoted from their files."""
        return render_verdict(self._inner)

    def to_svg(self, *, theme: str = "auto", width: float = 860) -> str:
        """The decision as a picture: explicit denies, guardrails and the ways in, each layer a gate
        that is open or closed. `theme` is `light`, `dark`, or `auto`, which follows the viewer;
        `width` is in pixels (360 suits a phone). Needs no program.
        """
        from iamsim.draw.picture import draw_decision
        from iamsim.draw.style import Theme

        return draw_decision(self._inner, width=width).render("svg", Theme(theme)).decode()

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.to_svg()

    def __str__(self) -> str:
        """The trace, as ``iamsim explain`` prints it."""
        return render_text(self._inner)

    def __repr__(self) -> str:
        """Verdict and request in one line."""
        request = self.request
        asked = f"{request.principal} {request.action} {request.resource}"
        return f"<Answer {self.verdict.value}: {asked}>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        return bool(self._inner)
