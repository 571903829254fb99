"""The differences that would explain a denial, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.decision import Layer
from iamsim.core.unknown import is_open_key
from iamsim.query.difference import Difference, DifferenceKind
from iamsim.report.summary import summary
from iamsim.words.sentences import layer_name

if TYPE_CHECKING:
    from iamsim.query.denial import DenialReport

# What the absence or presence of a key means, where its name does not say it.
_MEANINGS: Mapping[tuple[str, str | None], str] = {
    ("aws:multifactorauthpresent", None): "requests signed with long-term access keys have none",
    ("aws:multifactorauthpresent", "false"): "temporary credentials that were got without MFA",
    ("aws:multifactorauthpresent", "true"): "temporary credentials that were got with MFA",
    ("aws:viaawsservice", "true"): "a service makes the call with the caller's permissions",
    ("aws:sourceip", None): "requests through a VPC endpoint have none",
    ("aws:securetransport", "false"): "the request was sent without TLS",
}


def changes_of(report: DenialReport) -> Iterator[tuple[str, str]]:
    """Each change, and what the world says after it."""
    for difference in report.differences:
        effect = (
            "" if difference.stands_in or difference.answer is None else summary(difference.answer)
        )
        yield change_text(difference, report), effect


def change_text(difference: Difference, report: DenialReport) -> str:
    """One change as a sentence, or two that go together."""
    first = _single_change(difference, report)
    return (
        first if difference.also is None else f"{first}, and {change_text(difference.also, report)}"
    )


def _single_change(difference: Difference, report: DenialReport) -> str:
    values = ", ".join(difference.values)
    key = difference.key or ""
    lowered = key.lower()
    layer = (
        ""
        if difference.layer is None
        else layer_name(difference.layer, report.answer.request.action)
    )
    if is_open_key(lowered):
        name, _, effect = key.partition(":")[2].rpartition(":")
        does = "denies" if effect == "Deny" else "allows"
        how = does if values == "true" else f"no part of it {does}"
        return f"`{name}`, which is not known: {how} the request"
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
        case DifferenceKind.PUBLIC_ACCESS_BLOCKED:
            return (
                "S3 Block Public Access restricts the bucket, which has a public policy"
                " (RestrictPublicBuckets, of the bucket, its account or the organization)"
            )
        case DifferenceKind.POLICY_MISSING:
            if difference.layer is Layer.SESSION_POLICY:
                return "the session was made with a session policy, which the world does not know"
            return f"there is {article(layer)} {layer} that the world does not have"
    return f"the {layer} in AWS is not the one of the world"


def _meaning(key: str, value: str | None) -> str:
    meaning = _MEANINGS.get((key, value))
    return "" if meaning is None else f" ({meaning})"


def article(name: str) -> str:
    """The article before the name of a policy type."""
    return "an" if name.startswith("i") else "a"
