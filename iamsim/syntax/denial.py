"""Reads what AWS says when it denies a request; ``grammar/access_denied.lark`` is the law.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.syntax.decoded_denial import find_decoded
from iamsim.syntax.denial_text import BEFORE, find_places, one_line_forms, operation_before
from iamsim.syntax.grammar import load_grammar

if TYPE_CHECKING:
    from iamsim.syntax.denial_text import MessagePlace

Node = Any  # a Tree or a Token: what stands where is the grammar's business, not the type's
MOST_MESSAGES = 20
MOST_PLACES = 500
ENCODED = "authorization failure message:"
CIPHERTEXT = "he ciphertext refers to"
# Amazon S3 answers a HEAD without a body, so that the SDK has no message but the status.
PLAIN = re.compile(
    r"access ?denied|when calling the Head(?:Object|Bucket) operation: Forbidden", re.IGNORECASE
)
REASON_WORDS = ("resource:", "because no ", "deny in", " allows the ", " policy", "boundary")
UNREADABLE = 100  # faults of a text that the grammar refuses

POLICY_TYPES: Mapping[str, Layer] = {
    "SERVICE_CONTROL": Layer.SERVICE_CONTROL_POLICY,
    "RESOURCE_CONTROL": Layer.RESOURCE_CONTROL_POLICY,
    "VPC_ENDPOINT": Layer.VPC_ENDPOINT_POLICY,
    "BOUNDARY": Layer.PERMISSIONS_BOUNDARY,
    "SESSION": Layer.SESSION_POLICY,
    "TRUST": Layer.RESOURCE_BASED_POLICY,
    "RESOURCE_BASED": Layer.RESOURCE_BASED_POLICY,
    "IDENTITY_BASED": Layer.IDENTITY_BASED_POLICY,
}


class DenialForm(Enum):
    """The shapes of messages: how much they tell, and what has to be known besides."""

    FULL = "full"  # names caller and action; the resource, where it has one
    POINTED = "on-this-resource"  # KMS names the key by the ciphertext, or not at all
    # Neither caller nor resource are named: of a web identity or SAML user, or by Athena.
    UNSIGNED = "unsigned"
    CIPHERTEXT = "ciphertext"  # KMS, where it does not even say that access was denied
    PLAIN = "plain"  # `Access Denied` and nothing else
    DECODED = "decoded"  # a decoded authorization message of EC2: JSON, with the whole context


@dataclass(frozen=True, slots=True)
class DenialMessage:
    """One message as read. What it does not say is `None`.

    `layer` is the policy type that it names, with `is_trust` for the trust policy of a role;
    `explicit` says which kind of denial it was. `through` is a second type (an SCP that makes an
    endpoint policy deny). `policy_arn` is the policy that it names, `setting` that of S3 Block
    Public Access. `context` and `statements` (their ids) come with a decoded message. `operation`
    is the call that the SDK names in front of it.
    """

    form: DenialForm
    principal: str | None = None
    action: str | None = None
    resource: str | None = None
    layer: Layer | None = None
    explicit: bool | None = None
    policy_arn: str | None = None
    is_trust: bool = False
    through: Layer | None = None
    setting: str | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, hash=False)
    statements: tuple[str, ...] = ()
    operation: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False, repr=False)


class Denials(NamedTuple):
    """The different messages of a text, in its order; `more` when there are others before them."""

    messages: tuple[DenialMessage, ...]
    more: bool = False


def parse_denial(text: str) -> DenialMessage:
    """Read the last message in a text; raises `RequestError` as `find_denials` does."""
    return find_denials(text, most=1).messages[-1]


def find_denials(text: str, *, most: int = MOST_MESSAGES) -> Denials:
    """Read the different messages in a text, at most the last `most`.

    Raises `RequestError`: ``not-a-denial`` where there is none, ``encoded-denial`` for one that
    only AWS can read.
    """
    decoded = find_decoded(text)
    if decoded is not None:
        return Denials((DenialMessage(DenialForm.DECODED, **decoded),))
    denials: dict[DenialMessage, None] = {}
    for tried, place in enumerate(find_places(text)):
        if tried >= MOST_PLACES or len(denials) > most:
            break
        message = _read_place(place)
        if message is not None:
            denials.setdefault(message)
    if denials:
        messages = list(denials)
        return Denials(tuple(reversed(messages[:most])), more=len(messages) > most)
    return Denials((_without_caller(text),))


def _without_caller(text: str) -> DenialMessage:
    """Read a message that names neither caller nor action."""
    lowered = text.lower()
    if ENCODED in lowered:
        raise RequestError(
            "encoded-denial",
            "the message is encoded, and only AWS can decode it",
            hint="run `aws sts decode-authorization-message --encoded-message TEXT` and give what"
            " it prints",
        )
    place = lowered.rfind(CIPHERTEXT)
    if place >= 0:
        form, action = DenialForm.CIPHERTEXT, "kms:Decrypt"
    else:
        form, action = DenialForm.PLAIN, None
        for match in PLAIN.finditer(text):
            place = match.start()
    if place < 0:
        raise RequestError(
            "not-a-denial",
            "the text holds no message about a denied request",
            hint="give what AWS printed, such as `User: ARN is not authorized to perform: ACTION`",
        )
    operation = operation_before(text[max(0, place - BEFORE) : place + BEFORE])
    return DenialMessage(form, action=action, operation=operation, text=_shown(text, place))


def _shown(text: str, place: int) -> str:
    """The line in which something stands, cut to what can be shown."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return text[start : end if end >= 0 else None][:BEFORE].strip()


def _read_place(place: MessagePlace) -> DenialMessage | None:
    """Read the message at a place in the way that leaves the fewest faults; `None` for none."""
    best: DenialMessage | None = None
    fewest = UNREADABLE
    for form in one_line_forms(place):
        reading = _read_line(form)
        if reading is None:
            continue
        message, rest = reading
        faults = _faults(message, rest)
        if faults < fewest:
            best, fewest = message, faults
        if not faults:
            break
    if best is None:
        return None
    return replace(best, operation=operation_before(place.before))


def _faults(message: DenialMessage, rest: str) -> int:
    """Count what looks as if a word of the message had been cut in two."""
    lowered = rest.lower()
    return (
        _is_cut_arn(message.principal)
        + _is_cut_arn(message.resource)
        + (message.policy_arn is not None and ":policy/" not in message.policy_arn)
        + (message.resource is not None and " " in message.resource)
        + (message.explicit is not None and message.layer is None)
        + (message.resource is None and ("arn:" in rest or rest.startswith("rn:")))
        + 2 * any(word in lowered for word in REASON_WORDS)
    )


def _is_cut_arn(text: str | None) -> bool:
    return text is not None and text.startswith("arn:") and find_arn(text) is None


def _read_line(line: str) -> tuple[DenialMessage, str] | None:
    """Read one line by the grammar, and give what follows the message; `None` where none begins."""
    from lark.exceptions import UnexpectedInput

    try:
        tree = load_grammar("access_denied", contextual=True).parse(line)
    except UnexpectedInput:
        return None
    *_, last = [None, *tree.children]
    rest = str(last) if getattr(last, "type", None) == "REST" else ""
    text = line[: len(line) - len(rest)].rstrip()
    message = _read_tree(tree.children[0], text)
    return None if message is None else (message, rest)


def _read_tree(tree: Node, text: str) -> DenialMessage | None:
    """Turn the tree of one message into what it says."""
    if tree.data == "unsigned":
        return DenialMessage(DenialForm.UNSIGNED, action=str(tree.children[0]), text=text)
    if tree.data not in {"named", "copied"}:
        return None
    principal, action, *parts = tree.children
    if action.type == "SERVICE":  # the console names the operation alone behind it
        operation, *parts = parts
        action = _in_service(operation, action)
    message = DenialMessage(DenialForm.FULL, str(principal).strip("'"), str(action), text=text)
    for part in parts:
        message = _with_part(message, part)
    return message


def _in_service(operation: str, service: str) -> str:
    """The action that an operation of a service stands for."""
    return operation if ":" in operation else f"{service.partition('.')[0]}:{operation}"


def _with_part(message: DenialMessage, part: Node) -> DenialMessage:
    """Add what one part of a message says: its resource, or its reason."""
    tokens = {child.type: str(child) for child in part.children if not hasattr(child, "data")}
    match part.data:
        case "resource":
            return replace(message, resource=_resource(part.children[0], message.principal or ""))
        case "on_this":
            return replace(message, form=DenialForm.POINTED)
        case "missing" | "lacking":
            return _with_type(replace(message, explicit=False), tokens)
        case "deny" | "denying":
            arn = _trimmed(tokens["POLICY_ARN"]) if "POLICY_ARN" in tokens else None
            message = _with_type(replace(message, explicit=True, policy_arn=arn), tokens)
            for through in part.find_data("transitive"):
                message = replace(message, through=POLICY_TYPES.get(through.children[0].type))
            return message
        case "public_block":
            layer = Layer.S3_BLOCK_PUBLIC_ACCESS
            return replace(message, layer=layer, explicit=False, setting=tokens["SETTING"])
    return replace(message, layer=Layer.RESOURCE_BASED_POLICY)  # the words of KMS


def _with_type(message: DenialMessage, tokens: Iterable[str]) -> DenialMessage:
    """Add the policy type that a reason names."""
    for kind in tokens:
        if kind in POLICY_TYPES:
            return replace(message, layer=POLICY_TYPES[kind], is_trust=kind == "TRUST")
    return message


def _resource(token: Node, principal: str) -> str | None:
    """The resource as an ARN, where it can be made one; a star stands for none."""
    if token.type in {"QUOTED", "UNCLOSED", "SPACED"}:
        return str(token).strip('"') or None
    if token.type == "ENTITY":
        caller = find_arn(principal)
        kind, _, name = str(token).partition(" ")
        if caller is None:
            return None
        return f"arn:{caller.partition}:iam::{caller.account}:{kind}/{_trimmed(name)}"
    text = _trimmed(str(token))
    return None if text in {"*", ""} else text


def _trimmed(text: str) -> str:
    """Without the punctuation of the sentence or the program around it."""
    return text.rstrip(".,;)]}'\\")
