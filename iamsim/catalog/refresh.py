"""Merging AWS's own service reference files over the shipped facts.

AWS publishes one JSON file a service, and a list of them with dates; iamsim never fetches
anything, so the user downloads what is wanted. The files know newer actions, but neither which
resource types an action requires, nor the condition keys of an action for one resource type, nor
dependent actions: what the shipped facts say there is kept. Nothing is removed.

Follows https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from iamsim.catalog.encoding import declared_key
from iamsim.catalog.facts import (
    ActionFacts,
    CatalogVersion,
    ResourceTypeFacts,
    ResourceTypeUse,
    ServiceFacts,
)
from iamsim.catalog.reference_files import ReferenceFile, json_files
from iamsim.catalog.writing import survives, write_reference
from iamsim.core.errors import InputError

if TYPE_CHECKING:
    from os import PathLike

    from iamsim.catalog.reference import Catalog

# The flags are not exclusive: the first that is set decides.
_LEVEL_OF_FLAG = (
    ("IsPermissionManagement", "Permissions management"),
    ("IsTaggingOnly", "Tagging"),
    ("IsWrite", "Write"),
    ("IsList", "List"),
)


class RefreshReport:
    """What a merge did: services merged, actions new and changed, and the version that it wrote."""

    __slots__ = ("added_actions", "changed_actions", "services", "version")

    def __init__(
        self,
        services: tuple[str, ...],
        added_actions: tuple[str, ...],
        changed_actions: tuple[str, ...],
        version: CatalogVersion,
    ) -> None:
        """Keep the parts; the actions are full names, sorted."""
        self.services: Final = services
        self.added_actions: Final = added_actions
        self.changed_actions: Final = changed_actions
        self.version: Final = version


def merge(
    catalog: Catalog, paths: Iterable[str | PathLike[str]], target: str | PathLike[str]
) -> RefreshReport:
    """Merge service reference files over a catalog, and write the whole as a pack to `target`.

    `paths` are files or folders of them; a file that is AWS's list of services gives the dates of
    the others. Raises InputError when a path can't be read, or is no such file, or no service
    file is among them, and `OSError` where one of them is the target.
    """
    found = json_files(paths)
    files = [ReferenceFile(path) for path in found]
    # The pack of before was read too, and is what is meant to be replaced.
    if os.path.exists(target) and any(os.path.samefile(path, target) for path in found):  # noqa: PTH110, PTH121
        raise FileExistsError(errno.EEXIST, "it is one of the files that were read", target)
    dates = _dates(files)
    services = {prefix: catalog.find_service(prefix) for prefix in catalog.services()}
    before = {
        action.full_name: action
        for service in services.values()
        if service is not None
        for action in service.actions
    }
    merged: list[str] = []
    operations = {line.partition(" ")[0]: line for line in catalog.operation_lines()}
    for file in files:
        if file.is_list:
            continue
        prefix = file.text(file.content, "Name").lower()
        if " " in prefix:
            raise file.error("has a `Name` with a blank in it")
        known = services.get(prefix) or ServiceFacts(prefix, prefix, "", (), (), ())
        overlaid = _Overlay(known).lay(file, dates.get(prefix, "date unknown"))
        if not survives(overlaid):
            raise file.error("has a name that is empty, or has characters that names can't have")
        services[prefix] = overlaid
        merged.append(prefix)
        operations |= {line.partition(" ")[0]: line for line in _operations(file)}
    if not merged:
        raise InputError(
            "no-service-reference",
            "no service reference file among what was given",
            hint="give the JSON files of AWS's service reference, or a folder of them",
        )
    kept = [service for service in services.values() if service is not None]
    version = catalog.version()
    names = {action.full_name: action for service in kept for action in service.actions}
    written = write_reference(
        target,
        kept,
        catalog.retired_actions(),
        CatalogVersion(
            version.snapshot,
            version.packages,
            tuple(sorted({*version.refreshed, *merged})),
            version.counts,
        ),
        operations.values(),
    )
    return RefreshReport(
        tuple(sorted(set(merged))),
        tuple(sorted(names.keys() - before.keys())),
        tuple(sorted(name for name, facts in before.items() if names[name] != facts)),
        written,
    )


class _Overlay:
    """The tables of one service while a file is laid over them, by names in lower case."""

    def __init__(self, known: ServiceFacts) -> None:
        """Start from what is known of the service."""
        self._known = known
        self._keys = {key.name.lower(): key for key in known.condition_keys}
        self._resources = {resource.name.lower(): resource for resource in known.resource_types}
        self._actions = {action.name.lower(): action for action in known.actions}

    def lay(self, file: ReferenceFile, date: str) -> ServiceFacts:
        """Merge the file and give the facts that result."""
        content = file.content
        if not isinstance(content, dict) or "Actions" not in content:
            raise file.error("has no `Actions`")
        for entry in file.items(content, "ConditionKeys"):
            name = self._key(file.text(entry, "Name"))
            self._keys[name.lower()] = declared_key(name, file.texts(entry, "Types"))
        for entry in file.items(content, "Resources"):
            self._lay_resource(file, entry)
        for entry in file.items(content, "Actions"):
            self._lay_action(file, entry)
        version = file.text(content, "Version") if "Version" in content else "without version"
        return ServiceFacts(
            self._known.prefix,
            self._known.name,
            f"service reference {version}, {date}",
            tuple(self._actions[name] for name in sorted(self._actions)),
            tuple(self._resources[name] for name in sorted(self._resources)),
            tuple(sorted(self._keys.values(), key=lambda key: key.name)),
        )

    def _key(self, name: str) -> str:
        """Give a condition key's known spelling; a new key is declared, its types unsaid."""
        return self._keys.setdefault(name.lower(), declared_key(name, ())).name

    def _resource(self, name: str) -> str:
        """Give a resource type's known spelling; a new one is declared without ARN formats."""
        new = ResourceTypeFacts(self._known.prefix, name, (), ())
        return self._resources.setdefault(name.lower(), new).name

    def _lay_resource(self, file: ReferenceFile, entry: object) -> None:
        """Merge a resource type: the file's ARN formats and keys win where it has any."""
        name = self._resource(file.text(entry, "Name"))
        known = self._resources[name.lower()]
        keys = tuple(map(self._key, file.texts(entry, "ConditionKeys")))
        self._resources[name.lower()] = ResourceTypeFacts(
            self._known.prefix,
            name,
            file.texts(entry, "ARNFormats") or known.arn_formats,
            keys or known.condition_keys,
        )

    def _lay_action(self, file: ReferenceFile, entry: object) -> None:
        """Merge an action: resource types and keys of the file, the rest as it was known."""
        name = file.text(entry, "Name")
        known = self._actions.get(name.lower())
        name = known.name if known else name  # letter case means nothing
        known_uses = {use.name: use for use in known.resource_types} if known else {}
        uses = []
        for resource in file.items(entry, "Resources"):
            type_name = self._resource(file.text(resource, "Name"))
            uses.append(known_uses.get(type_name) or ResourceTypeUse(type_name, None, ()))
        # The file lists an action's keys in one row. Those that are known to be carried for one
        # resource type only stay there.
        placed = {key for use in uses for key in use.condition_keys}
        own = set(known.condition_keys) if known else set()
        listed = tuple(map(self._key, file.texts(entry, "ActionConditionKeys")))
        self._actions[name.lower()] = ActionFacts(
            self._known.prefix,
            name,
            _access_level(entry) or (known.access_level if known else "Write"),
            tuple(uses),
            tuple(key for key in listed if key in own or key not in placed),
            known.dependent_actions if known else None,
        )


def _operations(file: ReferenceFile) -> Iterator[str]:
    """Write what operations ask, by the names that boto3 has for them."""
    for entry in file.items(file.content, "Operations"):
        actions = [
            f"{file.text(value, 'Service')}:{file.text(value, 'Name')}"
            for value in file.items(entry, "AuthorizedActions")
        ]
        for sdk in file.items(entry, "SDK"):
            if actions and isinstance(sdk, dict) and sdk.get("Package") == "Boto3":
                method = file.text(sdk, "Method").replace("_", "").lower()
                words = (f"{file.text(sdk, 'Name')}.{method}", *actions)
                if any(" " in word for word in words):
                    raise file.error("has a name of an operation with a blank in it")
                yield " ".join(words)


def _access_level(entry: object) -> str | None:
    """Read an action's access level from its flags; None where the file has no flags."""
    annotations = entry.get("Annotations") if isinstance(entry, dict) else None
    flags = annotations.get("Properties") if isinstance(annotations, dict) else None
    if not isinstance(flags, dict):
        return None
    return next((level for flag, level in _LEVEL_OF_FLAG if flags.get(flag) is True), "Read")


def _dates(files: list[ReferenceFile]) -> dict[str, str]:
    """Read the days of change by prefix from the lists of services; few entries have one."""
    dates = {}
    for file in files:
        if not isinstance(file.content, list):
            continue
        for entry in file.content:
            prefix = file.text(entry, "service")
            modified = entry.get("modified") if isinstance(entry, dict) else None
            if isinstance(modified, int):
                try:
                    day = time.gmtime(modified)
                except (OverflowError, ValueError, OSError) as error:
                    raise file.error("has a time that is none") from error
                dates[prefix.lower()] = time.strftime("%Y-%m-%d", day)
    return dates
