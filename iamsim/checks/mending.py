"""Mending a policy in its text: the engine must decide as before, or the change is not made.

A document that AWS refuses is made readable first; then everything else is compared with what the
readable one decides, over the requests that the patterns of both texts suggest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.mends import MENDS, Mend
from iamsim.checks.probes import effects, probes, requests
from iamsim.compile.policy import compile_policy
from iamsim.core.errors import InputError
from iamsim.syntax.read import parse_policy
from iamsim.syntax.splicing import Change, apply_changes
from iamsim.world.documents import parse_document

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.view import PolicyView
    from iamsim.core.span import Path
    from iamsim.syntax.ast import Policy


class Mended(NamedTuple):
    """What became of one round: the changes of the text, the findings that they mend, and those
    whose mend the engine did not agree to. Findings that wait for the next round are in neither."""

    changes: tuple[Change, ...] = ()
    mended: tuple[Finding, ...] = ()
    refused: tuple[Finding, ...] = ()


class _Offer(NamedTuple):
    """A finding with the changes that mend it."""

    finding: Finding
    changes: tuple[Change, ...]
    mend: Mend


def mend(view: PolicyView, findings: Iterable[Finding], path: Path, language: str) -> Mended:
    """Mend one policy of a text: the one at `path` of a file in `language` (`json` or `yaml`).

    Nothing is written. Mends that touch the same place are made one in a round.
    """
    text = view.source.text
    offers = [
        _Offer(finding, changes, MENDS[finding.code])
        for finding in findings
        if finding.code in MENDS and (changes := _changes_of(view, finding))
    ]
    if not offers:
        return Mended()
    before = _policy(text, view, path, language)
    if before is None:
        offers = [offer for offer in offers if offer.mend.repairs]
    offers = _apart(text, offers)
    judge = _Judge(view, before, path, language)
    after = _with(text, offers)
    if offers and judge.agrees(after):
        return Mended(_changes(offers), tuple(offer.finding for offer in offers))
    kept: list[_Offer] = []
    refused: list[Finding] = []
    for offer in offers:
        if judge.agrees(_with(text, [*kept, offer])):
            kept.append(offer)
        else:
            refused.append(offer.finding)
    return Mended(_changes(kept), tuple(offer.finding for offer in kept), tuple(refused))


class _Judge:
    """Says whether another text of a policy decides as the first one does."""

    def __init__(self, view: PolicyView, before: Policy | None, path: Path, language: str) -> None:
        self.view = view
        self.before = before
        self.path = path
        self.language = language

    def agrees(self, text: str) -> bool:
        """Whether a text can be read, and decides as before where that could be read."""
        after = _policy(text, self.view, self.path, self.language)
        if after is None:
            # One of several faults of a document that was refused before: the rest comes next.
            return self.before is None and _is_readable(text, self.view.source.name, self.language)
        if self.before is None:
            return True
        asked = requests(probes(self.before, after))
        kind = self.view.policy_type
        return effects(self.before, kind, asked) == effects(after, kind, asked)


def _changes_of(view: PolicyView, finding: Finding) -> tuple[Change, ...]:
    """The changes that mend a finding; none for what stands elsewhere too, by an alias of YAML."""
    try:
        return tuple(MENDS[finding.code].changes(view, finding))
    except ValueError:
        return ()


def _policy(text: str, view: PolicyView, path: Path, language: str) -> Policy | None:
    """Read a policy in a text; `None` where it is refused, or the engine can't take it."""
    name = view.source.name
    kind = view.policy_type
    try:
        if language == "json" and not path:
            policy = parse_policy(text, name=name, policy_type=kind)
        else:
            part = parse_document(text, name, language=language).sub_document(path)
            if not isinstance(part.data, dict):
                return None
            policy = parse_policy(part.data, name=name, source=part.source, policy_type=kind)
        compile_policy(policy, kind)
    except (InputError, KeyError):
        return None
    return policy


def _is_readable(text: str, name: str, language: str) -> bool:
    """Whether a text is JSON or YAML at all."""
    try:
        parse_document(text, name, language=language)
    except InputError:
        return False
    return True


def _apart(text: str, offers: Sequence[_Offer]) -> list[_Offer]:
    """Keep the offers that do not touch what earlier ones change."""
    kept: list[_Offer] = []
    for offer in offers:
        try:
            _with(text, [*kept, offer])
        except ValueError:
            continue
        kept.append(offer)
    return kept


def _with(text: str, offers: Iterable[_Offer]) -> str:
    """Make the changes of offers; raises `ValueError` where two overlap."""
    return apply_changes(text, _changes(offers))


def _changes(offers: Iterable[_Offer]) -> tuple[Change, ...]:
    return tuple(change for offer in offers for change in offer.changes)
