"""Finding the policy that a world file names: inline, by name, by file, by ARN.

Files are read once each, however often they are named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping

from iamsim.core.arn import is_managed_policy
from iamsim.core.errors import WorldError
from iamsim.core.span_parts import part_of
from iamsim.core.suggest import did_you_mean
from iamsim.core.unknown import Unknown
from iamsim.core.wrapped_policy import unwrap_data
from iamsim.world.builtin import BUILT_IN_POLICIES, find_built_in
from iamsim.world.documents import Document, parse_document, read_document
from iamsim.world.fields import Fault, Fields, Problems, describe
from iamsim.world.items import AnyPolicy, ManagedPolicyReference, PolicyDocument
from iamsim.world.kinds import Raw
from iamsim.world.on_demand import PolicyOnDemand
from iamsim.world.organization_policies import OrganizationPolicies

_match_customer_policy = re.compile(
    r"arn:[a-z-]+:iam::([0-9]{12}):policy/(?:.*/)?([^/]+)"
).fullmatch
_FILE_ENDINGS = (".json", ".yaml", ".yml")


class Policies:
    """The named policies of all files of a world, and the reading of references to them.

    Names are gathered from all files first, so that a file may name what another one holds.
    """

    def __init__(
        self,
        problems: Problems,
        partitions: Mapping[str, str],
        files: Mapping[str, Document] | None = None,
        gather_account: Callable[[str], None] | None = None,
    ) -> None:
        """Start without names; `partitions` are those of the accounts, for ARNs.

        `files` are policy files by path that need not be on the disk. With `gather_account`, which
        takes in the names of an account, files of policies are read when somebody asks for what
        they hold.
        """
        self.gather_account = gather_account
        self.problems = problems
        self.partitions = partitions
        self.of_organization = OrganizationPolicies(problems, partitions)
        self.shared: dict[str, Raw] = {}
        self.by_account: dict[str, dict[str, Raw]] = {}
        self._repeated: list[tuple[str | None, str, Raw]] = []
        self._found: dict[tuple[str | None, str], AnyPolicy | None] = {}
        self._open: set[tuple[str | None, str]] = set()
        self._files: dict[str, Document | None] = dict(files or {})
        self._lost_files: dict[str, PolicyDocument] = {}
        self._in_files: dict[tuple[str, str], PolicyDocument] = {}
        self._renamed_from: dict[tuple[str, str], tuple[PolicyDocument, PolicyDocument]] = {}
        self._paths: dict[tuple[str, str], str] = {}

    def gather(self, world: Fields) -> None:
        """Take the names of one file in."""
        self._gather(None, self.shared, world.map("policies"))
        self.of_organization.gather(world)
        for account_id, account in world.records("accounts"):
            names = self.by_account.setdefault(account_id, {})
            self._gather(account_id, names, account.map("policies"))
            for name, path in account.map("policy_paths").items():
                self._paths[account_id, name] = str(path)

    def _gather(
        self, account: str | None, names: dict[str, Raw], found: Mapping[str, object]
    ) -> None:
        """Take names in; those that are known already are compared later."""
        for name, raw in found.items():
            if isinstance(raw, Raw) and names.setdefault(name, raw) is not raw:
                self._repeated.append((account, name, raw))

    def named(self, account: str | None) -> dict[str, AnyPolicy]:
        """Give all policies of an account (`None`: of the top level) by name."""
        names = self.shared if account is None else self.by_account.get(account, {})
        found = ((name, self.find_named(account, name)) for name in names)
        return {name: policy for name, policy in found if policy is not None}

    def check_repeated(self) -> None:
        """Note a problem for each name that two files give different policies, and for each id of
        a policy that there is not."""
        self.of_organization.check(self.shared)
        for account, name, raw in self._repeated:
            first = self.find_named(account, name)
            second = self.find(raw, account, name)
            if first is not None and second is not None and not same_policy(first, second):
                names = self.shared if account is None else self.by_account[account]
                place = names[name].place.key_span.place
                self.problems.add(
                    "world-conflict",
                    f"the policy `{name}` differs from what stands at {place}",
                    raw.place.key_span,
                )

    def find(self, raw: object, account: str | None, inline_name: str) -> AnyPolicy | None:
        """Find the policy that stands or is named at a place; notes a problem if there is none.

        `account` is whose names count first. An inline policy is called `inline_name`.
        """
        if not isinstance(raw, Raw):
            return None
        place = raw.place
        if isinstance(raw.value, dict):
            return PolicyDocument(inline_name, raw.value, part_of(place.source, place.path))
        try:
            return self._find_reference(str(raw.value), raw, account)
        except Fault as fault:
            if fault.code == "file-not-found":
                error = WorldError(fault.code, fault.message, span=place.span, hint=fault.hint)
                return self._lost(str(raw.value), error, raw)
            self.problems.add(fault.code, fault.message, place.span, fault.hint)
        return None

    def find_all(
        self, raws: Iterable[object], account: str | None, owner: str
    ) -> tuple[AnyPolicy, ...]:
        """Find the policies of a list; inline ones are numbered from 1."""
        found = (
            self.find(raw, account, f"inline policy {number} of {owner}")
            for number, raw in enumerate(raws, 1)
        )
        return tuple(policy for policy in found if policy is not None)

    def find_inline(self, raw: object, account: str, name: str) -> AnyPolicy | None:
        """Find an inline policy, whose name is its key, wherever its document stands."""
        policy = self.find(raw, account, name)
        if isinstance(policy, PolicyDocument) and policy.name != name:
            return self._renamed(policy, name)
        return policy

    def _renamed(self, policy: PolicyDocument, name: str) -> PolicyDocument:
        """Give the document of a file under another name, the same object each time."""
        key = (policy.file, name)
        known = self._renamed_from.get(key)
        if known is None or known[0] is not policy:
            known = self._renamed_from[key] = policy, policy.called(name, policy.arn)
        return known[1]

    def find_named(self, account: str | None, name: str) -> AnyPolicy | None:
        """Find a policy by its name in an account (`None`: on the top level)."""
        key = (account, name)
        if key not in self._found:
            raw = self.shared[name] if account is None else self.by_account[account][name]
            self._open.add(key)
            policy = self.find(raw, account, name)
            self._open.discard(key)
            if isinstance(policy, PolicyDocument) and policy.name not in BUILT_IN_POLICIES:
                arn = None if account is None else self._arn(account, name)
                policy = policy.called(name, arn or policy.arn)
            self._found[key] = policy
        return self._found[key]

    def _arn(self, account: str, name: str) -> str:
        """Give the ARN of a customer managed policy."""
        path = self._paths.get((account, name), "/")
        return f"arn:{self.partitions.get(account, 'aws')}:iam::{account}:policy{path}{name}"

    def _find_reference(self, text: str, raw: Raw, account: str | None) -> AnyPolicy | None:
        """Find a policy by its ARN, name or file; raises `Fault`."""
        if text.startswith("arn:"):
            return self._find_arn(text, raw)
        circle = False
        for scope in (account, None):
            names = self.shared if scope is None else self.by_account.get(scope, {})
            if text in names and (scope, text) not in self._open:
                return self.find_named(scope, text)
            circle = circle or text in names
        built_in = find_built_in(text)
        if built_in is not None:
            return built_in
        path = os.path.normpath(os.path.join(raw.place.folder, text))  # noqa: PTH118 - slow to load
        if "\0" not in text and (path in self._files or os.path.isfile(path)):  # noqa: PTH113
            return self._find_file(text, path, raw)
        raise _in_circle(text) if circle else self._unknown(text, account, path)

    def _find_arn(self, arn: str, raw: Raw) -> AnyPolicy | None:
        """Find a policy by its ARN; raises `Fault`."""
        if is_managed_policy(arn):
            return ManagedPolicyReference(arn, raw.place.source, raw.place.path)
        built_in = find_built_in(arn)
        if built_in is not None:
            return built_in
        match = _match_customer_policy(arn)
        if match is None:
            raise Fault(
                "unknown-policy",
                f"{describe(arn)} is not the ARN of a policy",
                "such as arn:aws:iam::aws:policy/ReadOnlyAccess",
            )
        owner, name = match.groups()
        if self.gather_account is not None:
            self.gather_account(owner)
        names = self.by_account.get(owner, {})
        if (owner, name) in self._open:
            raise _in_circle(name)
        if name not in names:
            raise Fault(
                "unknown-policy",
                f"the account `{owner}` has no policy `{name}` in this world",
                did_you_mean(name, names),
            )
        return self.find_named(owner, name)

    def _find_file(self, text: str, path: str, raw: Raw) -> PolicyDocument:
        """Find the policy in a file, which is read now or on demand."""
        if self.gather_account is None:
            return self._read_file(text, path, raw)
        known = self._in_files.get((path, text))
        if known is None:

            def read() -> PolicyDocument:
                return self._read_file(text, path, raw)

            known = self._in_files[path, text] = PolicyOnDemand.of(text, path, read)
        return known

    def _read_file(self, text: str, path: str, raw: Raw) -> PolicyDocument:
        """Read the policy in a file; one that is not known where it can't be read."""
        if path not in self._files:
            self._files[path] = None
            try:
                self._files[path] = read_document(path)
            except WorldError as error:
                place = error.span if error.span is not None else raw.place.span
                placed = WorldError(error.code, error.message, span=place, hint=error.hint)
                lost = self._lost_files[path] = self._lost(text, placed, raw)
                return lost
        document = self._files[path]
        if document is None:
            return self._lost_files[path]
        document = self._files[path] = _unwrapped(document)
        if not isinstance(document.data, dict):
            message = f"the file `{text}` holds no policy: it must be a map, not "
            message += describe(document.data)
            none = WorldError("not-a-policy", message, span=raw.place.span)
            return self._lost(text, none, raw)
        if self.gather_account is not None:
            return PolicyDocument(text, document.data, document.source)
        known = self._in_files.get((path, text))
        if known is None:
            known = self._in_files[path, text] = PolicyDocument(
                text, document.data, document.source
            )
        return known

    def _lost(self, text: str, error: WorldError, raw: Raw) -> PolicyDocument:
        """Give what stands for a policy whose file can't be read: one that is not known."""
        self.problems.lost.append(error)
        marker = Unknown(error.message, text).to_marker()
        return PolicyDocument(text, marker, part_of(raw.place.source, raw.place.path))

    def _unknown(self, text: str, account: str | None, path: str) -> Fault:
        """Make the fault of a reference that leads nowhere, with the nearest that would."""
        names = [*self.by_account.get(account or "", {}), *self.shared, *BUILT_IN_POLICIES]
        shown = describe(text)
        if text.lstrip().startswith("{"):
            hint = "write the policy as a map, not as text"
            return Fault("unknown-policy", f"{shown} is a policy in quotes", hint)
        if "/" in text or text.endswith(_FILE_ENDINGS):
            # A name may be meant too, but a slash or an ending says that a file is.
            folder, _, file = path.rpartition("/")
            near = did_you_mean(file, _files_in(folder)) or did_you_mean(text, names)
            return Fault("file-not-found", f"there is no policy file {shown}", near)
        hint = did_you_mean(text, names) or (
            "an AWS managed policy goes by its ARN, such as arn:aws:iam::aws:policy/ReadOnlyAccess"
        )
        return Fault("unknown-policy", f"there is no policy named {shown}", hint)


def _in_circle(name: str) -> Fault:
    """Make the fault of a name that leads back to itself."""
    hint = "write the document at one of the names"
    return Fault("unknown-policy", f"the policy `{name}` stands for itself", hint)


def same_policy(first: AnyPolicy, second: AnyPolicy) -> bool:
    """Say whether two policies have the same text (as data), whatever they are called."""
    if isinstance(first, PolicyDocument) and isinstance(second, PolicyDocument):
        return first.document == second.document
    return first == second


def _files_in(folder: str) -> list[str]:
    """List the policy files of a folder, none when it can't be read."""
    try:
        return sorted(name for name in os.listdir(folder or ".") if name.endswith(_FILE_ENDINGS))  # noqa: PTH208
    except (OSError, ValueError):
        return []


def _unwrapped(document: Document) -> Document:
    """The policy that an output of the AWS CLI holds; every other document as it is."""
    wrapped_policy = unwrap_data(document.data)
    if wrapped_policy is None:
        return document
    if isinstance(wrapped_policy.document, str):
        place = ".".join(map(str, wrapped_policy.path))
        return parse_document(
            wrapped_policy.document, f"{document.source.name}#{place}", language="json"
        )
    return document.sub_document(wrapped_policy.path)
