"""`iamsim explain --call` and `--event`: the questions of an API call, answered together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim.cli.ask import load_worlds, questions_of
from iamsim.cli.explain_answers import answer_question, exit_code
from iamsim.cli.explain_options import EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.grammar import Options
from iamsim.cli.output import write_output
from iamsim.cli.world_options import write_answer
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict
from iamsim.engine.world import CompiledWorld
from iamsim.inputs.recognise import MOST_RECORDS, refuse_trail, too_many_records
from iamsim.inputs.standard_input import standard_input
from iamsim.query.calls import AnsweredCall, answer_call
from iamsim.questions.names import principal_named
from iamsim.report.cleaning import to_json
from iamsim.report.document import Remark

if TYPE_CHECKING:
    from iamsim.calls.model import Reading, Requested
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.report.next_step import NextStep
    from iamsim.world.model import World

UNNAMED = "the record does not name the caller: give one with -p"
_NOT_TOGETHER = ("actions", "resources", "denied", "picture", "edits", *WHAT_IF_FIELDS)
_FORMATS = ("text", "json", "markdown", "html")


def explain_call(options: Options) -> int:
    """Answer what a line, or every record of a file, asks; the exit code is that of `--expect`."""
    name = "--call" if options["call"] is not None else "--event"
    _refuse_options(options, name)
    records = _records(options)
    given = options.text("principal")
    callers = [given or _caller_of(record) for record in records] or [given]
    model = load_worlds(options, on_demand=True, callers=callers)
    readings = _readings(options, records, model)
    world = None if model is None else CompiledWorld(model)
    questions: list[Question] = []
    calls = [_answered(reading, options, model, world, questions) for reading in readings]
    _write(calls, options, questions, _outcomes(records, calls, options))
    asked = [call.verdict for call in calls if call.reading.skipped is None]
    return exit_code(overall_verdict(asked), options, questions, model)


def _refuse_options(options: Options, name: str) -> None:
    names = {option.field: option.names[-1] for option in EXPLAIN_OPTIONS}
    for field in _NOT_TOGETHER:
        if options[field]:
            raise RequestError(
                "option-with-call",
                f"the option `{names[field]}` can't be used together with `{name}`",
                hint="ask one of its questions with -a and -r",
            )
    if options["call"] is not None and options["event"] is not None:
        raise RequestError("option-with-call", "give `--call` or `--event`, not both")
    if options["format"] not in _FORMATS:
        raise RequestError(
            "option-with-call",
            f"the format `{options['format']}` can't be used together with `{name}`",
            hint=f"use {', '.join(_FORMATS)}",
        )
    if name == "--call" and not options.text("principal"):
        raise RequestError(
            "missing-principal",
            "the call has no principal",
            hint="give one with -p: an ARN, a service principal, or `anonymous`",
        )


def _records(options: Options) -> list[Mapping[str, Any]]:
    """The records of `--event`."""
    if options["event"] is None:
        return []
    from iamsim.calls.event_forms import records_in

    records = list(records_in(_document(options)))
    if len(records) > MOST_RECORDS:
        raise too_many_records("what was given", f"{len(records):,}")
    return records


def _caller_of(record: Mapping[str, Any]) -> str | None:
    """The account of whom a record says that he called; `None` for what is no record."""
    from iamsim.calls.event_forms import unwrapped
    from iamsim.calls.identities import identity_of

    try:
        return identity_of(unwrapped(record)).account
    except RequestError:
        return None


def _outcomes(
    records: Sequence[Mapping[str, Any]], calls: Sequence[AnsweredCall], options: Options
) -> list[str]:
    """What AWS did with each call, where arguments were recognised."""
    if "taken" not in options or not records:
        return []
    from iamsim.query.recorded import outcome_sentence

    outcomes = (outcome_sentence(*pair) for pair in zip(records, calls, strict=True))
    return list(dict.fromkeys(text for text in outcomes if text is not None))


def _readings(
    options: Options, records: Sequence[Mapping[str, Any]], model: World | None
) -> list[Reading]:
    line = options.text("call")
    if line is not None:
        from iamsim.calls.lines import read_line

        arn = find_arn(principal_named(options.text("principal") or "", model))
        account = arn.account if arn is not None and is_account_id(arn.account) else None
        return [read_line(line, region=options.text("region"), account=account)]
    from iamsim.calls.events import read_event

    readings = [read_event(record) for record in records]
    if not readings:
        raise RequestError("not-a-record", "there is no CloudTrail record to read")
    return readings


def _document(options: Options) -> object:
    """What the file of `--event` holds: JSON, or a record on each line."""
    import json

    path = options.text("event") or "-"
    if path.lstrip()[:1] in ("{", "["):
        text = path
    elif path == "-":
        text = standard_input().decode("utf-8", "replace")
    else:
        from iamsim.files.reading import read_bytes

        text = read_bytes(path).decode("utf-8", "replace")
    refuse_trail(text, "what was given" if text is path or path == "-" else f"`{path}`")
    try:
        return json.loads(text)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            raise RequestError("not-a-record", f"`{path}` is no JSON: {error}") from error


def _answered(
    reading: Reading,
    options: Options,
    model: World | None,
    world: CompiledWorld | None,
    questions: list[Question],
) -> AnsweredCall:
    """Answer a call, and add to `questions` what was asked, as far as the call tells it."""

    def base_of(requested: Requested) -> Question:
        principal = options.text("principal") or requested.principal
        filled = Options(
            {
                **options,
                "principal": principal,
                "actions": (requested.action,),
                "resources": (requested.resource,),
            }
        )
        (question,) = questions_of(filled, model)
        told = question.resource != "*"
        questions.append(question if told else replace(question, unknown=frozenset({"resource"})))
        return question

    unnamed = [
        requested
        for requested in reading.asked
        if requested.of_record and requested.principal is None
    ]
    if unnamed and options.text("principal") is None:
        return AnsweredCall(replace(reading, asked=[], skipped=UNNAMED), ())

    def ask(question: Question) -> Answer:
        return answer_question(question, world)

    if reading.skipped is not None and options["call"] is not None:
        return _refused(reading, base_of, ask) or AnsweredCall(reading, ())
    return answer_call(reading, base_of, ask, model)


def _refused(
    reading: Reading,
    base_of: Callable[[Requested], Question],
    ask: Callable[[Question], Answer],
) -> AnsweredCall | None:
    """A call that no policy controls, where the service refuses the caller's credentials.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    from iamsim import catalog
    from iamsim.calls.model import Requested

    action = f"{reading.service}:{reading.operation}"
    if catalog.find_action(action) is None:
        return None
    requested = Requested(action, "*", because=action)
    answered = answer_call(replace(reading, asked=[requested], skipped=None), base_of, ask)
    refused = (Verdict.IMPLICIT_DENY, Verdict.EXPLICIT_DENY)
    return answered if answered.verdict in refused else None


def _write(
    calls: list[AnsweredCall],
    options: Options,
    questions: Sequence[Question],
    outcomes: Sequence[str],
) -> None:
    from iamsim.cli.explain_anything import remarked, surrounded
    from iamsim.report.calls import answered_data, answered_document

    step = _next_step(calls, options, questions)
    if options["format"] == "json":
        data = [answered_data(call) for call in calls]
        written: dict[str, object] = data[0] if len(data) == 1 else {"calls": data}
        if outcomes:
            written = {**written, "outcomes": list(outcomes)}
        write_output(surrounded(to_json(written), options, step), options.text("output"))
        return
    for number, call in enumerate(calls, start=1):
        document = answered_document(call)
        if number == len(calls):
            said = tuple(Remark("note", outcome) for outcome in outcomes)
            document = replace(document, remarks=(*said, *document.remarks))
            document = remarked(document, options, step)
        write_answer(
            options,
            lambda document=document: document,  # type: ignore[misc]  # bound at once
            dict,
            lambda call=call: [call.verdict.value],  # type: ignore[misc]  # as above
        )


def _next_step(
    calls: list[AnsweredCall], options: Options, questions: Sequence[Question]
) -> NextStep | None:
    """What to fetch next, where arguments were recognised."""
    if "taken" not in options or not questions:
        return None
    from iamsim.cli.explain_anything import given_layers
    from iamsim.report.next_step import after_answer

    answers = [answer.answer for call in calls for answer in call.answers]
    in_world = bool(options["worlds"])
    given = given_layers(questions[0])
    steps = (after_answer(answer, given, in_world=in_world) for answer in answers)
    return next((step for step in steps if step is not None), None)
