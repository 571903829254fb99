"""A chain of roles as text, Markdown and data: each hop with its verdict and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.overall import overall_verdict
from iamsim.report.cleaning import for_markdown
from iamsim.report.columns import wrapped
from iamsim.report.data import answer_to_dict
from iamsim.report.markdown import render_markdown
from iamsim.report.paint import Paint
from iamsim.report.summary import summary
from iamsim.report.text import render_answers, render_text
from iamsim.words.sentences import VERDICTS
from iamsim.words.wording import request_text, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.core.answer import Answer
    from iamsim.core.decision import Verdict
    from iamsim.engine.question import Session
    from iamsim.query.chains import Chain, Hop

__all__ = [
    "chain_to_dict",
    "chain_verdict",
    "hops_to_list",
    "render_chain",
    "render_chain_markdown",
]

_LONGEST = 300


def chain_verdict(chain: Chain, answers: Sequence[Answer]) -> Verdict:
    """The verdict over a chain and the questions at its end: allowed when everything is."""
    return overall_verdict([chain.verdict, *(answer.decision.verdict for answer in answers)])


def render_chain(
    chain: Chain,
    answers: Sequence[Answer],
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
) -> str:
    """Write the hops out, then the answers at the end of the chain, or why it ends before."""
    paint = Paint(color)
    head = "\n".join(hop_lines(chain, paint, width)) + "\n"
    parts = [head]
    if verbose:
        parts += [
            render_text(answer, verbose=True, color=color, width=width)
            for hop in chain.hops
            for answer in hop.answers
        ]
    denied = chain.denied_at
    if denied is None and answers:
        parts.append(render_answers(answers, verbose=verbose, color=color, width=width))
    elif denied is not None and not verbose:
        parts.append(render_text(denied.deciding, color=color, width=width))
    return "\n".join(parts)


def hop_lines(chain: Chain, paint: Paint, width: int) -> list[str]:
    """Two lines and more for each hop: who assumes what, and what becomes of each permission."""
    lines = wrapped(_headline(chain), width, "", "")
    lines[0] = lines[0].replace("chain of roles", paint.title("chain of roles"), 1)
    for number, hop in enumerate(chain.hops, start=1):
        plan = hop.plan
        who = f"{shortened(plan.caller, _LONGEST)} assumes {shortened(plan.role, _LONGEST)}"
        lines += wrapped(f"{number}. {who}", width, "  ", "     ")
        for text in _session_texts(plan.passed):
            lines += wrapped(text, width, "     passing ", "       ")
        for answer in hop.answers:
            lines += _answer_lines(answer, paint, width)
    return lines


def _headline(chain: Chain) -> str:
    """How far the chain leads."""
    hops, planned = len(chain.hops), len(chain.plan.hops)
    denied = chain.denied_at
    if denied is not None:
        which = f"hop {hops} of {planned}" if planned > 1 else "the hop"
        return f"chain of roles: {which} is denied, so the question is never asked"
    count = "1 hop" if planned == 1 else f"{planned} hops"
    state = VERDICTS[chain.verdict]
    last = chain.plan.hops[-1].principal
    return f"chain of roles: {count}, {state}; {shortened(last, _LONGEST)} asks"


def _answer_lines(answer: Answer, paint: Paint, width: int) -> list[str]:
    """The verdict on one permission of a hop, with its reason."""
    word, reason = _verdict_and_reason(answer)
    lines = wrapped(f"{word}: {reason}", width, "     ", "       ")
    painted = paint.verdict(word, answer.decision.verdict)
    return [lines[0].replace(word, painted, 1), *lines[1:]]


def _verdict_and_reason(answer: Answer) -> tuple[str, str]:
    """The summary in two parts, without the role, which stands above."""
    word, _, reason = summary(answer).partition(": ")
    request = answer.request
    return word, reason.replace(request_text(request), request.action, 1)


def _session_texts(session: Session) -> list[str]:
    """What a call passes, as short texts."""
    texts = []
    if session.name is not None:
        texts.append(f"session name {shortened(session.name)}")
    for key, value in session.tags.items():
        kind = "transitive tag" if key in session.transitive_tags else "tag"
        texts.append(f"{kind} {shortened(key)}={shortened(value)}")
    if session.source_identity is not None:
        texts.append(f"source identity {shortened(session.source_identity)}")
    if session.policies:
        names = ", ".join(shortened(policy.name) for policy in session.policies)
        texts.append(f"session policy {names}")
    return [", ".join(texts)] if texts else []


def render_chain_markdown(chain: Chain, answers: Sequence[Answer], *, verbose: bool = False) -> str:
    """Write the same as Markdown: the hops as a table, then the answers."""
    denied = chain.denied_at
    lines = [for_markdown(_headline(chain)), "", *hop_table(chain)]
    shown = [denied.deciding] if denied is not None else answers
    texts = [render_markdown(answer, verbose=verbose) for answer in shown]
    return "\n".join(["\n".join(lines) + "\n", *texts])


def hop_table(chain: Chain) -> list[str]:
    """The hops as a table of Markdown, a row for each permission."""
    lines = ["| hop | role | permission | answer | why |", "|---|---|---|---|---|"]
    for number, hop in enumerate(chain.hops, start=1):
        for answer in hop.answers:
            word, reason = _verdict_and_reason(answer)
            role = for_markdown(shortened(hop.plan.role, _LONGEST))
            action = answer.request.action
            lines.append(f"| {number} | {role} | {action} | {word} | {for_markdown(reason)} |")
    return lines


def chain_to_dict(chain: Chain, answers: Sequence[Answer]) -> dict[str, object]:
    """Turn a chain and the answers at its end into plain data; no answers where it breaks."""
    return {
        "decision": chain_verdict(chain, answers).value,
        "hops": hops_to_list(chain),
        "answers": [answer_to_dict(answer) for answer in answers],
    }


def hops_to_list(chain: Chain) -> list[dict[str, object]]:
    """Turn the hops that were decided into plain data."""
    return [_hop(hop) for hop in chain.hops]


def _hop(hop: Hop) -> dict[str, object]:
    plan = hop.plan
    return {
        "decision": hop.verdict.value,
        "caller": plan.caller,
        "role": plan.role,
        "principal": plan.principal,
        "session": {
            "name": plan.session.name,
            "tags": dict(plan.session.tags),
            "transitive_tags": list(plan.session.transitive_tags),
            "source_identity": plan.session.source_identity,
        },
        "answers": [answer_to_dict(answer) for answer in hop.answers],
    }
