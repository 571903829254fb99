"""The importer of Terraform plans and states."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import find_terraform_type
from iamsim.core.caret import quote
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.importers.facts import report_dangling_targets
from iamsim.importers.misspelt import Properties, doubted_type
from iamsim.importers.nameless import note_nameless
from iamsim.importers.reach import EVERYTHING, reach_of
from iamsim.importers.terraform import (
    encryption,
    identities,
    identity_center,
    organizations,
    resource_policies,
    snapshots,
)
from iamsim.importers.terraform.documents import render_document
from iamsim.importers.terraform.hcl.policies import place_of_instance
from iamsim.importers.terraform.hcl.roots import open_roots
from iamsim.importers.terraform.instances import (
    Broken,
    is_plan,
    is_state,
    is_state_file,
    read_instances,
)
from iamsim.importers.terraform.reading import Reading
from iamsim.importers.terraform.resolving import Plan
from iamsim.importers.terraform.scopes import UNKNOWN_REGION
from iamsim.importers.unknown import Unknown, marked
from iamsim.importers.unread import services_within, unread_message
from iamsim.importers.workloads import find_role, may_tell_role, note_role
from iamsim.syntax.hcl.file import HclFile, is_hcl

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

READERS: dict[str, Callable[[Reading], None]] = {
    **identities.READERS,
    **organizations.READERS,
    **resource_policies.READERS,
    **encryption.READERS,
    **snapshots.READERS,
}
# These fill in what the resources of their own have not said.
LATE_READERS: dict[str, Callable[[Reading], None]] = {
    **identities.LATE_READERS,
    **resource_policies.LATE_READERS,
}
# Data sources tell what is there already.
DATA_READERS: dict[str, Callable[[Reading], None]] = {
    **identities.DATA_READERS,
    "aws_kms_alias": encryption.read_alias,
    "aws_organizations_organization": organizations.READERS["aws_organizations_organization"],
}
# Types of AWS's providers, and those of them that are read with the plan as a whole.
AWS = ("aws_", "awscc_")
BY_PLAN = frozenset((organizations.ATTACHMENT, *identity_center.TYPES))
PRINCIPALS = frozenset(("aws_iam_user", "aws_iam_group", "aws_iam_role", "aws_iam_policy"))
JSON_SYNTAX = (".tf.json", ".tfvars.json")
HCL = "HCL"  # the files of configurations, kept until all are there
# Types whose tags are read by themselves, or bear on no decision.
UNTAGGED = ("aws_iam_", "aws_organizations_", "aws_ssoadmin_", "aws_vpc_endpoint")


class Terraform:
    """The importer of plans and states as JSON, and of raw state files."""

    name = "Terraform"

    def recognises(self, source: Source) -> bool:
        """Plans and states say their format version, state files the version of Terraform; HCL is
        told by the name of the file."""
        data = source.data
        if isinstance(data, HclFile) or source.path.endswith(JSON_SYNTAX):
            return True
        return is_plan(data) or is_state(data) or is_state_file(data)

    def read(self, source: Source, draft: Draft) -> None:
        """Read every resource, then what resources say about themselves."""
        data = source.data
        if isinstance(data, HclFile):
            draft.state.setdefault(HCL, {})[source.path] = data
            return
        if source.path.endswith(JSON_SYNTAX):
            message = "Terraform's JSON syntax is not read: what this file makes is not known"
            draft.remark("source-not-readable", message, severity="unknown")
            draft.lose(message)
            draft.unread.add(source.path)
            return
        if not isinstance(data, dict):
            return

        def report(place: str, message: str, record: Broken) -> None:
            draft.unreadable(message, place)
            reach = reach_of(record.kind, record.values)
            draft.doubt(f"{quote(record.text or place)} of the plan or state can't be read", reach)

        instances = read_instances(data, planned=draft.options.planned, report=report)
        plan = Plan(data, instances, draft.options, render_document)
        _read_all(plan, draft)

    def finish(self, draft: Draft) -> None:
        """Read the configurations, and say what all sources together leave dangling."""
        files = {
            path: file
            for path, file in draft.state.get(HCL, {}).items()
            if isinstance(file, HclFile)
        }
        if files:
            _read_configurations(files, draft)
        report_dangling_targets(draft)


def _read_configurations(files: dict[str, HclFile], draft: Draft) -> None:
    """Read the configurations in HCL; what is lost of one may bear on all of it."""
    broken = [path for path in draft.unread if is_hcl(path) or path.endswith(JSON_SYNTAX)]
    for root in open_roots(files, broken, draft.options):
        draft.source = root.configured.root.files.folder or "."
        _read_all(root.plan, draft)
        for shown, span in root.configured.lost:
            draft.source = span.source.name
            draft.remark(
                "count-unknown",
                f"how many of {quote(shown)} there are is not known: one stands for all",
                f"line {span.line}",
                "unknown",
            )
            draft.lose(f"how many of {quote(shown)} there are is not known")
        for source, span in root.configured.missing.items():
            draft.source = span.source.name
            message = f"the module {quote(source)} is not here: what it makes is not known"
            draft.remark("module-missing", message, f"line {span.line}", "unknown")
            draft.lose(message)
        for path, error in root.problems.items():
            draft.source = path
            place = "" if error.span is None else f"line {error.span.line}"
            draft.remark("source-not-readable", error.message, place, "unknown")
            draft.lose(error.message)
        folders = root.configured.files
        if root.problems or any(posixpath.dirname(path) in folders for path in broken):
            for path in root.paths:
                draft.source = path
                draft.doubt("a file of the configuration can't be read", EVERYTHING)
    draft.source = ""


def _read_all(plan: Plan, draft: Draft) -> None:
    """Read every resource, then what resources say about themselves."""
    source = draft.source
    readings = [Reading(plan, draft, instance) for instance in plan.instances.values()]
    managed = [reading for reading in readings if reading.instance.address.mode == "managed"]
    for reading in managed:
        _note_maybe(reading)
        _read(reading, _reader(reading))
        _note_unread(reading)
    for reading in readings:
        if reading.instance.address.mode == "data":
            _read(reading, DATA_READERS.get(reading.instance.type))
    for reading in managed:
        _read(reading, LATE_READERS.get(reading.instance.type))
        _read(reading, encryption.find_key_reader(reading))
        _read(reading, _find_role_reader(reading))
    draft.source = source
    organizations.read_attachments(plan, draft)
    identity_center.read_permission_sets(plan, draft)
    for reading in managed:
        _note_partition(reading)
    _report_scopes(plan, draft)


def _reader(reading: Reading) -> Callable[[Reading], None] | None:
    """Find the reader of an instance; of other kinds with an ARN, the tags count."""
    kind = reading.instance.type
    if kind in READERS:
        return READERS[kind]
    values = reading.instance.values
    known = reading.plan.kind(reading.instance) is not None and not kind.startswith(UNTAGGED)
    tags = values.get("tags_all"), values.get("tags")
    tagged = known and any(isinstance(value, dict) and value for value in tags)
    return resource_policies.read_tagged if tagged else None


def _find_role_reader(reading: Reading) -> Callable[[Reading], None] | None:
    """Find what reads with which role an instance of a type acts that acts with any."""
    row = reading.plan.kind(reading.instance)
    return _read_role if row is not None and row.runs_with else None


def _read_role(reading: Reading) -> None:
    values = reading.instance.values
    telling = (name for name in values if may_tell_role(reading.arn, name))
    found = find_role(reading.arn, Properties((name, reading.settled(name)) for name in telling))
    if found is not None:
        note_role(reading.draft.resource(reading.arn, reading.account), found, reading.place)


def _note_maybe(reading: Reading) -> None:
    """Remark that it is not known whether a resource is made."""
    maybe = reading.instance.maybe
    span = reading.instance.span
    if maybe is not None and span is not None and reading.instance.type.startswith(AWS):
        reading.draft.source = span.source.name
        message = f"whether this is made depends on {maybe.why}: nothing that it says is certain"
        reading.remark("condition-unknown", message)


def _note_unread(reading: Reading) -> None:
    """Remark a policy in an instance of a type that has no reader, or what such a type may say."""
    kind = reading.instance.type
    if kind in READERS or kind in LATE_READERS or kind in BY_PLAN:
        return
    if reading.instance.span is not None:
        reading.draft.source = reading.instance.span.source.name
    row = find_terraform_type(kind)
    doubted = doubted_type(kind, (*READERS, *BY_PLAN)) if row is None else None
    if doubted is not None:
        meant, why = doubted
        reading.draft.unreadable(f"this resource has {why}", reading.place)
        reading.doubt(f"what {quote(reading.place)} says depends on {why}", meant)
    if kind.startswith(AWS):
        values = marked(dict(reading.instance.values))
        message = unread_message(kind, row, values)
        if message is not None:
            reading.remark("policy-not-read", message)
            if row is None or not row.unread:
                reading.draft.lose(message, services_within(values))


def _read(reading: Reading, read: Callable[[Reading], None] | None) -> None:
    """Read one instance; one that has not the form of its type loses nothing but itself."""
    if read is None:
        return
    if reading.instance.span is not None:
        reading.draft.source = reading.instance.span.source.name
    reading.draft.places.here = place_of_instance(reading.instance)
    try:
        read(reading)
        named = reading.plan.is_named(reading.instance)
    except (ValueError, LookupError):
        reading.draft.unreadable("this is not as its type has it", reading.place)
        reading.doubt(f"{quote(reading.place)} of the plan or state can't be read")
        return
    finally:
        reading.draft.places.here = None
    if not named:
        reading.remark(
            "name-unknown",
            f"the name is known after apply: it is {quote(reading.name)} here",
        )
        kind = reading.plan.kind(reading.instance)
        name = None if kind is None else reading.value(kind.name_argument)
        if isinstance(name, Unknown) and reading.instance.address.mode == "managed":
            note_nameless(reading.draft, reading.arn, reading.account, f"it depends on {name.why}")


def _note_partition(reading: Reading) -> None:
    """Note the partition of a principal's account, where it is not the standard one."""
    if reading.instance.type in PRINCIPALS and reading.scope.partition != "aws":
        account = reading.draft.account(reading.account)
        account.set("partition", reading.scope.partition, reading.place)


def _report_scopes(plan: Plan, draft: Draft) -> None:
    """Say so when an account or a region had to be made up."""
    if plan.scopes.account_used:
        draft.remark(
            "account-unknown",
            f"nothing says which account this is for: {quote(NO_ACCOUNT)} stands for it;"
            " `--account` says",
            severity="unknown",
        )
    if plan.scopes.region_used:
        draft.remark(
            "region-unknown",
            f"nothing says which region this is for: {quote(UNKNOWN_REGION)} stands for it;"
            " `--region` says",
            severity="unknown",
        )


IMPORTER = Terraform()
