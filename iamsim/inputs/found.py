"""The policies in a text: the whole of it, those inside a world or another file, one that is a text
inside of an output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.checks.reading import recognize_type
from iamsim.checks.rules.policy_size import INLINE_HOLDERS
from iamsim.core.caret import printable, render_error
from iamsim.core.errors import InputError
from iamsim.core.span import Path as ElementPath
from iamsim.core.span import Source
from iamsim.core.wrapped_policy import WrappedPolicy, unwrap_data, unwrap_text
from iamsim.inputs.found_policy import FoundPolicy, evaluated_policy
from iamsim.inputs.lost import FoundUnknown, left_open, lost_within
from iamsim.inputs.policies import WORDS, is_policy, type_of_file, type_of_name
from iamsim.inputs.recognise import MOST_OF_TRAIL, is_large_trail
from iamsim.syntax.read import MAXIMUM_LENGTH, too_large

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.world.documents import Document

__all__ = ["FoundPolicy", "find_in_content"]

LANGUAGES = ("json", "yaml", "yml")
ENCODED = (b'"', b"%")  # how a text begins that holds a policy as text
# How the JSON of a policy begins: it is known for one before it is read.
_begins_as_policy = re.compile(
    rb'(?:\xef\xbb\xbf)?+\s*+\{(?:\s*+"(?:Version|Id)"\s*+:\s*+"[^"]*+"\s*+,)*+\s*+"Statement"\s*+:'
).match
# Under which members a user, group or role of a world has inline policies; and the lists of them in
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
INLINE = ("policies", "inline_policies")
INLINE_LISTS = {
    "UserPolicyList": "AWS::IAM::User",
    "GroupPolicyList": "AWS::IAM::Group",
    "RolePolicyList": "AWS::IAM::Role",
}


def find_in_content(
    content: bytes,
    name: str,
    unreadable: list[str],
    *,
    given: bool,
    empty: list[str] | None = None,
    lost: list[FoundUnknown] | None = None,
) -> Iterator[FoundPolicy]:
    """Go through the policies of a text; a template that holds none is told in `empty`, and what is
    marked as not known in `lost`."""
    from iamsim.world.documents import parse_document

    ending = Path(name).suffix.lower().removeprefix(".")
    if ending == "tf":
        from iamsim.inputs.configurations import find_in_configurations

        yield from find_in_configurations({name: content}, unreadable, lost)
        return
    refused = _unread(content, name)
    if refused is not None:
        unreadable.append(refused)
        return
    wrapped = unwrap_text(content.decode("utf-8", "replace")) if content[:1] in ENCODED else None
    if wrapped is not None:
        yield _wrapped_policy(name, wrapped)
        return
    try:
        document = parse_document(content, name, language=ending)
    except InputError as error:
        text = _json_text(content, ending)
        template, fault = _tagged_template(content, name, ending, error)
        if template is not None:
            yield from _of_template(template, empty, lost)
            return
        if text is None or error.code == "text-too-large":
            unreadable.append(render_error(fault))
        else:
            # What is wrong with a JSON text is a finding of its own.
            yield FoundPolicy(name, text, policy_type=type_of_name(name))
        return
    (lost if lost is not None else []).extend(lost_within(document))
    wrapped = unwrap_data(document.data)
    if wrapped is not None and isinstance(wrapped.document, str):
        yield _wrapped_policy(name, wrapped)
        return
    whole = is_policy(document.data)
    if not whole and _is_template(document.data):
        yield from _of_template(document, empty, lost)
        return
    nested: list[tuple[ElementPath, object]] = [] if whole else list(_nested(document.data, ()))
    if given and not whole and not nested and _is_terraform(document.data):
        unreadable.append(
            f"error: `{name}` is Terraform's JSON, in which policies are texts\n"
            "hint: `iamsim import` makes a world of it, which can be checked"
        )
        return
    if not nested and (whole or given) and _json_text(content, ending) is not None:
        if len(document.source.text) > MAXIMUM_LENGTH:
            unreadable.append(render_error(too_large(document.source)))
            return
        yield FoundPolicy(name, document.source.text, policy_type=type_of_file(name, document.data))
        return
    yield from _inside(document, [((), document.data)] if whole else nested, unreadable)


def _unread(content: bytes, name: str) -> str | None:
    """What is said of a file that is told by its first part, and is too large to be read."""
    if len(content) > MAXIMUM_LENGTH and _begins_as_policy(content):
        return render_error(too_large(Source(name, content.decode("utf-8", "replace"))))
    if not is_large_trail(content):
        return None
    return (
        f"error: `{printable(name)}` holds more than {MOST_OF_TRAIL >> 20} MB of CloudTrail"
        " records, in which no policy is looked for\n"
        "hint: `exclude` in iamsim.toml leaves the file out"
    )


def _inside(
    document: Document, policies: list[tuple[ElementPath, object]], unreadable: list[str]
) -> Iterator[FoundPolicy]:
    """Go through the policies of a document, but for those of a size that no service takes."""
    name = document.source.name
    is_long = len(document.source.text) > MAXIMUM_LENGTH
    for path, data in policies:
        written = json.dumps(data, ensure_ascii=False, default=str) if is_long else ""
        if len(written) > MAXIMUM_LENGTH:
            inside = "#".join(filter(None, (name, ".".join(map(str, path)))))
            unreadable.append(render_error(too_large(Source(inside, written))))
            continue
        kind = _type_of_path(path) or type_of_file(name, data) or recognize_type(data)
        source, holder = document.sub_source(path), _holder_of_path(path)
        yield FoundPolicy(name, None, data, source, kind, path, holder)


def _tagged_template(
    content: bytes, name: str, ending: str, error: InputError
) -> tuple[Document | None, InputError]:
    """Read a template with short forms of functions, where a tag was the fault; `None` for other
    YAML with tags. Of a broken one, say what is broken."""
    if error.code != "yaml-tag":
        return None, error
    from iamsim.importers.short_forms import read_short_form
    from iamsim.world.documents import parse_document

    try:
        document = parse_document(content, name, language=ending, read_tag=read_short_form)
    except InputError as other:
        return None, other
    return (document if _is_template(document.data) else None), error


def _is_template(data: object) -> bool:
    if not isinstance(data, Mapping) or not isinstance(data.get("Resources"), Mapping):
        return False
    from iamsim.importers.cloudformation.templates import is_template

    return is_template(data)


def _of_template(
    document: Document, empty: list[str] | None, lost: list[FoundUnknown] | None
) -> Iterator[FoundPolicy]:
    """Go through the policies of a template."""
    from iamsim.importers.cloudformation.policies import (
        lost_policies,
        open_parts,
        template_policies,
    )

    policies = list(template_policies(document, is_policy))
    if lost is not None:
        lost += map(left_open, lost_policies(document, is_policy))
        lost += (left_open(part) for policy in policies for part in open_parts(policy))
    if not policies and empty is not None:
        empty.append(document.source.name)
    for policy in policies:
        yield evaluated_policy(policy, document.source.name)


def _wrapped_policy(name: str, wrapped: WrappedPolicy) -> FoundPolicy:
    """The policy that is text inside of an output of the AWS CLI, or is encoded."""
    place = ".".join(map(str, wrapped.path))
    kind = wrapped.policy_type or type_of_name(name)
    inside = f"{name}#{place}" if place else name
    return FoundPolicy(inside, str(wrapped.document), policy_type=kind, is_wrapped=True)


def _json_text(content: bytes, ending: str) -> str | None:
    """Give the text of what is JSON by its name or its first character; `None` for other texts."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    looks_like_json = text.lstrip()[:1] in ("{", "[", "")
    is_json = ending == "json" or (ending not in LANGUAGES and looks_like_json)
    return text if is_json else None


def _is_terraform(data: object) -> bool:
    """Whether data is a plan or a state, as `terraform show -json` or the state file has it."""
    return isinstance(data, Mapping) and "terraform_version" in data


def _nested(data: object, path: ElementPath) -> Iterator[tuple[ElementPath, object]]:
    """Go through the policies inside of data, with their paths."""
    waiting: list[tuple[ElementPath, object]] = [(path, data)]
    while waiting:
        place, value = waiting.pop()
        if is_policy(value):
            yield place, value
        elif isinstance(value, Mapping):
            waiting += _members(place, reversed(list(value.items())))
        elif isinstance(value, list):
            waiting += _members(
                place, zip(reversed(range(len(value))), reversed(value), strict=True)
            )


def _members(
    place: ElementPath, members: Iterable[tuple[str | int, object]]
) -> Iterator[tuple[ElementPath, object]]:
    """The members in which something may be, with their paths."""
    for step, member in members:
        if isinstance(member, Mapping | list):
            yield (*place, step), member


def _type_of_path(path: ElementPath) -> PolicyType | None:
    """Tell the type of a policy of a world by the members around it."""
    for step in reversed(path):
        if isinstance(step, str) and step.lower() in WORDS:
            return WORDS[step.lower()]
    return None


def _holder_of_path(path: ElementPath) -> str | None:
    """Tell what holds an inline policy of a world, or of account authorization details."""
    for place, step in enumerate(path):
        if step in INLINE_LISTS:
            return INLINE_LISTS[str(step)]
        if step in INLINE_HOLDERS and any(two in INLINE for two in path[place + 2 : place + 3]):
            return INLINE_HOLDERS[str(step)]
    return None
