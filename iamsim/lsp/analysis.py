"""What is in a document: its policies with what is wrong with them, and what it is as a whole.

Policies that did not change keep their findings, so that a change costs what it touches.
"""

from __future__ import annotations

import json
import marshal
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.checks.configuration import Configuration, find_configuration
from iamsim.checks.sidecar import Sidecars
from iamsim.checks.validate import Examined, Validator
from iamsim.core.errors import IamsimError, InputError
from iamsim.inputs.found import FoundPolicy, find_in_content
from iamsim.syntax.hcl.file import HclFile, is_hcl, read_hcl
from iamsim.syntax.hcl.typed import TypedText
from iamsim.world.documents import Document, parse_document
from iamsim.world.records import WORLD

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.core.span import Span
    from iamsim.suites.run import CaseResult

KEPT = 2_000  # policies whose findings are kept
MARSHAL = 2  # the last version whose bytes tell nothing but the data
YAML = (".yaml", ".yml")
SCENARIO, CLAIMS = "requests", "claims"


class Problem(NamedTuple):
    """Something wrong with a document that is no finding of a policy."""

    code: str
    message: str
    span: Span | None


class OutdatedError(Exception):
    """The document has changed while it was looked at."""


class Analysis(NamedTuple):
    """What is in a document. `kind` is ``policy``, ``world``, ``scenario``, ``claims``,
    ``template``, ``configuration`` or empty; `results` are those of the requests of a scenario,
    `file` is what was read of HCL."""

    document: Document | None
    kind: str
    policies: tuple[tuple[FoundPolicy, Examined], ...]
    problems: tuple[Problem, ...]
    results: tuple[CaseResult, ...] = ()
    file: HclFile | None = None

    def statements(self, name: str) -> Iterator[StatementHere]:
        """Go through the statements of its policies that are written in the document itself."""
        for policy, examined in self.policies:
            view = examined.view
            if policy.is_wrapped or view is None or not isinstance(view.raw, Mapping):
                continue
            listed = view.raw.get("Statement")
            alone = not isinstance(listed, list)
            for number, statement in enumerate(listed if isinstance(listed, list) else [listed]):
                span = view.source.span(("Statement",) if alone else ("Statement", number))
                if isinstance(statement, Mapping) and span.source.name == name:
                    yield StatementHere(view.raw, number, span, view.policy_type)


class StatementHere(NamedTuple):
    """A statement of a document: the policy, its number in it, and where it is written."""

    policy: Mapping[str, object]
    number: int
    span: Span
    policy_type: PolicyType | None

    @property
    def raw(self) -> Mapping[str, object]:
        """What it says."""
        listed = self.policy["Statement"]
        found = listed[self.number] if isinstance(listed, list) else listed
        return found if isinstance(found, Mapping) else {}


def language_of(name: str) -> str:
    """``yaml`` or ``json``, by the ending of a name."""
    return "yaml" if name.lower().endswith(YAML) else "json"


class Analyzer:
    """Analyzes documents; `today` (ISO 8601) is the day by which suppressions end."""

    def __init__(self, today: str | None = None) -> None:
        """Load the checks."""
        self._validator = Validator(today=today)
        self._kept: OrderedDict[tuple[object, ...], Examined] = OrderedDict()
        self._typed = "", TypedText()  # the configuration that somebody types into, and its text

    def analyze(
        self, text: str, name: str, is_outdated: Callable[[], bool] = lambda: False
    ) -> Analysis:
        """Say what is in a text, whatever is wrong with it.

        Raises `OutdatedError` soon after `is_outdated` has become true.
        """
        language = language_of(name)
        choices = _choices(name)
        if is_hcl(name):
            return self._of_configuration(text, name, choices, is_outdated)
        unreadable: list[str] = []
        found = list(find_in_content(text.encode(), name, unreadable, given=False))
        policies = self._examined(found, name, choices, is_outdated)
        tagged = False
        try:
            folder = str(Path(name).parent)
            document = parse_document(text, name, folder=folder, language=language)
        except InputError as error:
            template = _read_template(text, name) if error.code == "yaml-tag" else None
            if template is None:
                # What is wrong with the JSON of a policy is a finding already, and tags are those
                # of templates.
                told = [] if found else [_fault_of(text, name, language, error)]
                return Analysis(None, "policy" if found else "", policies, tuple(told))
            document, tagged = template, True
        if tagged or any(policy.is_evaluated for policy in found):
            return Analysis(document, "template", policies, ())
        kind = _kind(document.data, whole=any(not policy.path for policy in found))
        problems: list[Problem] = []
        results: tuple[CaseResult, ...] = ()
        try:
            if kind == "world":
                problems += _of_world(document)
            elif kind == "scenario":
                results = _of_scenario(document)
            elif kind == "claims":
                from iamsim.proofs.claims import parse_claims

                parse_claims(document.data, file=Path(name).name)
        except IamsimError as error:
            problems.append(_problem(error))
        return Analysis(document, kind, policies, tuple(problems), results)

    def _of_configuration(
        self,
        text: str,
        name: str,
        choices: tuple[Configuration, list[Any]],
        is_outdated: Callable[[], bool],
    ) -> Analysis:
        """A file of HCL, evaluated with those beside it."""
        from iamsim.inputs.configurations import policies_of_files

        if self._typed[0] != name:
            self._typed = name, TypedText()
        try:
            file = read_hcl(name, text, self._typed[1])
        except InputError as error:
            return Analysis(None, "", (), (_problem(error),))
        if is_outdated():
            raise OutdatedError
        found = [
            policy for policy in policies_of_files({name: file}, (), []) if policy.name == name
        ]
        policies = self._examined(found, name, choices, is_outdated)
        return Analysis(None, "configuration", policies, (), file=file)

    def _examined(
        self,
        found: list[FoundPolicy],
        name: str,
        choices: tuple[Configuration, list[Any]],
        is_outdated: Callable[[], bool],
    ) -> tuple[tuple[FoundPolicy, Examined], ...]:
        """Look at policies, as long as somebody waits for it."""
        examined = []
        for policy in found:
            if is_outdated():
                raise OutdatedError
            examined.append((policy, self._examine(policy, name, choices)))
        return tuple(examined)

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
        whole = _key_of(policy.data)
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


def _key_of(data: Any) -> bytes | str:  # noqa: ANN401 - plain data
    """Plain data as a key: the same for the same data, with its order."""
    try:
        return marshal.dumps(data, MARSHAL)
    except ValueError:
        return json.dumps(data, default=str)


def _choices(name: str) -> tuple[Configuration, list[Any]]:
    """The project's choices of checks, and the suppressions beside a file."""
    path = Path(name)
    try:
        configuration = find_configuration(path.parent)
        beside = Sidecars(path.parent).of_file(name) if path.is_file() else ()
    except IamsimError:
        return Configuration(), []
    return configuration, [suppression.suppression for suppression in beside]


def _read_template(text: str, name: str) -> Document | None:
    """Read a template with short forms of functions."""
    from iamsim.importers.short_forms import read_short_form

    try:
        return parse_document(text, name, language="yaml", read_tag=read_short_form)
    except InputError:
        return None


def _fault_of(text: str, name: str, language: str, error: InputError) -> Problem:
    """What is wrong with a text that can't be read; of a template it is no tag."""
    from iamsim.importers.short_forms import read_short_form

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
    from iamsim.world.load import load_world_documents

    world = load_world_documents(document, strict=False)
    return [_problem(error) for error in (*world.problems, *world.lost)]


def _of_scenario(document: Document) -> tuple[CaseResult, ...]:
    """The requests of a scenario, decided; raises what reading and deciding raise."""
    from iamsim.suites.run import run_scenario
    from iamsim.suites.scenario import scenario_from_data

    return tuple(run_scenario(scenario_from_data(document)))
