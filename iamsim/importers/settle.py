"""The last step of an import: what only all sources together can settle.

Afterwards the plain data loads as a world without a fault: what does not fit was left out, with a
remark. A policy is never left out: one that is not known is marked as unknown, and of one that
can't be read in whole what can be counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iamsim.compile.policy import compile_policy
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import PolicyError
from iamsim.core.json_places import KEY
from iamsim.core.span import Path, Source, Span
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.importers.arrange import arrange
from iamsim.importers.counts import doubt_counts
from iamsim.importers.doubts import doubt_sources
from iamsim.importers.managed import settle_managed_policies
from iamsim.importers.partitions import settle_partitions
from iamsim.importers.settle_keys import settle_keys
from iamsim.importers.slots import Slot, outcome, policy_slots, take_out
from iamsim.importers.unknown import marker
from iamsim.importers.workloads import settle_roles
from iamsim.syntax.read import parse_policy
from iamsim.world.documents import Document
from iamsim.world.load import load_world_documents

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.importers.draft import Draft, Severity

fits_name = re.compile(r"[A-Za-z0-9_+=,.@-]+").fullmatch
MAX_ROUNDS = 10
RECORD = 4  # steps to a record of an account
# What the records of an account are, as a lost source names it.
KINDS = {
    **dict.fromkeys(("users", "groups", "roles", "permission_sets"), "principals"),
    "resources": "resources",
    "vpc_endpoints": "endpoints",
}
STEP = 200  # policies between two reports of progress


def settle(
    draft: Draft,
    account: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Complete the plain data of a draft; `account` owns resources that have no other owner."""
    doubt_counts(draft)
    doubt_sources(draft)
    draft.tree.finish()
    _settle_homeless(draft, account)
    settle_partitions(draft)
    settle_keys(draft)
    settle_roles(draft)
    if draft.lost:
        draft.plain["unlisted"] = draft.lost
    if draft.unverified:
        draft.plain["unverified"] = len(draft.unverified)
    _share_documents(draft)
    settle_managed_policies(draft)
    _note_broken(draft, progress)
    _drop_misfits(draft)
    arrange(draft.plain)


def _settle_homeless(draft: Draft, account: str | None) -> None:
    """Give resources without an account to the one named, else to the only one there is; of others
    the owner is not known."""
    accounts = draft.data.get("accounts", {})
    if account is None and len(accounts) == 1:
        account = next(iter(accounts))
    for arn in sorted(draft.homeless):
        facts = draft.homeless[arn]
        owner = draft.options.owners.get(arn, account)
        if owner is not None and isinstance(facts, dict):
            draft.resource(arn, owner).fill(facts)
            continue
        why = f"which account owns {quote(arn)} is not known"
        draft.remark("resource-without-account", why, severity="unknown")
        if isinstance(facts, dict):
            # It has to stand somewhere: the marker says that this means nothing.
            record = draft.resource(arn, min(accounts, default=NO_ACCOUNT))
            record.fill(facts)
            record.set("account", marker(why, "aws s3api list-buckets"))


def _share_documents(draft: Draft) -> None:
    """Make equal documents one object, so that they are checked, written and compiled once; those
    of templates, of which answers name the line, where they stand in one place."""
    known: dict[tuple[str, object], object] = {}
    texts: dict[int, str] = {}
    for slot in policy_slots(draft.plain):
        document = slot.value
        if isinstance(document, dict):
            text = texts.get(id(document))
            if text is None:
                text = texts[id(document)] = _canonical(document)
            slot.put(known.setdefault((text, draft.places.key_of(document)), document))
        elif isinstance(document, str):
            slot.put(_short_reference(document, slot, draft))


def _short_reference(reference: str, slot: Slot, draft: Draft) -> str:
    """Name a policy of the same account by its name instead of its ARN."""
    name = reference.rpartition("/")[2]
    if slot.account is None or f":iam::{slot.account}:policy/" not in reference:
        return reference
    account = draft.data.get("accounts", {}).get(slot.account)
    policies = account.get("policies") if isinstance(account, dict) else None
    return name if isinstance(policies, dict) and name in policies else reference


def _canonical(document: dict[str, object]) -> str:
    """Give the text that equal documents share: the order of members is kept, it is shown."""
    return json.dumps(document, separators=(",", ":"))


def _note_broken(draft: Draft, progress: Callable[[int, int, str], None] | None) -> None:
    """Remark documents that are no policies, or none of the type that they are used as: the reader
    of worlds takes what it can't read of them for unknown."""
    verdicts: dict[tuple[int, PolicyType], PolicyError | None] = {}
    slots = list(policy_slots(draft.plain))
    for done, slot in enumerate(slots):
        if progress is not None and done % STEP == 0:
            progress(done, len(slots), "policies")
        document = _document_of(slot, draft)
        if document is None or slot.use is None:
            continue
        key = (id(document), slot.use)
        if key not in verdicts:
            verdicts[key] = _fault(document, slot.use)
        error = verdicts[key]
        if error is not None:
            draft.source = draft.origin(slot.path)
            message = f"{error.message}: what can't be read of it is unknown"
            draft.remark("policy-broken", message, slot.place)
    draft.source = ""


def _fault(document: dict[str, object], use: PolicyType) -> PolicyError | None:
    try:
        compile_policy(parse_policy(document, name="policy", policy_type=use), use)
    except PolicyError as error:
        return error
    return None


def _document_of(slot: Slot, draft: Draft) -> dict[str, object] | None:
    """Find the document that stands in a slot or that is named there."""
    value = slot.value
    if isinstance(value, str):
        name = value.rpartition("/")[2] if value.startswith("arn:") else value
        accounts = draft.data.get("accounts", {})
        account = accounts.get(slot.account or "")
        for names in (account, draft.plain):
            policies = names.get("policies") if isinstance(names, dict) else None
            if isinstance(policies, dict) and name in policies:
                value = policies[name]
                break
    return value if isinstance(value, dict) else None


class _Places(Source):
    """A source that notes which places were asked for: the offset of a span is a number of one."""

    __slots__ = ("paths",)

    def __init__(self) -> None:
        super().__init__("import", "")
        self.paths: list[Path] = []

    def span(self, path: Path) -> Span:
        """Note a place."""
        self.paths.append(path)
        return Span(self, len(self.paths) - 1, len(self.paths) - 1)


def _drop_misfits(draft: Draft) -> None:
    """Leave out what the reader of worlds refuses, until it refuses nothing."""
    for _ in range(MAX_ROUNDS):
        places = _Places()
        world = load_world_documents(Document(draft.data, places), strict=False)
        refused = [*world.problems, *(lost for lost in world.lost if lost.code == "invalid-name")]
        if not refused:
            return
        paths: dict[Path, tuple[str, str]] = {}
        for problem in refused:
            if problem.span is None:
                continue
            path = places.paths[problem.span.start]
            path = path[:-1] if path[-1:] == (KEY,) else path
            draft.source = draft.origin(path)
            lost = _kind_lost(path)
            severity: Severity = (
                "unknown" if lost or problem.code == "unknown-policy" else "skipped"
            )
            draft.remark(
                problem.code, f"{problem.message}: {outcome(path)}", _place(path), severity
            )
            if lost is not None:
                draft.lose(problem.message, kinds=(lost,), account=str(path[1]))
            if not _name_lost(draft, path, problem.message):
                paths[path] = problem.message, draft.file
        draft.source = ""
        _drop_paths(draft, paths)
        if draft.lost:
            draft.plain["unlisted"] = draft.lost


def _kind_lost(path: Path) -> str | None:
    """What is lost where a record of an account, as a user with a name that is none, is left
    out."""
    of_account = len(path) == RECORD and path[0] == "accounts"
    return KINDS.get(str(path[2])) if of_account else None


def _name_lost(draft: Draft, path: Path, why: str) -> bool:
    """Keep a customer managed policy that is attached, and that no source has, under its name: it
    is not known. Says whether the path leads to one."""
    arn: Any = draft.data
    if path[-2:-1] != ("policies",) or not isinstance(path[-1], int):
        return False
    for step in path:  # the reader of worlds went there
        arn = arn[step]
    found = find_arn(arn) if isinstance(arn, str) else None
    name = "" if found is None else found.resource.rpartition("/")[2]
    if found is None or found.account != path[1] or not found.resource.startswith("policy/"):
        return False
    policies = draft.account(found.account).data.setdefault("policies", {})
    if not isinstance(policies, dict) or not fits_name(name):
        return False
    policies.setdefault(name, marker(why, f"aws iam get-policy-version --policy-arn {arn}"))
    return True


def _drop_paths(draft: Draft, paths: dict[Path, tuple[str, str]]) -> None:
    """Take parts out of the data; those of a list from behind, so that the others stay in place."""
    for path in sorted(paths, key=lambda path: [(type(step).__name__, step) for step in path])[
        ::-1
    ]:
        holder: object = draft.data
        for step in path[:-1]:
            if isinstance(holder, dict):
                holder = holder.get(step)
            elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
                holder = holder[step]
        take_out(holder, path, *paths[path])


def _place(path: Path) -> str:
    """Write the path of a part of the world for people."""
    return "/".join(str(step) for step in path)
