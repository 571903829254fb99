"""A chain of roles as a document and as data: each hop with its verdict and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.core.overall import overall_verdict
from iamsim.report.data import answer_to_dict
from iamsim.report.document import Document, Part, Prose
from iamsim.report.explained import explained
from iamsim.report.summary import summary
from iamsim.words.sentences import VERDICTS
from iamsim.words.wording import request_text, shortened

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Verdict
    from iamsim.engine.question import Session
    from iamsim.query.chains import Chain, Hop

_LONGEST = 300


def chain_verdict(chain: Chain, answers: Sequence[Answer]) -> Verdict:
    """The verdict over a chain and the questions at its end: allowed when everything is."""
    return overall_verdict([chain.verdict, *(answer.decision.verdict for answer in answers)])


def chain_document(chain: Chain, answers: Sequence[Answer], *, verbose: bool = False) -> Document:
    """The hops, then the answers at the end of the chain, or why it ends before."""
    denied = chain.denied_at
    parts: list[Part] = []
    for number, hop in enumerate(chain.hops, 1) if verbose else ():
        parts += [_part(f"hop {number}", answer, verbose=True) for answer in hop.answers]
    if denied is not None and not verbose:
        parts.append(_part(f"hop {len(chain.hops)}", denied.deciding))
    if denied is None:
        parts += [_part("at the end", answer, verbose=verbose) for answer in answers]
    return Document(_headline(chain), (hops_block(chain), *parts), sentence=True)


def _part(where: str, answer: Answer, *, verbose: bool = False) -> Part:
    name = f"{where}: {request_text(answer.request)}"
    return Part(name, name, explained(answer, verbose=verbose))


def hops_block(chain: Chain) -> Prose:
    """A point for each hop: who assumes what, and what becomes of each permission."""
    points = []
    for hop in chain.hops:
        plan = hop.plan
        who = f"{shortened(plan.caller, _LONGEST)} assumes {shortened(plan.role, _LONGEST)}"
        passed = [f"passing {text}" for text in _session_texts(plan.passed)]
        points.append("\n".join((who, *passed, *map(_answer_text, hop.answers))))
    return Prose("hops", "", tuple(points), numbered=True)


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


def _answer_text(answer: Answer) -> str:
    """The verdict on one permission of a hop with its reason; the role stands above."""
    request = answer.request
    return summary(answer).replace(request_text(request), request.action, 1)


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
