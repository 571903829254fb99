"""What AWS RAM wrote for shared resources, as `aws ram get-resource-policies` prints it.

The output is a list of policies; each names its resource in its statements. They count beside the
policies that resources have themselves.
https://docs.aws.amazon.com/ram/latest/APIReference/API_GetResourcePolicies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from iamsim.core.arn import find_arn
from iamsim.importers.facts import set_policy
from iamsim.importers.shapes import Json, account_of_path
from iamsim.importers.unread import services_within

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

    Kept = list[tuple[str, str | None, Json, str]]

LIST = "policies"
STATE = "AWS RAM"


def is_list_of_shared(data: Json) -> bool:
    """Whether an output is a list of policies as texts, or an empty one."""
    listed = data.get(LIST)
    return isinstance(listed, list) and (not listed or any(map(_is_text_of_policy, listed)))


def _is_text_of_policy(entry: object) -> bool:
    return isinstance(entry, str) and "Statement" in entry


def read_shared_policies(draft: Draft, data: Json, place: str) -> None:
    """Read such an output; what it says counts once all sources are read."""
    kept = cast("Kept", draft.state.setdefault(STATE, {}).setdefault(LIST, []))
    for index, written in enumerate(cast("list[object]", data[LIST])):
        at = f"{place}{LIST}[{index}]"
        document = draft.document(written, at)
        arn = _resource_of(document)
        if arn is None:
            why = "no resource is named by this policy that AWS RAM wrote"
            draft.remark("output-about-unknown", f"{why}: left out", at, "unknown")
            draft.lose(why, services_within(document))
        else:
            kept.append((arn, account_of_path(draft.source), document, at))


def settle_shared_policies(draft: Draft) -> None:
    """Add what was shared to the resources' own policies."""
    kept = cast("Kept", draft.state.get(STATE, {}).get(LIST, []))
    for arn, account, document, at in kept:
        set_policy(draft.resource(arn, account), document, at, several=True)


def _resource_of(document: Json) -> str | None:
    """Find the one resource that all statements of a policy name."""
    statements = document.get("Statement")
    found: set[object] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource") if isinstance(statement, dict) else None
        found.update(map(str, resources if isinstance(resources, list) else [resources]))
    name = str(found.pop()) if len(found) == 1 else ""
    return None if find_arn(name) is None or not {"*", "?", "$"}.isdisjoint(name) else name
