"""What is in a document: its policies with what is wrong with them, and what it is as a whole.

Policies that did not change keep their findings, so that a change costs what it touches.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.checks.configuration import Configuration, find_configuration
from iamsim.checks.sidecar import Sidecars
from iamsim.checks.validate import Examined, Validator
from iamsim.core.errors import IamsimError, InputError
from iamsim.inputs.found import find_in_content
from iamsim.syntax.hcl.file import is_hcl, read_hcl
from iamsim.world.documents import Document, parse_document
from iamsim.world.records import WORLD

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.inputs.found import FoundPolicy
    from iamsim.suites.run import CaseResult

__all__ = ["Analysis", "Analyzer", "Problem", "language_of"]

KEPT = 2_000  # policies whose findings are kept
YAML = (".yaml", ".yml")
SCENARIO, CLAIMS = "requests", "claims"


class Problem(NamedTuple):
    """Something wrong with a document that is no finding of a policy."""

    code: str
    message: str
    span: Span | None


class Analysis(NamedTuple):
    """What is in a document. `kind` is ``policy``, ``world``, ``scenario``, ``claims`` or empty;
    `results` are those of the requests of a scenario."""

    document: Document | None
    kind: str
    policies: tuple[tuple[FoundPolicy, Examined], ...]
    problems: tuple[Problem, ...]
    results: tuple[CaseResult, ...] = ()


def language_of(name: str) -> str:
    """``yaml`` or ``json``, by the ending of a name."""
    return "yaml" if name.lower().endswith(YAML) else "json"


class Analyzer:
    """Analyzes documents; `today` (ISO 8601) is the day by which suppressions end."""

    def __init__(self, today: str | None = None) -> None:
        """Load the checks."""
        self._validator = Validator(today=today)
        self._kept: OrderedDict[tuple[object, ...], Examined] = OrderedDict()

    def analyze(self, text: str, name: str) -> Analysis:
        """Say what is in a text, whatever is wrong with it."""
        language = language_of(name)
        unreadable: list[str] = []
        found = list(find_in_content(text.encode(), name, unreadable, given=False))
        choices = _choices(name)
        if is_hcl(name):
            return self._of_configuration(text, name, found, choices)
        policies = tuple((policy, self._examine(policy, name, choices)) for policy in found)
        try:
            folder = str(Path(name).parent)
            document = parse_document(text, name, folder=folder, language=language)
        except InputError as error:
            # What is wrong with the JSON of a policy is a finding already, and tags are those of
            # templates.
            told = [] if found else [_fault_of(text, name, language, error)]
            return Analysis(None, "policy" if found else "", policies, tuple(told))
        kind = _kind(document.data, whole=any(not policy.path for policy in found))
        problems: list[Problem] = []
        results: tuple[CaseResult, ...] = ()
        try:
            if kind == "world":
                problems += _of_world(document)
            elif kind == "scenario":
                results = _of_scenario(document)
            elif kind == "claims":
                from iamsim.proofs.claims import parse_claims  # noqa: PLC0415 - few are claims

                parse_claims(document.data, file=Path(name).name)
        except IamsimError as error:
            problems.append(_problem(error))
        return Analysis(document, kind, policies, tuple(problems), results)

    def _of_configuration(
        self,
        text: str,
        name: str,
        found: list[FoundPolicy],
        choices: tuple[Configuration, list[Any]],
    ) -> Analysis:
        """A file of HCL, evaluated with those beside it."""
        try:
            read_hcl(name, text)
        except InputError as error:
            return Analysis(None, "", (), (_problem(error),))
        own = [policy for policy in found if policy.name == name]
        policies = tuple((policy, self._examine(policy, name, choices)) for policy in own)
        return Analysis(None, "policy" if own else "", policies, ())

    def _examine(
        self, policy: FoundPolicy, name: str, choices: tuple[Configuration, list[Any]]
    ) -> Examined:
        """The findings of a policy; inside a larger text those that are kept, placed anew."""
        configuration, suppressions = choices
        selection = configuration.selection_for(name)
        if policy.source is None:
            return policy.examine(
                self._validator, None, None, selection=selection, suppressions=suppressions
            )
        whole = json.dumps(policy.data, default=str)
        key = (whole, policy.policy_type, policy.resource_type, name)
        known = self._kept.get(key)
        if known is None or suppressions:
            known = policy.examine(
                self._validator, None, None, selection=selection, suppressions=suppressions
            )
            self._kept[key] = known
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return known
        source = policy.source
        findings = tuple(replace(finding, source=source) for finding in known.findings)
        view = None if known.view is None else replace(known.view, source=source)
        return Examined(findings, known.suppressed, view)


def _choices(name: str) -> tuple[Configuration, list[Any]]:
    """The project's choices of checks, and the suppressions beside a file."""
    path = Path(name)
    try:
        configuration = find_configuration(path.parent)
        beside = Sidecars(path.parent).of_file(name) if path.is_file() else ()
    except IamsimError:
        return Configuration(), []
    return configuration, [one.suppression for one in beside]


def _fault_of(text: str, name: str, language: str, error: InputError) -> Problem:
    """What is wrong with a text that can't be read; of a template it is no tag."""
    from iamsim.importers.short_forms import read_short_form  # noqa: PLC0415 - few have tags

    try:
        parse_document(text, name, language=language, read_tag=read_short_form)
    except InputError as other:
        return _problem(other)
    return _problem(error)


def _problem(error: IamsimError) -> Problem:
    hint = f"; {error.hint}" if error.hint else ""
    return Problem(error.code, f"{error.message}{hint}", error.span)


def _kind(data: object, *, whole: bool) -> str:
    """What a document is, by its members."""
    if whole:
        return "policy"
    if not isinstance(data, dict):
        return ""
    if SCENARIO in data:
        return "scenario"
    if CLAIMS in data:
        return "claims"
    return "world" if data and data.keys() <= WORLD.by_name.keys() else ""


def _of_world(document: Document) -> list[Problem]:
    """What does not fit in a world, and policy files that can't be read."""
    from iamsim.world.load import load_world_documents  # noqa: PLC0415 - few documents are worlds

    world = load_world_documents(document, strict=False)
    return [_problem(error) for error in (*world.problems, *world.lost)]


def _of_scenario(document: Document) -> tuple[CaseResult, ...]:
    """The requests of a scenario, decided; raises what reading and deciding raise."""
    from iamsim.suites.run import run_scenario  # noqa: PLC0415 - few documents are scenarios
    from iamsim.suites.scenario import scenario_from_data  # noqa: PLC0415

    return tuple(run_scenario(scenario_from_data(document)))
