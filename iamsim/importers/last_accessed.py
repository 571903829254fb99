"""When users and roles last called which service and action: IAM's service last accessed details.

As `aws iam get-service-last-accessed-details` prints them, better at the level of actions:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html. The
output names no user or role but the one that called. So it is said by `--for`, by an `Arn` beside
the output, by a map of outputs by ARN or by the name of the file
(``get-service-last-accessed-details.ARN.json``); else by the callers, where all are the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.importers.shapes import Json, pages, records, text, time_text
from iamsim.importers.subject import NamedFile, arn_beside

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

SERVICES = "ServicesLastAccessed"
ACTIONS = "TrackedActionsLastAccessed"
HOLDERS = {"user": "users", "role": "roles"}
NEVER = "never"


@dataclass(slots=True)
class Kept:
    """What reports say of one user or role: the first file, the services as a world has them, and
    whether the last page was among them."""

    path: str
    services: dict[str, object] = field(default_factory=dict)
    complete: bool = False


class LastAccessed:
    """The importer of service last accessed details."""

    name = "service last accessed details"

    def recognises(self, source: Source) -> bool:
        """A report, finished or not."""
        return any(_is_report(page) for page, _, _ in _reports(source))

    def read(self, source: Source, draft: Draft) -> None:
        """Keep what the reports say until the users and roles are known."""
        for page, place, arn in _reports(source):
            if not _is_report(page):
                continue
            if text(page, "JobStatus") not in (None, "COMPLETED"):
                draft.remark(
                    "report-not-finished",
                    "the report was not finished when it was asked for: it is left out",
                    f"{place}JobStatus",
                    "unknown",
                )
                continue
            about = _subject(source, page, arn)
            if about is None:
                draft.remark(
                    "output-about-unknown",
                    "nothing says which user or role this report is about: it is left out",
                    f"{place}{SERVICES}",
                    "unknown",
                )
                continue
            _keep(about, page, place, draft)

    def finish(self, draft: Draft) -> None:
        """Add what was kept to the users and roles that other sources tell of."""
        for about, kept in _kept(draft).items():
            draft.source = kept.path
            arn = find_arn(about)
            kind = "" if arn is None else arn.resource.partition("/")[0]
            if arn is None or kind not in HOLDERS or not is_account_id(arn.account):
                draft.remark(
                    "record-not-readable",
                    f"{quote(about)} is no user or role: reports about others are left out",
                )
                continue
            name = arn.resource.rpartition("/")[2]
            accounts = draft.data.get("accounts", {})
            account = accounts.get(arn.account)
            known = account.get(HOLDERS[kind]) if isinstance(account, dict) else None
            if not isinstance(known, dict) or name not in known:
                draft.remark(
                    "principal-unknown",
                    f"no other source tells of {quote(about)}: when it was last used is left out",
                    severity="unknown",
                )
                continue
            find = draft.user if kind == "user" else draft.role
            find(arn.account, name).set("last_accessed", kept.services)
            if not kept.complete:
                draft.remark(
                    "page-missing",
                    f"every page about {quote(about)} says that another follows",
                    "IsTruncated",
                    "unknown",
                )
        draft.source = ""


def _reports(source: Source) -> Iterator[tuple[Json, str, str | None]]:
    """Go through the pages of a source with their places: one, several, or maps by ARN."""
    for page, place in pages(source.data):
        details = page.get("Details")
        if page and all(find_arn(key) is not None for key in page):
            for arn, value in page.items():
                for inner, inner_place in pages(value):
                    yield inner, f"{place}{arn}.{inner_place}", arn
        elif isinstance(details, dict) and _is_report(details):
            yield details, f"{place}Details.", arn_beside(page)
        else:
            yield page, place, None


def _is_report(page: Json) -> bool:
    """Whether an object is a page of a report, or the answer before there is one."""
    return isinstance(page.get(SERVICES), list) or (
        text(page, "JobStatus") is not None and "JobCreationDate" in page
    )


def _subject(source: Source, page: Json, arn: str | None) -> str | None:
    """Find the ARN that a report is about."""
    named = NamedFile.of(source.path)
    said = named.subject if find_arn(named.subject) is not None else None
    return source.subject or arn or arn_beside(page) or said or _only_caller(page)


def _only_caller(page: Json) -> str | None:
    """The one caller that a report names. That of a group or a policy may name one as well: what it
    says of that one is true, too."""
    services = page.get(SERVICES)
    callers = {
        caller
        for service in (services if isinstance(services, list) else [])
        if isinstance(service, dict)
        and (caller := text(service, "LastAuthenticatedEntity")) is not None
    }
    return callers.pop() if len(callers) == 1 else None


def _kept(draft: Draft) -> dict[str, Kept]:
    """What the reports said so far, by ARN."""
    state = draft.state.setdefault(IMPORTER.name, {})
    return cast("dict[str, Kept]", state.setdefault("reports", {}))


def _keep(about: str, page: Json, place: str, draft: Draft) -> None:
    """Keep the services of one page; a service that comes twice counts once."""
    kept = _kept(draft).setdefault(about, Kept(draft.source))
    for record, at in records(draft, page, SERVICES, place):
        service = text(record, "ServiceNamespace")
        when, readable = _time(record, "LastAuthenticated", at, draft)
        if service is None or not readable:
            if service is None:
                draft.remark("record-not-readable", "this service has no namespace", at)
            continue
        facts: dict[str, object] = {"at": when or NEVER}
        actions = _actions(record, service, at, draft)
        if actions:
            facts["actions"] = actions
        known = kept.services.setdefault(service.lower(), facts)
        if known != facts:
            draft.remark(
                "import-conflict",
                f"{quote(kept.path)} says something else of {quote(service)}",
                at,
                "conflict",
            )
    kept.complete = kept.complete or page.get("IsTruncated") is not True


def _actions(record: Json, service: str, place: str, draft: Draft) -> dict[str, object]:
    """Read when each tracked action of a service was last called."""
    actions: dict[str, object] = {}
    for action, at in records(draft, record, ACTIONS, f"{place}."):
        name = (text(action, "ActionName") or "").rpartition(":")[2]
        when, readable = _time(action, "LastAccessedTime", at, draft)
        if not name:
            draft.remark("record-not-readable", f"this action of {quote(service)} has no name", at)
        elif readable:
            actions[name] = when or NEVER
    return actions


def _time(record: Json, key: str, place: str, draft: Draft) -> tuple[str | None, bool]:
    """Read a time that may be missing, and whether what stands there is one: nothing that can't be
    read may count as never."""
    value = record.get(key)
    if value is None:
        return None, True
    when = time_text(value)
    if when is None:
        draft.remark("record-not-readable", "this is not a time in ISO 8601", f"{place}.{key}")
    return when, when is not None


IMPORTER = LastAccessed()
