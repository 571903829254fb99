"""The importer of CloudFormation templates: plain, of the CDK and of SAM.

Templates are kept until all sources were read, because stacks may import what others export.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.caret import quote
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.core.unknown import find_marker
from iamsim.importers.cloudformation.assembly import (
    Assembly,
    assembly_of,
    asset_files,
    find_assembly,
    is_manifest,
)
from iamsim.importers.cloudformation.naming import Environment
from iamsim.importers.cloudformation.reading_stack import read_stack
from iamsim.importers.cloudformation.templates import (
    Template,
    TemplateFile,
    is_template,
    nested_files,
    read_template,
    template_file,
)
from iamsim.importers.facts import report_dangling_targets
from iamsim.importers.lost import is_error
from iamsim.importers.reach import reach_of
from iamsim.importers.resource_kinds import name_like

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

UNKNOWN_REGION = "us-east-1"
MAX_ROUNDS = 10
MANIFEST = "manifest.json"
ENDINGS = (
    ".template.json",
    ".template.yaml",
    ".template.yml",
    ".template",
    ".json",
    ".yaml",
    ".yml",
)


class _State(NamedTuple):
    """What is kept of the sources of one draft."""

    templates: dict[str, TemplateFile]
    assemblies: dict[str, Assembly | None]
    manifests: dict[str, None]
    assets: dict[str, dict[str, str]]


class CloudFormation:
    """The importer of templates and of the CDK's output folders."""

    name = "CloudFormation"

    def recognises(self, source: Source) -> bool:
        """Templates have resources with types; a CDK folder has a manifest."""
        if is_template(source.data) or is_manifest(source.data):
            return True
        if _is_asset_manifest(source.data):
            return True
        folder, file = posixpath.split(source.path)
        assembly = find_assembly(folder)
        return assembly is not None and assembly.holds(file)

    def read(self, source: Source, draft: Draft) -> None:
        """Keep a template for later."""
        state = _state(draft)
        folder = posixpath.dirname(source.path)
        file = template_file(source.path, source.data, lambda: source.text)
        if file is not None:
            state.templates[source.path] = file
            _report_misfits(file.template, draft)
        elif isinstance(source.data, dict) and is_manifest(source.data):
            state.manifests[folder] = None
            # Inside of an archive there is no folder to look into.
            if find_assembly(folder) is None:
                state.assemblies[folder] = assembly_of(folder, source.data)
        elif _is_asset_manifest(source.data):
            state.assets.setdefault(folder, {}).update(asset_files(source.data))

    def finish(self, draft: Draft) -> None:
        """Read all templates: first what they export, then what they make."""
        state = _state(draft)
        for folder in state.manifests:
            assembly = _assembly(folder, state)
            if assembly is not None:
                assembly.assets.update(state.assets.get(folder, {}))
                _add_stacks(assembly, state)
        inner = {
            file
            for path, holder in state.templates.items()
            for file in _files_within(path, holder.template)
            if file != posixpath.normpath(path)
        }
        templates = [
            _prepare(path, file, state, draft)
            for path, file in sorted(state.templates.items())
            if posixpath.normpath(path) not in inner
            and not _is_inner(path, state)
            and not _is_placeless(path, state, draft)
        ]
        exports = _exports(templates, draft)
        for template in templates:
            draft.source = template.path
            known = dict(draft.options.exports) | exports.get(_place(template), {})
            read_stack(template.open(draft, known), draft)
        draft.source = ""
        report_dangling_targets(draft)


def _report_misfits(template: dict[str, object], draft: Draft) -> None:
    """Report what stands under `Resources` and is no resource: it may bear on all others."""
    resources = template.get("Resources")
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if name.startswith("Fn::ForEach::"):
            continue
        kind = resource.get("Type") if isinstance(resource, dict) else None
        properties = resource.get("Properties", {}) if isinstance(resource, dict) else None
        # CloudFormation refuses null everywhere.
        whole = isinstance(properties, dict) and None not in properties.values()
        lost = not whole or is_error(properties) or find_marker(properties) is not None
        lost = lost or (isinstance(properties, dict) and any(map(_is_function, properties)))
        if lost or not isinstance(kind, str) or "::" not in kind:
            what = "properties that can't be read" if lost else "no type"
            draft.unreadable(f"this resource has {what}", f"Resources.{name}")
            reach = reach_of(kind if "::" in str(kind) else None, properties, name)
            draft.doubt(f"{quote(name)} of the template can't be read", reach)


def _is_function(name: str) -> bool:
    """Say whether a name is that of a function, which no property has."""
    return name == "Ref" or name.startswith("Fn::")


def _files_within(path: str, template: dict[str, object]) -> list[str]:
    """List the templates of nested stacks, which are read with the stack around them."""
    folder = posixpath.dirname(path)
    return [posixpath.normpath(posixpath.join(folder, file)) for file in nested_files(template)]


def _is_asset_manifest(data: object) -> bool:
    """Say whether data lists the assets of a CDK stack."""
    return isinstance(data, dict) and data.keys() == {"version", "files", "dockerImages"}


def _state(draft: Draft) -> _State:
    """Give the room of this importer in a draft."""
    room = draft.state.setdefault(CloudFormation.name, {})
    state = room.setdefault("state", _State({}, {}, {}, {}))
    assert isinstance(state, _State)  # noqa: S101 - nobody else writes there
    return state


def _assembly(folder: str, state: _State) -> Assembly | None:
    if folder not in state.assemblies:
        state.assemblies[folder] = find_assembly(folder)
    return state.assemblies[folder]


def _is_inner(path: str, state: _State) -> bool:
    """Say whether a template is one of a nested stack, which is read with the stack around it."""
    folder, file = posixpath.split(path)
    assembly = _assembly(folder, state)
    return assembly is not None and assembly.holds(file)


def _is_placeless(path: str, state: _State, draft: Draft) -> bool:
    """Say whether a template of a CDK folder goes nobody knows where: then it is not known at all.

    Its manifest is lost, or does not name the stack with its environment.
    """
    folder, file = posixpath.split(path)
    assembly = _assembly(folder, state)
    if draft.options.account is not None:
        return False
    if assembly is None:
        placeless = folder in state.assets or posixpath.join(folder, MANIFEST) in draft.unread
    else:
        placeless = not assembly.places(file)
    if placeless:
        draft.source = path
        why = "the manifest of the CDK's folder does not tell where this template goes"
        draft.remark("account-unknown", f"{why}: `--account` says", severity="unknown")
        draft.lose(why)
    return placeless


def _add_stacks(assembly: Assembly, state: _State) -> None:
    """Add the templates that a manifest names, if they were not given themselves."""
    for file in assembly.stacks:
        path = posixpath.join(assembly.folder, file)
        if path not in state.templates:
            found = read_template(path)
            if found is not None:
                state.templates[path] = found


def _prepare(path: str, template: TemplateFile, state: _State, draft: Draft) -> Template:
    """Find the environment of a template: from the CDK, the user, or not at all."""
    folder, file = posixpath.split(path)
    assembly = _assembly(folder, state)
    artifact = None if assembly is None else assembly.stacks.get(file)
    options = draft.options
    name = artifact.name if artifact is not None else options.stack or _stem(file)
    account = (artifact and artifact.account) or options.account
    region = (artifact and artifact.region) or options.region
    environment = Environment(account or NO_ACCOUNT, region or UNKNOWN_REGION, name_like(name))
    if account is None:
        draft.source = path
        draft.remark(
            "account-unknown",
            f"the template does not say which account it is for: {quote(NO_ACCOUNT)} stands"
            " for it; `--account` says",
            severity="unknown",
        )
    return Template(
        path, template, environment, assembly, state.templates, region_known=region is not None
    )


def _stem(file: str) -> str:
    """Give the name of a stack from the name of its file."""
    ending = next((ending for ending in ENDINGS if file.lower().endswith(ending)), "")
    return file[: len(file) - len(ending)] or "stack"


def _place(template: Template) -> tuple[str, str]:
    return template.environment.account, template.environment.region


def _exports(templates: list[Template], draft: Draft) -> dict[tuple[str, str], dict[str, object]]:
    """Evaluate all exports; as long as some depend on others, again."""
    exports: dict[tuple[str, str], dict[str, object]] = {}
    for _ in range(MAX_ROUNDS):
        found: dict[tuple[str, str], dict[str, object]] = {}
        for template in templates:
            known = dict(draft.options.exports) | exports.get(_place(template), {})
            stack = template.open(None, known).stack
            found.setdefault(_place(template), {}).update(stack.exported())
        if found == exports:
            break
        exports = found
    return exports


IMPORTER = CloudFormation()
