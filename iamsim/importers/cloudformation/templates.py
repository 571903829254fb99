"""Templates at hand: how they are recognised, prepared (SAM, loops) and opened as stacks."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.resource_types import find_type
from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.importers.cloudformation.for_each import write_out_loops
from iamsim.importers.cloudformation.places import TemplateText
from iamsim.importers.cloudformation.sam import TRANSFORM, expand_sam, is_sam
from iamsim.importers.cloudformation.stack import Stack
from iamsim.importers.reach import EVERYTHING, reach_of
from iamsim.importers.short_forms import read_short_form
from iamsim.importers.unread import documents_within
from iamsim.world.documents import parse_document, read_document

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.assembly import Assembly
    from iamsim.importers.cloudformation.naming import Environment
    from iamsim.importers.draft import Draft

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
# Transforms of AWS that change no policy of the template:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html.
BESIDE = (
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::ServiceCatalog",
)
NESTED_STACK = "AWS::CloudFormation::Stack"
MAX_NESTING = 8
Json = dict[str, object]


def is_template(data: object) -> bool:
    """Say whether data is a template, or the output of `get-template` around one."""
    return template_of(data) is not None


def template_of(data: object) -> Json | None:
    """Give the template that data is or holds."""
    if not isinstance(data, dict):
        return None
    body = data.get("TemplateBody")
    if isinstance(body, str) and "Resources" in body:
        try:
            body = parse_document(body, "TemplateBody", read_tag=read_short_form).data
        except WorldError:
            return None
    template = body if isinstance(body, dict) else data
    resources = template.get("Resources")
    if not isinstance(resources, dict):
        return None
    typed = (
        name.startswith("Fn::ForEach::")
        or (isinstance(resource, dict) and "::" in str(resource.get("Type")))
        for name, resource in resources.items()
        if isinstance(name, str)
    )
    return template if any(typed) else None


class TemplateFile(NamedTuple):
    """A template with the text that it was read from."""

    template: Json
    text: TemplateText


def read_template(path: str) -> TemplateFile | None:
    """Read a template from a file beside a source; `None` when there is none."""
    try:
        document = read_document(path, read_tag=read_short_form)
    except WorldError:
        return None
    return template_file(path, document.data, lambda: document.source.text)


def template_file(path: str, data: object, read: Callable[[], str]) -> TemplateFile | None:
    """Give the template that the data of a file is or holds."""
    template = template_of(data)
    if template is None:
        return None
    return TemplateFile(template, TemplateText(path, data, template, read))


def nested_files(template: Mapping[str, object]) -> Iterator[str]:
    """Name the files of nested stacks, as they are written before a template is packaged."""
    resources = template.get("Resources")
    for resource in resources.values() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and resource.get("Type") == NESTED_STACK:
            properties = resource.get("Properties")
            url = properties.get("TemplateURL") if isinstance(properties, dict) else None
            if isinstance(url, str) and "://" not in url:
                yield url


class OpenStack(NamedTuple):
    """A stack with the place of its resources in the source: nothing, or the stacks around it."""

    stack: Stack
    prefix: str = ""
    region_known: bool = True


class Template(NamedTuple):
    """A template with its environment, the CDK folder that it is in (if it is), and all others."""

    path: str
    file: TemplateFile
    environment: Environment
    assembly: Assembly | None
    others: Mapping[str, TemplateFile]
    region_known: bool = True

    def open(self, draft: Draft | None, exports: Mapping[str, object]) -> OpenStack:
        """Make the stack; remarks are made where a draft is given."""
        given = {} if draft is None else dict(draft.options.parameters)
        if draft is None:
            return OpenStack(self._stack(self.file, self.environment, given, exports, None, 0))
        stack = self._stack(self.file, self.environment, given, exports, draft, 0)
        return OpenStack(stack, region_known=self.region_known)

    def _stack(
        self,
        file: TemplateFile,
        environment: Environment,
        parameters: Mapping[str, object],
        exports: Mapping[str, object],
        draft: Draft | None,
        depth: int,
    ) -> Stack:
        """Make a stack of a template, its loops written out and SAM's resources expanded."""

        def remark(place: str, code: str, message: str) -> None:
            if draft is not None:
                draft.remark(code, message, place, "unknown")

        def in_resource(logical_id: str, code: str, message: str) -> None:
            remark(f"Resources.{logical_id}", code, message)

        def left_out(loop: str, content: object) -> None:
            message = f"the loop {quote(loop)} is left out"
            remark("Resources", "not-expanded", message)
            if draft is not None:
                _doubt_loop(message, content, draft)

        template = file.template
        transforms = template.get("Transform")
        for transform in transforms if isinstance(transforms, list) else [transforms]:
            name = transform.get("Name") if isinstance(transform, dict) else transform
            if name not in (None, TRANSFORM, LANGUAGE_EXTENSIONS):
                message = f"the transform {quote(str(name))} is not applied"
                remark("Transform", "not-expanded", message)
                if draft is not None and name not in BESIDE:
                    draft.lose(message)
                    draft.doubt(message, EVERYTHING)
        plain = Stack(template, environment, parameters, exports)
        written = write_out_loops(
            template,
            plain.evaluate,
            left_out,
        )
        expanded = written if isinstance(written, dict) else template
        if is_sam(expanded):
            expanded = expand_sam(expanded, in_resource)
        stack = Stack(expanded, environment, parameters, exports, text=file.text)
        stack.open_nested = self._nested_opener(stack, exports, draft, depth)
        return stack

    def _nested_opener(
        self, stack: Stack, exports: Mapping[str, object], draft: Draft | None, depth: int
    ) -> Callable[[str, Mapping[str, object]], Stack | None]:
        """Make what finds and opens the nested stacks of a stack."""

        def open_nested(logical_id: str, parameters: Mapping[str, object]) -> Stack | None:
            url = stack.properties(logical_id).get("TemplateURL")
            file = url if isinstance(url, str) and "://" not in url else None
            if self.assembly is not None:
                metadata = stack.resources[logical_id].get("Metadata")
                file = self.assembly.nested_file(metadata, url) or file
            if file is None or depth >= MAX_NESTING:
                return None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), file))
            found = self.others.get(path) or read_template(path)
            if found is None:
                return None
            inside = stack.environment._replace(stack=f"{stack.environment.stack}-{logical_id}")
            return self._stack(found, inside, parameters, exports, draft, depth + 1)

        return open_nested


def _doubt_loop(message: str, content: object, draft: Draft) -> None:
    """Doubt what the resources of a loop can bear on that is left out: policies on others, and
    what has one of its own on itself."""
    made = [entry for entry in _maps_within(content) if "::" in str(entry.get("Type"))]
    for resource in made or [{}]:
        kind, properties = resource.get("Type"), resource.get("Properties")
        reach, row = reach_of(kind, properties), find_type(str(kind))
        is_resource = row is not None and reach.services is not None
        if not is_resource:
            draft.doubt(message, reach)
        if reach.kinds and (not is_resource or any(documents_within(properties))):
            draft.lose(message, reach.services)


def _maps_within(value: object) -> Iterator[Json]:
    """Go through all maps in a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _maps_within(item)
