"""`iamsim keys`: which context keys can influence a request, and the values worth trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.ask import load_worlds, questions_of
from iamsim.cli.commands import Command
from iamsim.cli.explain_options import ANSWER_FIELDS, EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.world_options import DOCUMENT_FORMATS, output, write_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]

_LEFT_OUT = frozenset({"unknown", "partial", "denied", *ANSWER_FIELDS, *WHAT_IF_FIELDS})
_OUTPUT = frozenset({"format", "quiet", "output", "color"})


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Ask for the keys of every pair of action and resource, and write them."""
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415 - `--help` needs no engine
    from iamsim.questions.check import QuestionCheck  # noqa: PLC0415
    from iamsim.report import influence as report  # noqa: PLC0415
    from iamsim.symbolic.influence import influencing_keys  # noqa: PLC0415

    whole: Options = {option.field: option.empty for option in EXPLAIN_OPTIONS}
    whole.update(options)
    model = load_worlds(whole)
    world = None if model is None else CompiledWorld.checked(model)
    questions = list(questions_of(whole, model))
    found = [(question, influencing_keys(question, world)) for question in questions]
    names = dict.fromkeys(key.key for _, keys in found for key in keys)
    return write_answer(
        options,
        lambda: report.influence_document(found),
        lambda: report.influence_data(found),
        lambda: names,
        hints=QuestionCheck(model).of_questions(questions),
    )


COMMAND = Command(
    "keys",
    "List the context keys that can influence a request, and the values worth trying.\n\n"
    "For each key: the statements that read it, one value of each kind that they tell apart, and "
    "the decision that it gives with everything else as asked.",
    (
        *(
            option
            for option in EXPLAIN_OPTIONS
            if option.field not in _LEFT_OUT and option.field not in _OUTPUT
        ),
        *output(*DOCUMENT_FORMATS, quiet="Print the names of the keys alone."),
    ),
    _run,
)
