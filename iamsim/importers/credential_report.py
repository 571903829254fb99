"""The credential report of an account: MFA, passwords and access keys of its users.

As the CSV itself, or as `aws iam get-credential-report` prints it (base64).
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.shapes import Json, pages, text, time_text

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record
    from iamsim.importers.sources import Source

COLUMNS = ("user", "arn", "mfa_active")
NOTHING = frozenset(("", "N/A", "no_information", "not_supported"))
# What a world has room for in users, and not in the root user.
OF_USERS = frozenset(("created", "password_last_changed"))
NEVER = "never"
USE = ("last_used", "region", "service")
# Fields of an access key, by the end of the column's name.
KEY_FACTS = {
    "last_rotated": "created",
    "last_used_date": "last_used",
    "last_used_region": "region",
    "last_used_service": "service",
}


class CredentialReport:
    """The importer of credential reports."""

    name = "credential report"

    def recognises(self, source: Source) -> bool:
        """A table with the columns of the report, or the output of the call."""
        return bool(_encoded(source.data)) or any(
            all(column in row for column in COLUMNS) for row, _ in pages(source.data)
        )

    def read(self, source: Source, draft: Draft) -> None:
        """Keep the rows until the users are known."""
        rows = draft.state.setdefault(self.name, {}).setdefault("rows", [])
        assert isinstance(rows, list)  # noqa: S101 - nobody else puts anything there
        for content in _encoded(source.data):
            try:
                report = base64.b64decode(content, validate=True).decode("utf-8")
                rows += [(source.path, row) for row in csv.DictReader(io.StringIO(report))]
            except (ValueError, csv.Error):
                draft.remark("record-not-readable", "this is not a report in base64", "Content")
        rows += [(source.path, row) for row, _ in pages(source.data) if "user" in row]

    def finish(self, draft: Draft) -> None:
        """Add what the reports say to the users; lists of keys and devices say it better."""
        rows = draft.state.get(self.name, {}).get("rows", [])
        for path, row in rows if isinstance(rows, list) else ():
            draft.source = path
            _read_row(row, draft)
        draft.source = ""


def _encoded(data: object) -> list[str]:
    """Find reports as the call prints them."""
    return [
        content
        for page, _ in pages(data)
        if "ReportFormat" in page and (content := text(page, "Content")) is not None
    ]


def _read_row(row: Json, draft: Draft) -> None:
    """Read the line of one user; that of the root user has a name that no user can have."""
    name, arn = text(row, "user") or "", find_arn(text(row, "arn") or "")
    if arn is None or not is_account_id(arn.account):
        draft.remark("record-without-arn", "this line has no ARN with an account", f"user {name}")
        return
    facts = dict(_facts(row))
    if name == "<root_account>":
        if text(row, "password_last_used") in NOTHING:
            facts["password_last_used"] = NEVER
        for key in sorted(facts.keys() - OF_USERS):
            _of_root(draft.account(arn.account), key, facts[key])
        return
    user = draft.user(arn.account, name)
    path = "/" + arn.resource.partition("/")[2].removesuffix(name)
    if path != "/":
        user.set("path", path)
    _fill(user, facts)


def _of_root(account: Record, key: str, value: object) -> None:
    """Add a fact about the root user, unless a list of devices or a summary has said it better."""
    known = account.data.get("root_user")
    if not (isinstance(known, dict) and key in known):
        account.entry("root_user", key, value)


def _fill(user: Record, facts: Json) -> None:
    """Add facts that no other source gave."""
    known = user.data.get("access_keys")
    reported = facts.get("access_keys")
    if isinstance(known, list) and isinstance(reported, list):
        _add_uses(known, reported)
    for key, value in facts.items():
        user.data.setdefault(key, value)


def _add_uses(known: list[object], reported: list[object]) -> None:
    """Add to listed keys when they were used: a list has their ids, a report has their use. They
    are the same where they were made at the same time."""
    for key in known:
        if isinstance(key, dict) and "last_used" not in key:
            made = time_text(key.get("created"))
            same = [
                entry
                for entry in reported
                if isinstance(entry, dict) and made and time_text(entry.get("created")) == made
            ]
            if len(same) == 1:
                key.update({name: same[0][name] for name in USE if name in same[0]})


def _facts(row: Json) -> Iterable[tuple[str, object]]:
    """Read what a line says of devices, password and keys."""
    active = text(row, "mfa_active")
    if active in ("true", "false"):
        yield "mfa_devices", 1 if active == "true" else 0
    used = text(row, "password_last_used")
    if used is not None and used not in NOTHING:
        yield "password_last_used", used
    for column, fact in (
        ("user_creation_time", "created"),
        ("password_last_changed", "password_last_changed"),
    ):
        if (time := time_text(text(row, column))) is not None:
            yield fact, time
    enabled = text(row, "password_enabled")
    if enabled in ("true", "false"):
        yield "password_enabled", enabled == "true"
    keys = [key for number in (1, 2) if (key := _key(row, f"access_key_{number}"))]
    if keys or "access_key_1_active" in row:
        yield "access_keys", keys
    if "cert_1_active" in row:
        held = [number for number in (1, 2) if text(row, f"cert_{number}_active") == "true"]
        yield "signing_certificates", [{"status": "Active"} for _ in held]


def _key(row: Json, name: str) -> Json | None:
    """Read one of the two access keys; one that was never made has no date."""
    facts: Json = {
        fact: value
        for column, fact in KEY_FACTS.items()
        if (value := text(row, f"{name}_{column}")) is not None and value not in NOTHING
    }
    active = text(row, f"{name}_active") == "true"
    if facts and "last_used" not in facts and text(row, f"{name}_last_used_date") is not None:
        facts["last_used"] = NEVER
    status = "Active" if active else "Inactive"
    return {"status": status, **facts} if facts or active else None


IMPORTER = CredentialReport()
