"""A configuration with its modules, each as often as it is called, and its resource instances.

https://developer.hashicorp.com/terraform/language/modules.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import WorldError
from iamsim.importers.terraform.addresses import Address, Key, ModulePath
from iamsim.importers.terraform.hcl.blocks import Values
from iamsim.importers.terraform.hcl.evaluate import Budget, Scope, evaluate, place_of, unknown_at
from iamsim.importers.terraform.hcl.files import ModuleFolder
from iamsim.importers.terraform.hcl.given import read_value
from iamsim.importers.terraform.hcl.modules import ModuleFiles, read_module
from iamsim.importers.terraform.hcl.providers import (
    added_attributes,
    own_provider,
    provider_arguments,
    provider_name,
    provider_of,
    shown_key,
)
from iamsim.importers.terraform.hcl.repetition import MAX_INSTANCES, collection_of, repetition
from iamsim.importers.terraform.hcl.types import convert
from iamsim.importers.terraform.hcl.values import Handle, as_text
from iamsim.importers.terraform.instances import Instance
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl import tree

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.importers.terraform.resolving import Plan
    from iamsim.syntax.hcl.file import HclFile

MAX_MODULES = 5_000
MAX_MODULE_DEPTH = 20
REST = 2
ResourceKey = tuple[str, str, str]


class Configured:
    """A root module with all below it. `plan` is told once the instances are known: what follows
    from names and places, such as ARNs, it says."""

    def __init__(
        self,
        folder: str,
        known: Callable[[str], Iterable[HclFile | WorldError] | None],
        given: Mapping[str, object],
        more_values: Iterable[HclFile] = (),
    ) -> None:
        """Read the files. `given` are values of variables as people write them on the command
        line, `more_values` the files of values that they name."""
        self.known = known
        self.budget = Budget()
        self.plan: Plan | None = None
        self.files: dict[str, ModuleFiles] = {}
        self.missing: dict[str, Span] = {}
        self.counted = 0
        self.modules = 0
        self.lost: list[tuple[str, Span]] = []
        """What is made in a number that is not known, and where that is said."""
        root = self.read(folder)
        self.root = Module(self, (), root)
        for file in more_values:
            root.values.update(file.body.attributes)
        self.root.given = dict(given)

    def read(self, folder: str) -> ModuleFiles:
        """Read the module in a folder, once."""
        if folder not in self.files:
            self.files[folder] = read_module(folder, self.known)
        return self.files[folder]

    def start(self, plan: Plan) -> None:
        """Take what says what follows; what was found before is found anew."""
        self.plan = plan
        self.lost.clear()
        for module in list(self.root.all_modules()):
            module.forget()
        self.counted = self.modules = 0

    def close(self) -> None:
        """Let go of what leads in circles, so that its memory is free at once."""
        for module in list(self.root.all_modules()):
            module.forget()
            module.files = ModuleFiles(module.files.folder)
        self.plan = None
        self.files.clear()
        self.known = lambda _: None

    def instances(self) -> dict[str, Instance]:
        """Give all resource instances by address."""
        found = {instance.text: instance for instance in self.root.all_instances()}
        return dict(sorted(found.items()))

    def providers(self) -> dict[str, dict[str, object]]:
        """Give the configurations of providers, as plans have them."""
        found: dict[str, dict[str, object]] = {}
        for module in self.root.all_modules():
            for block in module.files.providers:
                key = own_provider(module, provider_name(module, block))
                found[key] = {"expressions": provider_arguments(block, module.scope())}
        return found


class Call(NamedTuple):
    """What calls a module: the module around it, the block, the names that the block loops over,
    and what decides whether it is made at all."""

    parent: Module | None
    block: tree.Block | None
    names: Mapping[str, object]
    maybe: Unknown | None


class Module:
    """A module as it is called once: `names` are what its call loops over."""

    def __init__(
        self,
        configured: Configured,
        path: ModulePath,
        files: ModuleFiles,
        called_by: Call | None = None,
    ) -> None:
        """Take where it stands."""
        parent, call, names, maybe = called_by or Call(None, None, {}, None)
        self.configured = configured
        self.path = path
        self.files = files
        self.parent = parent
        self.call = call
        self.names = names
        self.depth = len(path)
        self.maybe = maybe
        self.given: dict[str, object] = {}
        self.folder = ModuleFolder(self)
        self.found: dict[tuple[str, str], object] = {}
        self.open: set[tuple[str, str]] = set()
        self.making: set[ResourceKey] = set()
        self.made: dict[ResourceKey, dict[Key, Instance]] = {}
        self.called: dict[str, dict[Key, Module] | Unknown] = {}

    @property
    def root(self) -> str:
        """The folder of the root module."""
        return self.configured.root.files.folder if self.parent is not None else self.files.folder

    def scope(self, names: Mapping[str, object] | None = None) -> Scope:
        """Give the scope of the module's expressions."""
        return Scope(self.find, self.folder, self.configured.budget, names or {})

    def forget(self) -> None:
        """Forget what was found before all could be known."""
        self.found.clear()
        self.made.clear()
        self.called.clear()

    def find(self, name: str, steps: list[object], span: Span) -> tuple[object, int] | None:
        """Find what a reference is about."""
        first = as_text(steps[0]) if steps else None
        if name == "path":
            texts = {"module": self.files.folder, "root": self.root, "cwd": self.root}
            return (texts[first] or ".", 1) if first in texts else None
        if name == "terraform":
            return Unknown("the workspace", place_of(span)), len(steps)
        if not isinstance(first, str) or name in ("each", "count", "self"):
            return None
        if name in ("var", "local"):
            return self.kept(name, first, span), 1
        if name == "module":
            return self.module_value(first, span), 1
        if name == "data":
            second = as_text(steps[1]) if len(steps) > 1 else None
            if not isinstance(second, str):
                return None
            return self.resource_value(("data", first, second), span), REST
        key = ("managed", name, first)
        return (self.resource_value(key, span), 1) if key in self.files.resources else None

    def kept(self, kind: str, name: str, span: Span) -> object:
        """Give a variable or a local, found once."""
        key = (kind, name)
        if key in self.found:
            return self.found[key]
        if key in self.open:
            return unknown_at(span, f"`{kind}.{name}`, which leads back to itself")
        self.open.add(key)
        try:
            value = self.variable(name, span) if kind == "var" else self.local(name, span)
        finally:
            self.open.discard(key)
        self.found[key] = value
        return value

    def local(self, name: str, span: Span) -> object:
        """Evaluate a local."""
        attribute = self.files.locals.get(name)
        if attribute is None:
            return unknown_at(span, f"`local.{name}`, which is not there")
        return evaluate(attribute.value, self.scope())

    def variable(self, name: str, span: Span) -> object:
        """Give the value of a variable: what is given, what the call says, else its default."""
        block = self.files.variables.get(name)
        attributes = {} if block is None else block.body.attributes
        kind = attributes["type"].value if "type" in attributes else None
        value = self.given_value(name, kind)
        if value is None and "default" in attributes:
            value = evaluate(attributes["default"].value, self.scope())
        elif value is None:
            place = span if block is None else block.span
            return Unknown(f"the variable `{name}`", place_of(place))
        return convert(value, kind, lambda item: evaluate(item, self.scope()))

    def given_value(self, name: str, kind: tree.Expression | None) -> object:
        """Give the value that a variable is given, `None` for none."""
        if self.parent is not None and self.call is not None:
            attribute = self.call.body.attributes.get(name)
            if attribute is None:
                return None
            return evaluate(attribute.value, self.parent.scope(self.names))
        if name in self.given:
            text = self.given[name]
            simple = isinstance(kind, tree.Variable) and kind.name == "string"
            return text if simple or not isinstance(text, str) else read_value(text)
        attribute = self.files.values.get(name)
        return None if attribute is None else evaluate(attribute.value, self.scope())

    def note(self, shown: str, span: Span) -> None:
        """Note that it is not known how many there are of something."""
        if self.configured.plan is not None:
            self.configured.lost.append((shown, span))

    def instances_of(self, key: ResourceKey) -> dict[Key, Instance]:
        """Give the instances of a resource, made once."""
        if key in self.made:
            return self.made[key]
        mode, kind, name = key
        block = self.files.resources[key]
        prefix = "".join(f"module.{entry}{shown_key(own)}." for entry, own in self.path)
        shown = f"{prefix}{'data.' if mode == 'data' else ''}{kind}.{name}"
        instances: dict[Key, Instance] = {}
        for own, names, maybe in repetition(
            block, self.scope(), lambda span: self.note(shown, span)
        ):
            self.configured.counted += 1
            if self.configured.counted > MAX_INSTANCES:
                raise WorldError(
                    "hcl-too-large",
                    f"the configuration makes more than {MAX_INSTANCES} resource instances",
                    span=block.span,
                )
            unsure = maybe or self.maybe
            text = f"{shown}[?]" if maybe is not None else f"{shown}{shown_key(own)}"
            values = Values(block.body, self.scope(names), added_attributes(self, block, mode))
            instances[own] = Instance(
                text,
                Address(self.path, mode, kind, name, own),
                values,
                provider_of(self, block, kind),
                unsure,
                block.span,
            )
        self.made[key] = instances
        return instances

    def resource_value(self, key: ResourceKey, span: Span) -> object:
        """Give what a reference to a resource stands for: one, a list or a map."""
        block = self.files.resources.get(key)
        if block is None:
            return unknown_at(span, f"`{' '.join(span.text.split())}`, which is not there")
        if key in self.making:
            return unknown_at(span, f"`{' '.join(span.text.split())}`, which leads back to itself")
        self.making.add(key)
        try:
            instances = self.instances_of(key)
        finally:
            self.making.discard(key)
        return collection_of(
            block, {own: self.handle(instance) for own, instance in instances.items()}
        )

    def handle(self, instance: Instance) -> Handle:
        """Give an instance as a value of expressions."""
        return Handle(instance.text, lambda name, span: self.attribute(instance, name, span))

    def attribute(self, instance: Instance, name: str, span: Span | None) -> object:
        """Give an attribute of an instance: as written, else as it follows from the rest."""
        values = instance.values
        value = values.written(name) if isinstance(values, Values) and name in values else None
        if value is not None and not isinstance(value, Unknown):
            return value
        plan = self.configured.plan
        where = "" if span is None else place_of(span)
        unknown = value if value is not None else Unknown(f"`{instance.text}.{name}`", where)
        if plan is None:
            return unknown
        kind = plan.kind(instance)
        if instance.address.mode == "data" and name == "arn" and kind and "{path}" in kind.arn:
            return unknown  # the path of what is there already is not told
        if value is not None and kind is not None and name == kind.name_argument:
            return plan.name(instance)
        found = plan.attribute(instance, name)
        return unknown if found is None else found

    def module_value(self, name: str, span: Span) -> object:
        """Give what a reference to a module stands for."""
        block = self.files.calls.get(name)
        if block is None:
            return unknown_at(span, f"`module.{name}`, which is not there")
        modules = self.modules_of(name)
        if isinstance(modules, Unknown):
            return modules
        handles = {own: Handle(f"module.{name}", module.output) for own, module in modules.items()}
        return collection_of(block, handles)

    def output(self, name: str, span: Span | None) -> object:
        """Evaluate an output."""
        block = self.files.outputs.get(name)
        attribute = None if block is None else block.body.attributes.get("value")
        if attribute is None:
            shown = ".".join(f"module.{entry}" for entry, _ in self.path)
            return Unknown(f"`{shown}.{name}`", "" if span is None else place_of(span))
        key = ("output", name)
        if key in self.found:
            return self.found[key]
        if key in self.open:
            return Unknown(f"the output `{name}`, which leads back to itself")
        self.open.add(key)
        try:
            value = evaluate(attribute.value, self.scope())
        finally:
            self.open.discard(key)
        self.found[key] = value
        return value

    def modules_of(self, name: str) -> dict[Key, Module] | Unknown:
        """Give the modules that a call makes; those that are not on disk are not known."""
        if name in self.called:
            return self.called[name]
        block = self.files.calls[name]
        self.called[name] = Unknown(f"`module.{name}`, which leads back to itself")
        files = self.module_files(block)
        if isinstance(files, Unknown):
            self.called[name] = files
            return files
        modules: dict[Key, Module] = {}
        shown = "".join(f"module.{entry}." for entry, _ in self.path) + f"module.{name}"
        for own, names, maybe in repetition(
            block, self.scope(), lambda span: self.note(shown, span)
        ):
            self.configured.modules += 1
            if self.configured.modules > MAX_MODULES or self.depth >= MAX_MODULE_DEPTH:
                message = f"more than {MAX_MODULES} modules, or {MAX_MODULE_DEPTH} in one another"
                raise WorldError("hcl-too-large", message, span=block.span)
            modules[own] = Module(
                self.configured,
                (*self.path, (name, own)),
                files,
                Call(self, block, names, maybe or self.maybe),
            )
        self.called[name] = modules
        return modules

    def module_files(self, block: tree.Block) -> ModuleFiles | Unknown:
        """Read the module that a call names, where it is on disk."""
        attribute = block.body.attributes.get("source")
        source = None if attribute is None else evaluate(attribute.value, self.scope())
        span = block.span if attribute is None else attribute.span
        if (isinstance(source, str) and source.startswith(("./", "../", "/"))) or source in (
            ".",
            "..",
        ):
            folder = posixpath.normpath(posixpath.join(self.files.folder or ".", str(source)))
        else:
            folder = self.installed(block.labels[0]) or ""
        files = self.configured.read("" if folder == "." else folder) if folder else None
        if files is not None and (files.paths or files.problems):
            return files
        self.configured.missing[f"{source}"] = span
        return unknown_at(span, f"the module `{source}`, which is not here")

    def installed(self, name: str) -> str | None:
        """Find a module that `terraform init` has put below the root module.

        https://developer.hashicorp.com/terraform/cli/commands/get.
        """
        manifest = posixpath.join(self.root or ".", ".terraform", "modules", "modules.json")
        content = self.folder.content(manifest)
        wanted = ".".join([*(member for member, _ in self.path), name])
        try:
            listed = json.loads(content)["Modules"] if isinstance(content, str) else []
            for entry in listed:
                if entry["Key"] == wanted:
                    return posixpath.normpath(posixpath.join(self.root or ".", entry["Dir"]))
        except (ValueError, KeyError, TypeError):
            return None
        return None

    def all_modules(self) -> Iterator[Module]:
        """Go through this module and those below it."""
        yield self
        for name in self.files.calls:
            modules = self.modules_of(name)
            for module in modules.values() if isinstance(modules, dict) else ():
                yield from module.all_modules()

    def all_instances(self) -> Iterator[Instance]:
        """Go through the instances of this module and those below it."""
        for module in self.all_modules():
            for key in module.files.resources:
                yield from module.instances_of(key).values()
