"""A vendor may act for any of its customers.

## What it finds
A role trust policy that lets the account of a vendor in without asking for the external id that
the vendor keeps for you (`sts:ExternalId`); vendors are known by a list of accounts that they
publish. And, of any account, a condition on `sts:ExternalId` that passes callers who give none,
or any: one with `IfExists`, or one that fits everything. Each finding shows a request that the
engine allows.

## Why it matters
The vendor assumes roles for all its customers. Another customer who enters the ARN of your role
makes the vendor use it for him: the confused deputy. The external id, different for each customer,
tells them apart.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

from __future__ import annotations

from iamsim.checks.shown import Witness
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.witness import first_allowed, meet, resource_of
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote

CODE = "IAMSIM_EXTERNAL_ID_NOT_DEMANDED"
KEY = "sts:ExternalId"
# Accounts that vendors tell their customers to trust, as their set-up pages have them.
VENDORS = {
    "012615275169": "Tenable",
    "061190967865": "CloudZero",
    "080595016317": "Qualys",
    "165736516723": "Cloudability",
    "188619942792": "Prisma Cloud",
    "198361731867": "Snyk",
    "282028653949": "LogicMonitor",
    "336818582268": "Rapid7",
    "352813966189": "CloudCheckr",
    "414351767826": "Databricks",
    "434813966438": "Lacework",
    "454464851268": "CloudHealth",
    "464622532012": "Datadog",
    "509560245411": "Dynatrace",
    "754728514883": "New Relic",
    "834469178297": "Fivetran",
    "922761411349": "Spot",
    "926226587429": "Sumo Logic",
}


@checks(CODE)
def external_id_not_demanded(policy: PolicyView) -> Findings:
    """Vendors that are not asked, and conditions that everybody passes."""
    for statement in policy.statements if policy.is_trust else ():
        principals = statement.principals
        if not statement.allows or principals is None or principals.negated:
            continue
        condition = next(
            (
                condition
                for condition in statement.conditions
                if condition.lower == KEY.lower() and not condition.operator.negated
            ),
            None,
        )
        for kind, value in principals.entries:
            account = _account(value.text) if kind == "AWS" else None
            vendor = VENDORS.get(account or "")
            if account is None or (vendor is None and condition is None):
                continue
            witness = _witness(policy, statement, value.text, account)
            if witness is None:
                continue
            if condition is None:
                message = f"{vendor} can assume the role for any of its customers"
                hint = f"ask the external id that {vendor} gave you: `StringEquals` on `{KEY}`"
                place = value.path
            else:
                message = f"{quote(value.text)} passes `{condition.key}` without an id of yours"
                hint = f"write `StringEquals` on `{KEY}` with the id"
                place = condition.operator_path
            yield policy.finding(CODE, message, place, hint=hint, witness=witness)
            break  # one cause: the condition of the statement


def _account(text: str) -> str | None:
    """The account that a principal of AWS names."""
    if is_account_id(text):
        return text
    arn = find_arn(text)
    return arn.account if arn is not None and is_account_id(arn.account) else None


def _witness(
    policy: PolicyView, statement: StatementView, principal: str, account: str
) -> Witness | None:
    """Find a call without the right external id that a statement allows."""
    named = find_arn(principal)
    whole = named is None or named.resource == "root"
    caller = f"arn:aws:iam::{account}:role/vendor" if whole else principal
    others = meet(policy, statement, {KEY.lower()})
    resource = resource_of(policy, statement)
    calls = (
        Witness(caller, "sts:AssumeRole", resource, tuple({**given, **others}.items()))
        for given in ({}, {KEY: "of-another-customer"})
    )
    return first_allowed(policy, statement, calls)
