"""`iamsim context`: every context key of a request, and the statements that read it.

With `--influencing` (`iamsim keys`): the keys on which the decision can depend, and values to try.
"""

from __future__ import annotations

from iamsim.cli.ask import load_worlds, questions_of, with_time
from iamsim.cli.explain_options import ANSWER_FIELDS, CALL_FIELDS, EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.grammar import Arguments, Command, Option, Options
from iamsim.cli.terminal_hints import write_hints
from iamsim.cli.world_options import DOCUMENT_FORMATS, write_answer
from iamsim.questions.near_misses import NamingPrincipals

_LEFT_OUT = frozenset({"denied", *CALL_FIELDS, *ANSWER_FIELDS, *WHAT_IF_FIELDS})
_OPTIONS = (
    *(
        option._replace(choices=DOCUMENT_FORMATS)
        if option.field == "format"
        else option._replace(help="Only the keys: those that the request lacks.")
        if option.field == "quiet"
        else option
        for option in EXPLAIN_OPTIONS
        if option.field not in _LEFT_OUT
    ),
    Option(
        ("--influencing",),
        "Instead: the keys on which the decision can depend, with the values worth trying.",
        "flag",
        panel="Output",
    ),
)


def _run(options: Options, _arguments: Arguments) -> int:
    """Work out the context of every pair of action and resource, and write it."""
    whole = Options({option.field: option.empty for option in EXPLAIN_OPTIONS} | options)
    return _write_influencing(whole) if options["influencing"] else _write_all(options, whole)


def _write_influencing(options: Options) -> int:
    """Write the keys that can influence every pair of action and resource."""
    from iamsim.engine.world import CompiledWorld
    from iamsim.questions.check import QuestionCheck
    from iamsim.report import influence as report
    from iamsim.symbolic.influence import influencing_keys

    model = load_worlds(options, on_demand=True)
    world = None if model is None else CompiledWorld(model)
    with NamingPrincipals(options.text("principal"), model):
        questions = list(questions_of(options, model))
        found = [(question, influencing_keys(question, world)) for question in questions]
    names = dict.fromkeys(key.key for _, keys in found for key in keys)
    return write_answer(
        options,
        lambda: report.influence_document(found),
        lambda: report.influence_data(found),
        lambda: names,
        hints=QuestionCheck(model).of_questions(questions),
    )


def _write_all(options: Options, whole: Options) -> int:
    """Write all keys of every pair of action and resource."""
    from iamsim.engine.authorize import explain
    from iamsim.engine.world import CompiledWorld
    from iamsim.questions.check import QuestionCheck
    from iamsim.report.keys import key_rows, keys_data, keys_document
    from iamsim.report.other_keys import other_keys

    model = load_worlds(whole, on_demand=True)
    world = None if model is None else CompiledWorld(model)
    found = []
    with NamingPrincipals(whole.text("principal"), model):
        questions = list(questions_of(whole, model))
        for question in questions:
            answer = explain(question, world)
            dated = with_time(question, answer)
            if dated is not question:
                answer = explain(dated, world)
            unknown = frozenset(key.lower() for key in question.unknown)
            found.append((answer, key_rows(answer, unknown, partial=question.partial)))
    asked = [(*pair, other_keys(pair[0].request.action, pair[1])) for pair in found]

    def data() -> object:
        every = [
            {**keys_data(answer, rows), "not_knowable": list(keys)} for answer, rows, keys in asked
        ]
        return every[0] if len(every) == 1 else {"requests": every}

    lacking = {row.key for _, rows in found for row in rows if row.entry is None}
    code = write_answer(
        options,
        lambda: keys_document(asked),
        data,
        lambda: sorted(lacking, key=str.lower),
        hints=QuestionCheck(model).of_questions(questions),
    )
    answers = [answer for answer, _ in found]
    write_hints(answers, whole, model, ("context", "unset", "unknown"))
    return code


COMMAND = Command(
    "context",
    "List the context keys of a request, and which statements read them.\n\n"
    "Each key is given, derived (and from what), unknown, or absent: read by a statement that is"
    " about the request, but not there. What else such a request may carry stands at the end.\n\n"
    "With `--influencing`, which `iamsim keys` stands for: the keys that can change the decision,"
    " the statements that read them, one value of each kind that these tell apart, and the decision"
    " that it gives with everything else as asked.",
    _OPTIONS,
    _run,
)
