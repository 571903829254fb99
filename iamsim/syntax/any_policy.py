"""Reading a policy wherever it stands: plain, or inside of what the AWS CLI prints.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.core.errors import PolicyError
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.core.span_parts import part_of
from iamsim.core.wrapped_policy import WrappedPolicy, unwrap_data, unwrap_text
from iamsim.syntax.read import decode_text, parse_policy

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.syntax.ast import Policy


def read_any_policy(
    document: str | bytes | Mapping[str, object],
    *,
    name: str = "policy",
    file: str | None = None,
    source: Source | None = None,
    policy_type: PolicyType | None = None,
    markers: bool = False,
) -> Policy:
    """Read a policy as `parse_policy` does, also one that is inside of something else; with
    `markers` a text may hold those of what is not known.

    Raises `PolicyError`: where nothing holds a policy, the fault of the document as it is.
    """
    try:
        return parse_policy(
            document,
            name=name,
            file=file,
            source=source,
            policy_type=policy_type,
            markers=markers,
        )
    except PolicyError as error:
        wrapped_policy = _find(document)
        if wrapped_policy is None:
            raise
        fault = error
    where = file or name
    if isinstance(wrapped_policy.document, str):
        place = ".".join(map(str, wrapped_policy.path))
        inside = f"{where}#{place}" if place else where
        return parse_policy(
            wrapped_policy.document,
            name=name,
            file=inside,
            policy_type=policy_type,
            markers=markers,
        )
    whole = source
    if whole is None and not isinstance(document, Mapping):
        text = document if isinstance(document, str) else decode_text(document, where)
        whole = Source(where, text.removeprefix("\ufeff"), locate_json)
    part = None if whole is None else part_of(whole, wrapped_policy.path)
    try:
        return parse_policy(
            wrapped_policy.document, name=name, file=where, source=part, policy_type=policy_type
        )
    except PolicyError as error:
        raise error from fault


def _find(document: object) -> WrappedPolicy | None:
    """Find the one policy inside of a text or of data; `None` for a policy that is plain, for what
    holds none, and for what holds several."""
    if isinstance(document, Mapping):
        return unwrap_data(document)
    if not isinstance(document, str | bytes):
        return None
    try:
        text = document if isinstance(document, str) else decode_text(document, "policy")
    except PolicyError:
        return None
    return unwrap_text(text.removeprefix("\ufeff"))
