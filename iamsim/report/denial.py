"""Whether a world explains a denial that AWS reported, as something to read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Verdict
from iamsim.query.denial import Agreement
from iamsim.query.differences import DifferenceKind
from iamsim.report.data import answer_to_dict
from iamsim.report.markdown import render_markdown
from iamsim.report.paint import Paint
from iamsim.report.sentences import layer_name
from iamsim.report.summary import summary
from iamsim.report.text import render_text
from iamsim.report.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamsim.query.denial import DenialReport
    from iamsim.query.differences import Difference
    from iamsim.syntax.denial import DenialMessage

__all__ = ["denials_to_dict", "render_denials", "render_denials_markdown"]

_MORE = "the text holds more messages before these"
# What the absence or presence of a key means, where its name does not say it.
_MEANINGS: Mapping[tuple[str, str | None], str] = {
    ("aws:multifactorauthpresent", None): "requests signed with long-term access keys have none",
    ("aws:multifactorauthpresent", "false"): "temporary credentials that were got without MFA",
    ("aws:multifactorauthpresent", "true"): "temporary credentials that were got with MFA",
    ("aws:viaawsservice", "true"): "a service makes the call with the caller's permissions",
    ("aws:sourceip", None): "requests through a VPC endpoint have none",
    ("aws:securetransport", "false"): "the request was sent without TLS",
}


def render_denials(
    reports: Sequence[DenialReport],
    *,
    more: bool = False,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
) -> str:
    """Write out for each message whether it is explained, what would explain it, and the answer of
    the world."""
    paint = Paint(color)
    blocks = []
    for number, report in enumerate(reports, start=1):
        if len(reports) > 1:
            blocks.append(paint.quiet(f"--- message {number} of {len(reports)} ---") + "\n")
        blocks.append(_text(report, paint, width))
        answer = render_text(report.answer, verbose=verbose, color=color, width=width)
        blocks.append(f"{paint.title('the answer of the world')}\n{answer}")
    if more:
        blocks.append(paint.quiet(_MORE) + "\n")
    return "\n".join(blocks)


def _text(report: DenialReport, paint: Paint, width: int) -> str:
    word = _word(report)
    first, *rest = _wrapped(f"{word}: {_comparison(report)}", width, "", "")
    painted = paint.good(word) if report.explained else paint.bad(word)
    lines = [first.replace(word, painted, 1), *rest]
    if report.message.text:
        lines += ["", paint.title("AWS said")]
        lines += _wrapped(shortened(report.message.text, 1_000), width, "  ", "  ")
    for number, (change, effect) in enumerate(_changes(report), start=1):
        if number == 1:
            lines += ["", paint.title("what would explain it, likeliest first; each was tried")]
        lines += _wrapped(f"{number}. {change}", width, "  ", "     ")
        if effect:
            lines += _wrapped(effect, width, "     ", "     ")
    if _is_open(report):
        lines += ["", *_wrapped(_nothing_found(report), width, "", "")]
    return "\n".join(lines) + "\n"


def render_denials_markdown(
    reports: Sequence[DenialReport], *, more: bool = False, verbose: bool = False
) -> str:
    """Write the same as Markdown."""
    blocks = []
    for report in reports:
        lines = [f"**{_word(report)}**: {_comparison(report)}", ""]
        if report.message.text:
            lines += ["```text", shortened(report.message.text, 1_000).replace("`", "'"), "```", ""]
        for number, (change, effect) in enumerate(_changes(report), start=1):
            if number == 1:
                lines += ["What would explain it, likeliest first; each was tried:", ""]
            lines.append(f"{number}. {change}" + (f": {effect}" if effect else ""))
        if _is_open(report):
            lines.append(_nothing_found(report))
        if report.differences or _is_open(report):
            lines.append("")
        blocks.append("\n".join(lines) + "\n" + render_markdown(report.answer, verbose=verbose))
    if more:
        blocks.append(f"{_MORE}\n")
    return "\n".join(blocks)


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
        "would_explain": [_difference_to_dict(one, report) for one in report.differences],
        "tried": report.tried,
        "answer": answer_to_dict(report.answer),
    }


def _difference_to_dict(difference: Difference, report: DenialReport) -> dict[str, object]:
    return {
        "kind": difference.kind.value,
        "key": difference.key,
        "values": list(difference.values),
        "name": difference.name,
        "layer": None if difference.layer is None else difference.layer.value,
        "text": _change(difference, report),
        "summary": None if difference.answer is None else summary(difference.answer),
    }


def _word(report: DenialReport) -> str:
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
            return "the world denies the request; the message does not give a reason"
        case Agreement.OTHER_POLICY:
            found = ", ".join(f"`{one.arn}`" for one in decision.statements[:1])
            return f"AWS names the policy `{message.policy_arn}`, in the world {found} denies"
        case Agreement.NOT_DECIDED_HERE:
            return (
                f"AWS names the setting {message.setting} of S3 Block Public Access, which depends"
                " on the ACL or policy in the request; iamsim does not look at those"
            )
        case Agreement.ALLOWED:
            return f"AWS says {said}, and the world allows the request"
    kind = decision.verdict is Verdict.EXPLICIT_DENY
    found = _phrase(decision.layer, answer.request.action, explicit=kind)
    return f"AWS says {said}, the world {found}"


def _reason(message: DenialMessage, action: str) -> str:
    """The reason that a message gives."""
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
    return f"an explicit deny in {_article(name)} {name}"


def _article(name: str) -> str:
    return "an" if name.startswith("i") else "a"


def _changes(report: DenialReport) -> Iterator[tuple[str, str]]:
    """Each change, and what the world says after it."""
    for difference in report.differences:
        stand_in = difference.kind in {DifferenceKind.POLICY_MISSING, DifferenceKind.POLICY_DIFFERS}
        effect = "" if stand_in or difference.answer is None else summary(difference.answer)
        yield _change(difference, report), effect


def _change(difference: Difference, report: DenialReport) -> str:
    """One change as a sentence."""
    values = ", ".join(difference.values)
    key = difference.key or ""
    lowered = key.lower()
    layer = "" if difference.layer is None else layer_name(difference.layer, _action(report))
    match difference.kind:
        case DifferenceKind.KEY_ABSENT:
            return f"the request has no {key}{_meaning(lowered, None)}"
        case DifferenceKind.KEY_VALUE:
            return f"{key} is `{values}`{_meaning(lowered, values)}"
        case DifferenceKind.KEY_OTHER_VALUE:
            meaning = _meaning(lowered, values)
            if meaning:
                return f"{key} is `{values}`{meaning}"
            return f"{key} is a value that no policy mentions, such as `{values}`"
        case DifferenceKind.VPC_ENDPOINT:
            return f"the request came through the VPC endpoint `{difference.name}`"
        case DifferenceKind.NO_VPC_ENDPOINT:
            return "the request did not come through the VPC endpoint"
        case DifferenceKind.OTHER_OWNER:
            owner = f"the account `{difference.name}`" if difference.name else "an unknown account"
            return f"the resource belongs to {owner}"
        case DifferenceKind.POLICY_MISSING:
            if difference.layer is Layer.SESSION_POLICY:
                return "the session was made with a session policy, which the world does not know"
            return f"there is {_article(layer)} {layer} that the world does not have"
    return f"the {layer} in AWS is not the one of the world"


def _action(report: DenialReport) -> str:
    return report.answer.request.action


def _meaning(key: str, value: str | None) -> str:
    meaning = _MEANINGS.get((key, value))
    return "" if meaning is None else f" ({meaning})"


def _is_open(report: DenialReport) -> bool:
    """Whether differences were looked for, and none was found."""
    return (
        not report.explained
        and not report.differences
        and report.agreement is not Agreement.NOT_DECIDED_HERE
    )


def _nothing_found(report: DenialReport) -> str:
    return (
        f"none of the {report.tried} changes that were tried would explain it: look for a policy in"
        " AWS that differs from the world"
    )


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )
