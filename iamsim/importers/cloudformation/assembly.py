"""CDK output folders: which template belongs to which stack, account and region.

https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html: `manifest.json` lists the stacks with
their environments, `STACK.assets.json` the templates of nested stacks.
"""

from __future__ import annotations

import json
import os
import re
from typing import NamedTuple

from iamsim.files.reading import read_bytes

_ENVIRONMENT = re.compile(r"aws://([0-9]{12}|unknown-account)/([a-z0-9-]+)")
_ASSET = re.compile(r"([0-9a-f]{64})[.]json$")
STACK = "aws:cloudformation:stack"
_OWN_FILES = ("manifest.json", "tree.json", "validation-report.json")
ASSETS = ".assets.json"
_OWN_ENDINGS = (ASSETS, ".metadata.json", ".nested.template.json")
Json = dict[str, object]


class StackArtifact(NamedTuple):
    """A stack of an assembly: what it is called, where it goes, and its template file.

    It is `placed` where the manifest names an environment, be it an open one.
    """

    name: str
    account: str | None
    region: str | None
    file: str
    placed: bool


class Assembly(NamedTuple):
    """A folder of the CDK: its stacks by the names of their template files, and its file assets."""

    folder: str
    stacks: dict[str, StackArtifact]
    assets: dict[str, str]

    def nested_file(self, metadata: object, url: object) -> str | None:
        """Find the template file of a nested stack: from its metadata, else from the assets."""
        path = metadata.get("aws:asset:path") if isinstance(metadata, dict) else None
        if isinstance(path, str):
            return path
        asset = _ASSET.search(url) if isinstance(url, str) else None
        return None if asset is None else self.assets.get(asset[1])

    def holds(self, file: str) -> bool:
        """Say whether a file of the folder is one of the CDK's own, and no stack."""
        return file not in self.stacks and (file in _OWN_FILES or file.endswith(_OWN_ENDINGS))

    def places(self, file: str) -> bool:
        """Say whether the manifest tells where a template of the folder goes."""
        return file in self.stacks and self.stacks[file].placed


def is_manifest(data: object) -> bool:
    """Say whether data is the manifest of a CDK assembly."""
    if not isinstance(data, dict) or "version" not in data:
        return False
    artifacts = data.get("artifacts")
    return isinstance(artifacts, dict) and any(
        isinstance(artifact, dict)
        and artifact.get("type") in (STACK, "cdk:cloud-assembly", "cdk:asset-manifest", "cdk:tree")
        for artifact in artifacts.values()
    )


def find_assembly(folder: str) -> Assembly | None:
    """Find the assembly that a folder is, by its manifest."""
    manifest = _load(_join(folder, "manifest.json"))
    if not isinstance(manifest, dict) or not is_manifest(manifest):
        return None
    assembly = assembly_of(folder, manifest)
    for name in sorted(os.listdir(folder or ".")):  # noqa: PTH208 - plain text paths everywhere
        if name.endswith(ASSETS):
            assembly.assets.update(asset_files(_load(_join(folder, name))))
    return assembly


def assembly_of(folder: str, manifest: Json) -> Assembly:
    """Read the manifest of a folder."""
    stacks: dict[str, StackArtifact] = {}
    artifacts = manifest.get("artifacts")
    for artifact_id, artifact in artifacts.items() if isinstance(artifacts, dict) else ():
        if not isinstance(artifact, dict) or artifact.get("type") != STACK:
            continue
        properties = artifact.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        file = properties.get("templateFile")
        if isinstance(file, str):
            name = properties.get("stackName", artifact.get("displayName", artifact_id))
            # What is made in a stack is named after it: without its name nobody knows what that is.
            named = isinstance(name, str)
            where = _environment(artifact.get("environment")) if named else None
            account, region = where or (None, None)
            stacks[file] = StackArtifact(
                str(name).replace("/", "-"), account, region, file, placed=where is not None
            )
    return Assembly(folder, stacks, {})


def _environment(value: object) -> tuple[str | None, str | None] | None:
    """Read ``aws://ACCOUNT/REGION``, either of which may be unknown; `None` for anything else."""
    match = _ENVIRONMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    account, region = match.groups()
    return (
        None if account == "unknown-account" else account,
        None if region == "unknown-region" else region,
    )


def asset_files(data: object) -> dict[str, str]:
    """Map the ids of the file assets that `STACK.assets.json` lists to files of the folder."""
    found: dict[str, str] = {}
    files = data.get("files") if isinstance(data, dict) else None
    for asset_id, asset in files.items() if isinstance(files, dict) else ():
        source = asset.get("source") if isinstance(asset, dict) else None
        path = source.get("path") if isinstance(source, dict) else None
        if isinstance(path, str):
            found[asset_id] = path
    return found


def _load(path: str) -> object:
    """Read a JSON file beside a source; `None` when there is none that can be read."""
    try:
        found: object = json.loads(read_bytes(path))
    except (OSError, ValueError, RecursionError):
        return None
    return found


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
