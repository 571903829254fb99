"""What an editor shows while somebody types a policy: findings, and what may stand there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from iamsim import catalog
from iamsim.checks.codes import FindingType
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.engine.services.sts import is_trust_request
from iamsim.lsp.completion import proposals
from iamsim.lsp.place import Place, place_at
from iamsim.play.asked import LAYERS, text_of

Json = dict[str, Any]
LAST_OF_ONE = 0xFFFF  # the last character that is one unit of UTF-16
MOST = 500  # proposals that are handed out
SEVERITIES = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "info",
}
_whole: dict[str, object] = {}  # what each editor held when its text could last be read


@cache
def _validator() -> Validator:
    return Validator()


def lint(given: Mapping[str, Any]) -> Json:
    """Give the findings about one policy (`text`, used as `layer`), with their places in it."""
    text = text_of(given, "text")
    layer = text_of(given, "layer")
    kind = PolicyType(layer) if layer in LAYERS else None
    if layer == "resource" and is_trust_request(
        text_of(given, "action"), text_of(given, "resource")
    ):
        kind = PolicyType.TRUST
    units = _Units(text)
    found: list[Json] = []
    for finding in _validator().validate_text(text, "policy", kind):
        told = finding.details if finding.hint is None else f"{finding.details}; {finding.hint}"
        found += [
            {
                "from": units.before(span.start),
                "to": units.before(span.end),
                "severity": SEVERITIES[finding.finding_type],
                "code": finding.code,
                "message": told,
            }
            for span in finding.spans[:1]
        ]
    return {"findings": found}


def complete(given: Mapping[str, Any]) -> Json:
    """Propose what may stand at `offset` of a `text`; `editor` tells editors apart."""
    text, editor = text_of(given, "text"), text_of(given, "editor")
    units = _Units(text)
    place = place_at(text, units.behind(given["offset"]), "json")
    with suppress(ValueError):
        _whole[editor] = json.loads(text)
    found = proposals(place, _statement(_whole.get(editor), place), None, of_world=False)
    quote = "" if place.quoted else '"'
    return {
        "from": units.before(place.start),
        "to": units.before(place.end),
        "options": [
            {
                "label": proposal.text,
                "detail": proposal.detail,
                "kind": proposal.kind,
                "quote": quote,
            }
            for proposal in found[:MOST]
        ],
    }


def complete_field(given: Mapping[str, Any]) -> Json:
    """Propose actions, or ARNs of what an action takes, for a field of the question."""
    text = text_of(given, "text")
    if text_of(given, "field") == "action":
        prefix, colon, _ = text.partition(":")
        if colon:
            return {
                "options": [
                    f"{prefix}:{action_name}" for action_name in catalog.action_names(prefix)
                ]
            }
        return {"options": [f"{service}:" for service in catalog.services()]}
    statement = {"Action": text_of(given, "action")}
    place = place_at('{"Statement":[{"Resource":"', 27, "json")
    found = proposals(place, statement, None, of_world=False)
    return {"options": [proposal.text for proposal in found if proposal.kind == "format"][:MOST]}


def _statement(document: object, place: Place) -> Mapping[str, object] | None:
    """The statement around a place, as the text had it when it could last be read."""
    value: Any = document
    for step in place.path:
        if isinstance(value, dict) and "Effect" in value:
            return value
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value if isinstance(value, dict) and "Effect" in value else None


class _Units:
    """Offsets as browsers count them: in units of UTF-16, of which some characters take two."""

    def __init__(self, text: str) -> None:
        self._wide = [place for place, entry in enumerate(text) if ord(entry) > LAST_OF_ONE]

    def before(self, offset: int) -> int:
        """How many units stand before a character."""
        return offset + sum(place < offset for place in self._wide)

    def behind(self, units: int) -> int:
        """How many characters so many units are."""
        for place in self._wide:
            if place + 1 < units:
                units -= 1
        return units
