"""`iamsim explain ANYTHING...`: each argument is recognised, and put at its place.

What was taken for what is said above the answer, and what to fetch next below it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.cli.grammar import Options
from iamsim.cli.output import terminal_width
from iamsim.core.decision import Layer, PolicyType
from iamsim.core.errors import RequestError
from iamsim.inputs.policies import is_denying, type_of_use
from iamsim.inputs.recognise import Kind, Recognised, recognise
from iamsim.inputs.standard_input import standard_input
from iamsim.report.cleaning import to_json
from iamsim.report.document import Document, Remark

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.report.next_step import NextStep

FULL_ACCESS = "FullAWSAccess"
# What of an encoded denial tells it from others.
_encoded_text = re.compile(
    r"encoded authorization failure message:\s*([\w+/=.-]{8,})", re.IGNORECASE
).search
SHORT = 40
LONGEST_NAME = 1_000
CHANGES = frozenset({"Terraform", "CloudFormation"})  # what says how a world changes
# Where a policy of a type goes: the option, and what it is then, in words.
PLACES = {
    PolicyType.IDENTITY: ("identity_policies", "an identity-based policy of the caller"),
    PolicyType.RESOURCE: ("resource_policy", "the policy of the resource"),
    PolicyType.TRUST: ("resource_policy", "the trust policy of the role"),
    PolicyType.PERMISSIONS_BOUNDARY: ("boundary", "the permissions boundary of the caller"),
    PolicyType.SESSION: ("session_policies", "a session policy"),
    PolicyType.SERVICE_CONTROL: ("scps", "a service control policy, a level of its own"),
    PolicyType.RESOURCE_CONTROL: ("rcps", "a resource control policy, a level of its own"),
    PolicyType.VPC_ENDPOINT: ("vpce_policies", "the policy of the VPC endpoint"),
}
SINGLE = frozenset({"resource_policy", "boundary"})


class Placed(NamedTuple):
    """The options with everything at its place, or the scenarios to answer instead."""

    options: Options
    scenarios: tuple[str, ...] = ()


def put_in_place(options: Options, arguments: Sequence[str]) -> Placed:
    """Recognise the arguments, and make options of them.

    Raises `RequestError` for what is not recognised, and for what does not go together.
    """
    sources = [
        wrapped_policy
        for argument in arguments
        for wrapped_policy in recognise(argument, standard_input)
    ]
    scenarios = tuple(
        wrapped_policy.argument
        for wrapped_policy in sources
        if wrapped_policy.kind is Kind.SCENARIO
    )
    if scenarios:
        other = next(
            (
                wrapped_policy
                for wrapped_policy in sources
                if wrapped_policy.kind is not Kind.SCENARIO
            ),
            None,
        )
        if other is not None:
            raise RequestError(
                "option-with-scenario",
                f"`{_shown(other)}` can't be used together with a scenario (`{scenarios[0]}`)",
                hint="a scenario brings its own world, policies and requests",
            )
        return Placed(options, scenarios)
    filled = Options(options)
    lines: list[str] = []
    _place_questions(filled, sources, lines)
    _place_worlds(filled, sources, lines)
    _place_policies(
        filled,
        [wrapped_policy for wrapped_policy in sources if wrapped_policy.kind is Kind.POLICY],
        lines,
    )
    filled["taken"] = tuple(lines)
    return Placed(filled)


def _encoded(text: str) -> str | None:
    match = _encoded_text(text)
    return match[1].rstrip(".") if match is not None else None


def _shown(found: Recognised) -> str:
    """What an argument is called in a line."""
    if found.argument == "-":
        return "standard input"
    if os.path.exists(found.argument[:LONGEST_NAME]):  # noqa: PTH110 - pathlib is slow to load
        return found.argument
    text = " ".join(found.argument.split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _without_encoded(
    messages: list[Recognised], events: list[Recognised], lines: list[str]
) -> tuple[list[Recognised], list[Recognised]]:
    """Only AWS can decode a denial of EC2; the record that holds the same text says what was asked,
    and takes the message's place.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """
    left = list(messages)
    for message in messages:
        encoded = _encoded(message.text or "")
        around = [event for event in events if encoded and encoded in json.dumps(event.data)]
        if around:
            left.remove(message)
            events = around
            lines.append(f"{_shown(message)}: encoded, and told by the record that holds it")
    return left, events


def _place_questions(filled: Options, found: Sequence[Recognised], lines: list[str]) -> None:
    """Messages, records and calls are what is asked."""
    messages = [wrapped_policy for wrapped_policy in found if wrapped_policy.kind is Kind.MESSAGE]
    events = [wrapped_policy for wrapped_policy in found if wrapped_policy.kind is Kind.EVENT]
    calls = [wrapped_policy for wrapped_policy in found if wrapped_policy.kind is Kind.CALL]
    messages, events = _without_encoded(messages, events, lines)
    asked = [*messages, *events, *calls]
    kinds = {wrapped_policy.kind for wrapped_policy in asked}
    if len(kinds) > 1 or len(calls) > 1:
        raise RequestError(
            "several-questions",
            f"`{_shown(asked[0])}` and `{_shown(asked[-1])}` ask different questions",
            hint="ask about one of them at a time",
        )
    lines += [
        f"{_shown(wrapped_policy)}: {wrapped_policy.what}, taken for the question"
        for wrapped_policy in asked
    ]
    if messages:
        given = filled["denied"]
        before = [given] if isinstance(given, str) else []
        filled["denied"] = "\n\n".join([*before, *(message.text for message in messages)])
    elif events:
        data = [event.data for event in events]
        filled["event"] = json.dumps(data[0] if len(data) == 1 else data)
    elif calls:
        filled["call"] = calls[0].argument if calls[0].argument != "-" else calls[0].text


def _place_worlds(filled: Options, found: Sequence[Recognised], lines: list[str]) -> None:
    """Worlds, and sources that a world is made of."""
    some = [
        wrapped_policy
        for wrapped_policy in found
        if wrapped_policy.kind in (Kind.WORLD, Kind.SOURCE)
    ]
    whole = [wrapped_policy for wrapped_policy in some if wrapped_policy.what not in CHANGES]
    laid = [
        wrapped_policy
        for wrapped_policy in some
        if wrapped_policy.what in CHANGES and (whole or filled["worlds"])
    ]
    for wrapped_policy in some:
        if wrapped_policy.argument == "-":
            raise RequestError(
                "not-recognised",
                f"standard input is {wrapped_policy.what}, which is read from files",
                hint="save it to a file, and give that",
            )
        place = "laid over the world" if wrapped_policy in laid else "taken for the world"
        lines.append(f"{_shown(wrapped_policy)}: {wrapped_policy.what}, {place}")
    for field, more in (
        ("worlds", [wrapped_policy for wrapped_policy in some if wrapped_policy not in laid]),
        ("overlays", laid),
    ):
        more_of = (wrapped_policy.argument for wrapped_policy in more)
        filled[field] = (*filled.texts(field), *more_of)


def _place_policies(filled: Options, found: Sequence[Recognised], lines: list[str]) -> None:
    """Policies, each as what it is given for."""
    taken: dict[str, list[Recognised]] = {}
    for wrapped_policy in found:
        kind = (
            PolicyType.IDENTITY
            if wrapped_policy.data is None and wrapped_policy.wrapped is None
            else type_of_use(wrapped_policy.argument, wrapped_policy.data, wrapped_policy.wrapped)
        )
        field, words = PLACES[kind]
        if field == "resource_policy":
            other = _of_another(wrapped_policy, kind, filled)
            if other is not None:
                lines.append(f"{_shown(wrapped_policy)}: {wrapped_policy.what}, left out: {other}")
                continue
        beside = field == "scps" and is_denying(wrapped_policy.data)
        if beside:
            words = f"a service control policy, beside {FULL_ACCESS}"
        taken.setdefault(field, []).append(wrapped_policy)
        lines.append(f"{_shown(wrapped_policy)}: {wrapped_policy.what}, taken for {words}")
        reference = (
            f"{FULL_ACCESS}+{wrapped_policy.argument}" if beside else wrapped_policy.argument
        )
        if field in SINGLE:
            if filled[field] is not None:
                first = taken[field][0] if len(taken[field]) > 1 else None
                raise _two_of(field, wrapped_policy, first)
            filled[field] = reference
        else:
            filled[field] = (*filled.texts(field), reference)


def _of_another(found: Recognised, kind: PolicyType, filled: Options) -> str | None:
    """Why a resource-based policy is none of the resource that is asked about, where that is known.

    A trust policy counts where a role is assumed alone:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#id_roles_terms-and-concepts
    """
    actions, resources = _asked(filled)
    if not actions:
        return None
    trusts = any(action.lower().startswith("sts:") for action in actions)
    if kind is PolicyType.TRUST and not trusts:
        return "a trust policy says who may assume the role, which is not asked"
    arn = None if found.wrapped is None else found.wrapped.arn
    if arn is None:
        from iamsim.importers.subject import arn_of_policy

        arn = arn_of_policy(found.data) if isinstance(found.data, dict) else None
    if arn is None or not resources or kind is PolicyType.TRUST:
        return None
    if any(text == arn or text.startswith((f"{arn}/", f"{arn}:")) for text in resources):
        return None
    return f"it is the policy of `{arn}`, which is not asked about"


def _asked(filled: Options) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The actions and resources of the question, as far as they are known before it is asked."""
    found = filled.texts("actions"), filled.texts("resources")
    text = filled["denied"]
    if found[0] or not isinstance(text, str):
        return found
    from iamsim.query.denial import complete_message
    from iamsim.syntax.denial import find_denials

    messages = [complete_message(message, None) for message in find_denials(text).messages]
    return (
        tuple(message.action for message in messages if message.action is not None),
        found[1] or tuple(message.resource for message in messages if message.resource is not None),
    )


def _two_of(field: str, found: Recognised, first: Recognised | None) -> RequestError:
    """The error about two policies where a request meets one."""
    words = "permissions boundary" if field == "boundary" else "policy of the resource"
    before = "an option gives one already" if first is None else f"`{_shown(first)}` is one already"
    return RequestError(
        "several-policies",
        f"`{_shown(found)}` is a {words}, and {before}",
        hint="leave one of them out",
    )


def surrounded(text: str, options: Options, step: NextStep | None) -> str:
    """Put what was taken for what above an answer, and what to fetch next below it."""
    taken = options.get("taken")
    if not isinstance(taken, tuple):
        return text
    form = options["format"]
    if form == "json":
        data = json.loads(text)
        if isinstance(data, dict):
            data["inputs"] = list(taken)
            data["next"] = None if step is None else step.to_dict()
            return to_json(data)
        return text
    if options["quiet"] or form not in ("text", "markdown"):
        return text
    if form == "markdown":
        from iamsim.report.cleaning import for_markdown

        above = "".join(f"- {for_markdown(line)}\n" for line in taken)
        after = "" if step is None else f"\nNext: {step.sentence}\n"
        return f"{above}\n{text}{after}"
    from iamsim.report.columns import wrapped

    width = terminal_width()
    lines = [part for line in taken for part in wrapped(line, width, "", "  ")]
    below = [] if step is None else ["", *wrapped(f"next: {step.why}", width, "", "  ")]
    if step is not None and step.call is not None:
        below.append(f"  {step.call}")  # in one line, to be copied
    return "\n".join((*lines, "", text.rstrip("\n"), *below, ""))


def remarked(document: Document, options: Options, step: NextStep | None) -> Document:
    """The same as `surrounded`, as remarks of a document."""
    taken = options.get("taken")
    if not isinstance(taken, tuple):
        return document
    remarks = [*document.remarks, *(Remark("note", line) for line in taken)]
    if step is not None:
        remarks.append(Remark("next", step.sentence))
    return replace(document, remarks=tuple(remarks))


def given_layers(question: Question) -> frozenset[Layer]:
    """The layers of which a question brings policies."""
    attached = question.attached
    policies = {
        Layer.IDENTITY_BASED_POLICY: attached.identity_policies,
        Layer.RESOURCE_BASED_POLICY: attached.resource_policy,
        Layer.PERMISSIONS_BOUNDARY: attached.boundary,
        Layer.SESSION_POLICY: attached.session_policies or question.session.policies,
        Layer.SERVICE_CONTROL_POLICY: attached.scps,
        Layer.RESOURCE_CONTROL_POLICY: attached.rcps,
        Layer.VPC_ENDPOINT_POLICY: attached.vpce_policies,
        Layer.S3_BLOCK_PUBLIC_ACCESS: attached.public_access_block,
    }
    return frozenset(layer for layer, given in policies.items() if given)
