"""`iamsim explain` in a terminal: asks for the parts of a request that were not given.

Questions go to standard error, so that the answer alone goes to standard output. What is proposed
is what a shell proposes (`iamsim.cli.completion`); what can't be right is refused at once, in the
words of the error that it would be.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit import PromptSession  # noqa: TID253 - this module is loaded to ask only
from prompt_toolkit.application import create_app_session  # noqa: TID253
from prompt_toolkit.completion import Completer, Completion, PathCompleter  # noqa: TID253
from prompt_toolkit.output import create_output  # noqa: TID253
from prompt_toolkit.validation import ValidationError, Validator  # noqa: TID253

from iamsim import catalog
from iamsim.cli import completion
from iamsim.cli.explain import run_explain
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.grammar import Options
from iamsim.core.errors import IamsimError, RequestError
from iamsim.engine.authorize import prepare
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.questions.near_misses import NamingPrincipals

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from iamsim.cli.grammar import OptionValue


_INTRODUCTION = "Tab completes, Enter accepts, Ctrl-C ends."
# Where policies may come from: with one of these, a world is not asked for.
_SOURCES = (
    "worlds",
    "overlays",
    "identity_policies",
    "resource_policy",
    "boundary",
    "session_policies",
    "scps",
    "rcps",
    "vpce_policies",
)
_FILES = (".yaml", ".yml", ".json")


class _Asked(NamedTuple):
    """One question: where the answer goes, how it is completed, and what refuses it.

    `checks` raises `IamsimError` for what can't be right.
    """

    field: str
    words: str
    completer: Completer
    checks: Callable[[str], object]
    several: bool = True


class _Proposals(Completer):
    """Proposes as a shell does, while somebody types."""

    def __init__(self, proposes: Callable[[str], Iterable[str]]) -> None:
        """`proposes` gives proposals for what was typed."""
        self.proposes = proposes

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """Give the proposals for the text before the cursor, each in the place of all of it."""
        del complete_event
        text = document.text_before_cursor
        for found in self.proposes(text):
            yield Completion(found, start_position=-len(text))


class _Check(Validator):
    """Refuses what can't be right, and says why."""

    def __init__(self, checks: Callable[[str], object]) -> None:
        """`checks` raises `IamsimError`."""
        self.checks = checks

    def validate(self, document: Document) -> None:
        """Raise `ValidationError` in the words of the error."""
        try:
            self.checks(document.text.strip())
        except IamsimError as error:
            place = "" if error.span is None else f"{error.span.place}: "
            hint = "" if error.hint is None else f" ({error.hint})"
            first, *_ = f"{place}{error.message}{hint}".splitlines()
            raise ValidationError(len(document.text), first) from error


def explain_asked(options: Options) -> int:
    """Ask for what is missing, answer, and show how to ask the same in one line.

    Raises `RequestError` where the input ends, and `KeyboardInterrupt` for Ctrl-C.
    """
    sys.stderr.write(f"{_INTRODUCTION}\n")
    with create_app_session(output=create_output(stdout=sys.stderr)):
        options = asked(options)
    code = run_explain(options, ())
    sys.stdout.flush()
    sys.stderr.write(f"\nthe same again:\n  {command_line(options)}\n")
    return code


def asked(options: Options) -> Options:
    """Ask for each missing part, in prompt_toolkit's terminal; gives all options.

    Raises `RequestError` where the input ends, and `KeyboardInterrupt` for Ctrl-C.
    """
    session: PromptSession[str] = PromptSession()
    options = Options(options)
    try:
        for question in _missing(options):
            answer = session.prompt(
                f"{question.words}: ",
                completer=question.completer,
                validator=_Check(question.checks),
                validate_while_typing=False,
            ).strip()
            if question.field == "worlds":
                answer = os.path.expanduser(answer)  # noqa: PTH111 - plain text goes on
            if answer:
                options[question.field] = (answer,) if question.several else answer
    except EOFError as error:
        raise RequestError(
            "request-not-finished",
            "the input ended before the request was complete",
            hint="or give it all at once: `iamsim explain -p PRINCIPAL -a ACTION -r RESOURCE`",
        ) from error
    return options


def _missing(options: Options) -> Iterator[_Asked]:
    """The questions that are open; a later one looks at the answers before it."""
    if not any(options[field] for field in _SOURCES):
        completer: Completer = PathCompleter(file_filter=_may_be_world, expanduser=True)
        yield _Asked("worlds", "world (file or folder; empty for none)", completer, _check_world)
    if not options["principal"]:
        completer = _Proposals(lambda text: completion.principals(text, options, anywhere=True))
        checks = partial(_check_principal, options)
        yield _Asked("principal", "principal", completer, checks, several=False)
    if not options["actions"]:
        completer = _Proposals(lambda text: completion.actions(text, options))
        yield _Asked("actions", "action", completer, _check_action)
    if not options["resources"] and _has_resources(options["actions"]):
        completer = _Proposals(lambda text: completion.resources(text, options, anywhere=True))
        yield _Asked("resources", "resource (empty for none)", completer, str)


def _has_resources(actions: OptionValue) -> bool:
    """Whether the first action has resource types; one that nobody knows may have some."""
    first = next(iter(actions), "") if isinstance(actions, tuple) else ""
    facts = catalog.find_action(first)
    return facts is None or bool(facts.resource_types)


def _check_world(text: str) -> None:
    if text:
        load_worlds(os.path.expanduser(text))  # noqa: PTH111 - as above


def _check_principal(options: Options, text: str) -> None:
    with NamingPrincipals(text, completion.known_world(options)):
        prepare(Question(text, "sts:GetCallerIdentity"), CompiledWorld())


def _check_action(text: str) -> None:
    prepare(Question("anonymous", text), CompiledWorld())


def _may_be_world(path: str) -> bool:
    """Whether a file may hold a world; folders are walked through."""
    return os.path.isdir(path) or path.endswith(_FILES)  # noqa: PTH112 - as above


def command_line(options: Options) -> str:
    """Write the command that asks the same, to be copied into a shell."""
    words = ["iamsim", "explain"]
    for option in EXPLAIN_OPTIONS:
        value = options[option.field]
        if value == option.empty:
            continue
        if value is True:
            words.append(option.names[0])
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        for text in texts:
            words += [option.names[0], text]
    return shlex.join(words)
