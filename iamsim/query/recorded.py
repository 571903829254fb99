"""What a CloudTrail record says came out of a call, held against the answers.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamsim.calls.event_forms import unwrapped
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.query.denial import compare
from iamsim.syntax.denial import find_denials

if TYPE_CHECKING:
    from iamsim.query.calls import AnsweredCall

DENIED = ("denied", "unauthorized", "notauthorized")


def outcome_sentence(record: Mapping[str, Any], call: AnsweredCall) -> str | None:
    """What AWS did with the call of a record, and whether the answer agrees; `None` where no policy
    was asked, and where the call failed for another reason."""
    if call.reading.skipped is not None or not call.always:
        return None
    event = unwrapped(record)
    code, text = str(event.get("errorCode") or ""), str(event.get("errorMessage") or "")
    denied = call.verdict.value.endswith("Deny")
    conditional = call.verdict is Verdict.CONDITIONAL
    explains = (
        "the answer explains in some cases only" if conditional else "the answer does not explain"
    )
    if not code:
        through = "AWS let the call through"
        return f"{through}, which {explains}" if denied or conditional else through
    if not any(word in code.lower() for word in DENIED):
        return None
    if not denied:
        why = text or "no reason"
        return f"AWS denied the call ({code}), which {explains}: {why}"
    failing = call.failing
    try:
        message = find_denials(text).messages[-1]
    except RequestError:
        return f"AWS denied the call ({code}) and gives no reason"
    if failing is not None and compare(message, failing.answer).explains:
        return f"AWS gives the same reason: {text}"
    return f"AWS gives another reason: {text}"
