"""Whether a world explains a denial that AWS reported, as something to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.reason import Note
from iamsim.query.denial import Agreement, DenialReport
from iamsim.report.data import answer_to_dict
from iamsim.report.denial_changes import article, change_text, changes_of
from iamsim.report.document import Badge, Document, Part, Prose, Remark
from iamsim.report.edits import edits_blocks
from iamsim.report.explained import explained, warnings
from iamsim.report.fetching import fetch_call, fetch_unknown
from iamsim.report.summary import summary
from iamsim.words.sentences import layer_name
from iamsim.words.wording import shortened

if TYPE_CHECKING:
    from iamsim.query.difference import Difference
    from iamsim.query.edits.model import EditReport
    from iamsim.syntax.denial import DenialMessage

SEVERAL = 2
ONLY_IF = "explained only if"
MORE = "the text holds more messages before these"
_SAYS: Mapping[Agreement, str] = {
    Agreement.ALLOWED: "allows the request",
    Agreement.NEVER_SO: "never denies so, whatever of it is not known",
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html:
# the settings that refuse requests by what they bring along.
_REFUSES: Mapping[str, str] = {
    "s3:putaccesspointpolicy": "BlockPublicPolicy",
    "s3:putbucketacl": "BlockPublicAcls",
    "s3:putbucketpolicy": "BlockPublicPolicy",
    "s3:putobject": "BlockPublicAcls",
    "s3:putobjectacl": "BlockPublicAcls",
}


def denials_document(
    reports: Sequence[DenialReport],
    *,
    more: bool = False,
    verbose: bool = False,
    edits: Sequence[EditReport] = (),
    fetch: bool = True,
) -> Document:
    """Say for each message whether it is explained, what would explain it, and what the world
    answers; `edits` are those of each answer that denies, or none. With `fetch` it is said which
    calls of the AWS CLI print what would tell."""
    waiting = iter(edits)
    documents = []
    for report in reports:
        # What is assumed and asked wrongly stands before the verdict, as in any answer.
        document = replace(denial_document(report, fetch=fetch), warnings=warnings([report.answer]))
        found = None if report.answer.allowed else next(waiting, None)
        if report.agreement is Agreement.NOT_GIVEN:
            added = () if found is None else edits_blocks(found)
            document = replace(document, blocks=(*document.blocks, *added))
        else:
            answer = explained(report.answer, verbose=verbose, edits=found)
            answer = replace(answer, warnings=())
            part = Part("answer", "the answer of the world", answer)
            document = replace(document, blocks=(*document.blocks, part))
        documents.append(document)
    remarks = (Remark("note", MORE),) if more else ()
    if len(documents) == 1:
        return replace(documents[0], remarks=(*documents[0].remarks, *remarks))
    passed = sum(report.explained for report in reports)
    parts = tuple(
        Part(f"message-{number}", f"message {number} of {len(documents)}", document)
        for number, document in enumerate(documents, 1)
    )
    title = f"{passed} of {len(documents)} messages are explained"
    return Document(title, parts, remarks, sentence=True)


def denial_document(report: DenialReport, *, fetch: bool = True) -> Document:
    """Say whether one message is explained, what would explain it, and what to fetch."""
    said = shortened(report.message.text, 1_000)
    changes = [f"{change}\n{effect}" if effect else change for change, effect in changes_of(report)]
    title = "what would explain it, likeliest first; each was tried"
    calls = _calls(report) if fetch and report.agreement is not Agreement.ONLY_IF else ()
    texts = (_nothing_found(report) if _is_open(report) else None, _remark(report))
    return Document(
        _comparison(report),
        (
            Prose("said", "AWS said", (said,) if said else (), quoted=True),
            Prose("changes", title, tuple(changes), numbered=True),
            Prose("fetch", "what prints what AWS has", _quoted(calls), bulleted=True),
        ),
        tuple(Remark("note", text) for text in texts if text is not None),
        verdict=Badge("yes" if report.explained else "no", _word(report)),
        sentence=True,
    )


def denials_to_dict(reports: Sequence[DenialReport], *, more: bool = False) -> dict[str, object]:
    """Turn the reports into plain data that `json.dumps` takes."""
    return {
        "explained": all(report.explained for report in reports),
        "more": more,
        "denials": [_report_to_dict(report) for report in reports],
    }


def _report_to_dict(report: DenialReport) -> dict[str, object]:
    message = report.message
    return {
        "explained": report.explained,
        "agreement": report.agreement.value,
        "summary": f"{_word(report)}: {_comparison(report)}",
        "message": {
            "form": message.form.value,
            "principal": message.principal,
            "action": message.action,
            "resource": message.resource,
            "layer": None if message.layer is None else message.layer.value,
            "explicit": message.explicit,
            "policy": message.policy_arn,
            "operation": message.operation,
            "text": message.text,
        },
        "remark": _remark(report),
        "would_explain": [
            _difference_to_dict(difference, report) for difference in report.differences
        ],
        "tried": report.search.tried,
        "not_everything_tried": report.search.cut,
        "fetch": list(_calls(report)),
        "answer": answer_to_dict(report.answer),
    }


def _difference_to_dict(difference: Difference, report: DenialReport) -> dict[str, object]:
    return {
        **_change_to_dict(difference),
        "also": None if difference.also is None else _change_to_dict(difference.also),
        "text": change_text(difference, report),
        "summary": None if difference.answer is None else summary(difference.answer),
    }


def _change_to_dict(difference: Difference) -> dict[str, object]:
    return {
        "kind": difference.kind.value,
        "key": difference.key,
        "values": list(difference.values),
        "name": difference.name,
        "layer": None if difference.layer is None else difference.layer.value,
    }


def denials_word(reports: Sequence[DenialReport]) -> str:
    """What the least explained of some messages is, in a word or three."""
    words = {_word(report) for report in reports}
    return next((word for word in ("not explained", ONLY_IF) if word in words), "explained")


def _word(report: DenialReport) -> str:
    if report.agreement is Agreement.ONLY_IF:
        return ONLY_IF
    return "explained" if report.explained else "not explained"


def _comparison(report: DenialReport) -> str:
    """What AWS said and what the world says, in one sentence."""
    message, answer = report.message, report.answer
    said = _reason(message, answer.request.action)
    decision = answer.decision
    match report.agreement:
        case Agreement.SAME:
            return f"the world denies the request for the reason that AWS gives, {said}"
        case Agreement.AMONG_SEVERAL:
            return f"{said} is one of several reasons in the world, of which AWS names one"
        case Agreement.NO_REASON_GIVEN:
            if decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS:
                return (
                    "the message names no layer, as S3 names none where Block Public Access"
                    " restricts a bucket; in the world it does"
                )
            return "the world denies the request; the message names no layer"
        case Agreement.OTHER_POLICY:
            comparison = ", ".join(f"`{statement.arn}`" for statement in decision.statements[:1])
            return f"AWS names the policy `{message.policy_arn}`, in the world {comparison} denies"
        case Agreement.NOT_DECIDED_HERE:
            return (
                f"AWS names the setting {message.setting} of S3 Block Public Access, which depends"
                " on the ACL or policy in the request; iamsim does not look at those"
            )
        case Agreement.ONLY_IF:
            return _only_if(report)
        case Agreement.NOT_GIVEN:
            layers = answer.explanation.layers
            if decision.layer and any(
                place.layer is message.layer and place.policies for place in layers
            ):
                lacking = layer_name(decision.layer, answer.request.action)
                return (
                    f"AWS says {said}; by what was given it hangs on the {lacking},"
                    " which was not given"
                )
            if Note.UNKNOWN_PRINCIPAL_IN_WORLD in (decision.notes or ()):
                return f"AWS says {said}; the world does not list the caller, whose policies would"
            return f"AWS says {said}, and nothing was given that could say so"
        case Agreement.ALLOWED | Agreement.NEVER_SO as so:
            return f"AWS says {said}, and the world {_SAYS[so]}"
    kind = decision.verdict is Verdict.EXPLICIT_DENY
    comparison = _phrase(decision.layer, answer.request.action, explicit=kind)
    return f"AWS says {said}, the world {comparison}"


def _only_if(report: DenialReport) -> str:
    """What the denial depends on and was not given or is not known, and what would tell it."""
    residual = report.answer.residual
    if residual is not None:
        text = _denied_if(residual.sentence)
    else:
        absent = [f"`{key.name}`" for key in report.open_keys if not key.unknown]
        open_keys = [f"`{key.name}`" for key in report.open_keys if key.unknown]
        parts = []
        if absent or not open_keys:
            be = "is" if len(absent) < SEVERAL else "are"
            parts.append(f"{' and '.join(absent) or 'all that was not given'} {be} absent, as here")
        if open_keys:
            be, lead = ("is", "leads") if len(open_keys) < SEVERAL else ("are", "lead")
            parts.append(
                f"{' and '.join(open_keys)}, which {be} not known, {lead} to no other denial"
            )
        text = ", and ".join(parts)
    calls = _calls(report)
    return f"{text}; fetch what is not known with {_commands(calls)}" if calls else text


def _denied_if(sentence: str) -> str:
    """Turn round a sentence that says when a request is allowed."""
    allowed = sentence.removeprefix("allowed if ")
    if allowed == sentence or " unless " in sentence:
        return f"it does not hold that the request is {sentence}"
    return f"it is not so that {allowed}"


def _calls(report: DenialReport) -> tuple[str, ...]:
    """The calls that print what would tell whether a denial is explained; none where it is."""
    message, request = report.message, report.answer.request
    if report.explained or report.agreement is Agreement.NOT_DECIDED_HERE:
        return ()
    if report.agreement is Agreement.ONLY_IF:
        calls = [
            fetch_unknown(part, request.resource, request.principal, target)
            for part in report.answer.unknowns
            for target in _targets(Layer(part.layer) if part.fact is None else None, report)
        ]
    else:
        # A message that names no layer may be about either.
        either = (Layer.IDENTITY_BASED_POLICY, Layer.RESOURCE_BASED_POLICY)
        calls = [
            fetch_call(layer, request.resource, request.principal, message.policy_arn, target)
            for layer in (either if message.layer is None else (message.layer,))
            for target in _targets(layer, report)
        ]
    return tuple(dict.fromkeys(calls))


def _targets(layer: Layer | None, report: DenialReport) -> Sequence[str | None]:
    """The ids of what control policies of a layer are attached to: where the answer hangs on some
    level of it, of those alone."""
    targets = report.targets.get(layer) if layer is not None else None
    if not targets:
        return (None,)
    levels = [place for place in report.answer.explanation.layers if place.layer is layer]
    hanging = [place.level for place in levels if place.outcome is Outcome.UNKNOWN]
    return [target for level, target in targets.items() if not hanging or level in hanging]


def _commands(calls: Iterable[str]) -> str:
    return ", ".join(_quoted(calls))


def _quoted(calls: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"`{call}`" for call in calls)


def _reason(message: DenialMessage, action: str) -> str:
    if message.layer is None:
        known = {True: "an explicit deny", False: "that nothing allows it", None: "no reason"}
        return known[message.explicit]
    if message.explicit is None:
        return f"that it is for the {layer_name(message.layer, action)} to allow it"
    reason = _phrase(message.layer, action, explicit=message.explicit)
    if message.policy_arn is not None:
        reason += f" (`{message.policy_arn}`)"
    return reason


def _phrase(layer: Layer | None, action: str, *, explicit: bool) -> str:
    if layer is None:
        return "an explicit deny" if explicit else "that nothing allows it"
    name = layer_name(layer, action)
    if not explicit:
        return f"that no {name} allows it"
    return f"an explicit deny in {article(name)} {name}"


def _is_open(report: DenialReport) -> bool:
    """Whether differences were looked for, and none was found."""
    return (
        not report.explained
        and not report.differences
        and report.agreement
        not in {Agreement.NOT_DECIDED_HERE, Agreement.ONLY_IF, Agreement.NOT_GIVEN}
    )


def _nothing_found(report: DenialReport) -> str:
    search = report.search
    together = ", one or two at a time," if search.paired else ""
    more = " (there are more)" if search.cut else ""
    return (
        f"none of the {search.tried} changes that were tried{together}{more} would explain it: look"
        " for a policy in AWS that differs from the world"
    )


def _remark(report: DenialReport) -> str | None:
    """What can't be tried, but is behind many plain denials by S3: the public policy or ACL that a
    request brings along."""
    setting = _REFUSES.get(report.answer.request.action.lower())
    if report.explained or report.message.layer is not None or setting is None:
        return None
    return (
        f"S3 says no more where the setting {setting} of S3 Block Public Access refuses what the"
        " request would make public; iamsim does not look at that"
    )
