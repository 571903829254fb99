"""Reads policy documents: text, bytes, or what another reader made of them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.json_text import check_depth, load_json, locate_json
from iamsim.core.span import Source, Span
from iamsim.syntax.ast import Policy
from iamsim.syntax.build import Body, build
from iamsim.syntax.problem import Problem, kind_of
from iamsim.syntax.rules import check_rules, suit_rules
from iamsim.syntax.written import write_down

MAXIMUM_LENGTH = 1_048_576  # four times what the most generous service of AWS takes
BYTE_ORDER_MARK = "\ufeff"
ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)


def parse_policy(
    document: str | bytes | Mapping[str, object] | Policy,
    *,
    name: str = "policy",
    file: str | None = None,
    source: Source | None = None,
    policy_type: PolicyType | None = None,
    lenient: bool = False,
    markers: bool = False,
) -> Policy:
    """Read one policy document and check its shape.

    `name` is what answers call the policy, `file` what errors call its text (else the name).
    `source` is given where the document was cut from a larger text that is known already, such as
    a YAML file: its paths must fit the document. With a `policy_type` the elements that this type
    takes are checked too; a `Policy` is then only checked, and given back as it is.

    Data that is loaded already may hold markers of what is not known; a text may, with `markers`.
    With `lenient` statements that can't be read, or that the type does not take, are unknown too,
    and the others count.
    Raises `PolicyError` with the place of the first fault.
    """
    if isinstance(document, Policy):
        body = Body(document.version, document.id, document.statements)
        try:
            _check(body, policy_type)
        except Problem as problem:
            raise problem.to_error(document.source) from None
        return document
    if isinstance(document, Mapping):
        return _from_mapping(document, name, file or name, source, policy_type, lenient=lenient)
    text = source or _source(document, file or name)
    return _from_text(text, name, policy_type, markers=markers)


def decode_text(document: bytes, name: str) -> str:
    """Decode a file's bytes: UTF-8, or UTF-16 when a byte order mark says so.

    Raises `PolicyError` (``invalid-utf-8``) that tells the offset of the first wrong byte.
    """
    mark, encoding, label = next(
        (known for known in ENCODINGS if document.startswith(known[0])), (b"", "utf-8", "UTF-8")
    )
    content = document[len(mark) :]
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as wrong:
        before = content[: wrong.start].decode(encoding, "replace")
        text = content.decode(encoding, "replace")
        span = Span(Source(name, text), len(before), len(before) + 1)
        offset = wrong.start + len(mark)
        message = f"the byte 0x{document[offset]:02x} at offset {offset} is not {label}"
        hint = "save the file as UTF-8"
        raise PolicyError("invalid-utf-8", message, span=span, hint=hint) from None


def _source(document: object, file: str) -> Source:
    """Make the source of a text or of the bytes of a file."""
    if isinstance(document, bytes):
        document = decode_text(document, file)
    if not isinstance(document, str):
        message = f"a policy is a JSON text or an object, not {kind_of(document)}"
        raise PolicyError("wrong-type", message)
    return Source(file, document.removeprefix(BYTE_ORDER_MARK), locate_json)


def too_large(source: Source) -> PolicyError:
    """What is said of a policy of more than `MAXIMUM_LENGTH` characters, which is not read."""
    message = f"the policy is {len(source.text):,} characters long, more than {MAXIMUM_LENGTH:,}"
    hint = "no service of AWS takes a policy of this size"
    return PolicyError("policy-too-large", message, span=Span(source, 0, 0), hint=hint)


def _from_text(
    source: Source, name: str, policy_type: PolicyType | None, *, markers: bool
) -> Policy:
    if len(source.text) > MAXIMUM_LENGTH:
        raise too_large(source)
    try:
        document = load_json(source, PolicyError, maximum_depth=None, keep_numbers=True)
        body = build(document, markers=markers)
        _check(body, policy_type)
    except Problem as problem:
        # Depth has a name of its own, and every document that is too deep has a wrong type too.
        check_depth(source, PolicyError)
        raise problem.to_error(source) from None
    return Policy(*body, source, name)


def _from_mapping(
    document: Mapping[str, object],
    name: str,
    file: str,
    source: Source | None,
    policy_type: PolicyType | None,
    *,
    lenient: bool,
) -> Policy:
    """Take a document that is loaded already."""
    try:
        body = build(document, markers=True, lenient=lenient)
        if lenient and policy_type is not None:
            body = suit_rules(body, policy_type)
        else:
            _check(body, policy_type)
    except Problem as problem:
        raise problem.to_error(source or write_down(document, file)) from None
    return Policy(*body, source or write_down(document, file), name)


def _check(body: Body, policy_type: PolicyType | None) -> None:
    if policy_type is not None:
        check_rules(body, policy_type)
