"""Lines of Python that use boto3: which calls they make. Nothing is run.

https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import Any

from iamsim.calls.boto3_resources import Thing, made_by, method_of
from iamsim.calls.data import Service, find_service, plain, service_names
from iamsim.calls.names import service_of
from iamsim.core.errors import RequestError

OPEN = "*"
CLIENT_WORDS = ("client", "resource", "cli", "boto", "boto3")
NOT_CALLS = frozenset(
    {
        "client",
        "resource",
        "get_paginator",
        "get_waiter",
        "session",
        "close",
        "can_paginate",
        "paginate",
        "wait",
        "build_full_result",
        "search",
        "print",
        "add_to_query",
    }
)


@dataclass(slots=True)
class PythonCall:
    """A call of a client's method: its service, the method, parameters, and what is not known."""

    service: str
    method: str
    parameters: dict[str, Any]
    region: str | None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Client:
    """A client, or what `boto3.resource` gives."""

    service: str
    region: str | None = None


@dataclass(slots=True)
class Bound:
    """A paginator or waiter: the operation that it calls."""

    client: Client
    operation: str


@dataclass(slots=True)
class Sessions:
    """The module boto3, or a session of it with a Region."""

    region: str | None = None


class _Unknown:
    """A value that the text does not tell."""


UNKNOWN = _Unknown()


class _Reader:
    """Walks through the lines, and remembers what names stand for."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"boto3": Sessions(), "session": Sessions()}
        self.calls: list[PythonCall] = []
        self.notes: list[str] = []

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401, C901, PLR0912
        """What an expression is, as far as the text tells."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.names.get(node.id, UNKNOWN)
            case ast.List() | ast.Tuple() | ast.Set():
                return [self.known(elt) for elt in node.elts]
            case ast.Dict():
                return {
                    str(self.known(key)): self.known(entry)
                    for key, entry in zip(node.keys, node.values, strict=True)
                    if key is not None
                }
            case ast.JoinedStr():
                return "".join(
                    str(part.value) if isinstance(part, ast.Constant) else self._part(part)
                    for part in node.values
                )
            case ast.BinOp(op=ast.Add()):
                left, right = self.known(node.left), self.known(node.right)
                both = isinstance(left, str) and isinstance(right, str)
                return left + right if both else UNKNOWN
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
                return -number
            case ast.Await():
                return self.value(node.value)
            case ast.Call():
                return self.call(node)
            case ast.Attribute():
                return self._attribute(node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)
                return UNKNOWN

    def _part(self, part: ast.expr) -> str:
        value = self.value(part.value) if isinstance(part, ast.FormattedValue) else UNKNOWN
        return str(value) if isinstance(value, str | int) else self._open(part)

    def known(self, node: ast.expr) -> Any:  # noqa: ANN401 - as above
        """What an expression is; `*` with a note where the text does not tell."""
        value = self.value(node)
        return self._open(node) if value is UNKNOWN or not _is_plain(value) else value

    def _open(self, node: ast.AST) -> str:
        text = ast.unparse(node)
        note = f"the value of `{text[:80]}` is not known"
        if note not in self.notes:
            self.notes.append(note)
        return OPEN

    def _attribute(self, node: ast.Attribute) -> Any:  # noqa: ANN401 - as above
        base = self.value(node.value)
        if isinstance(base, tuple) and base[:1] == ("thing",):
            return ("attribute", base, node.attr)
        if isinstance(base, Client) and node.attr == "meta":
            return ("meta", base)
        if isinstance(base, tuple) and base[:1] == ("meta",) and node.attr == "client":
            return base[1]
        if isinstance(base, Sessions) and node.attr == "session":
            return base
        return UNKNOWN

    def call(self, node: ast.Call) -> Any:  # noqa: ANN401 - as above
        """A call: of boto3, of a client, of a resource, or of something else."""
        if not isinstance(node.func, ast.Attribute):
            for arg in node.args:
                self.value(arg)
            return UNKNOWN
        method = node.func.attr
        base = self.value(node.func.value)
        if base is UNKNOWN and isinstance(node.func.value, ast.Name):
            base = self._guess(node.func.value.id, method)
        if base is UNKNOWN:
            base = self._guess_attribute(node.func.value, method)
        match base:
            case Sessions():
                return self._of_sessions(base, method, node)
            case Client():
                return self._of_client(base, method, node)
            case Bound():
                if method in ("paginate", "wait"):
                    self._add(
                        base.client, base.operation, node, drop=("WaiterConfig", "PaginationConfig")
                    )
                return UNKNOWN
            case ("thing", Client() as client, thing) | (
                "attribute",
                ("thing", Client() as client, thing),
                _,
            ):
                return self._of_thing(client, thing, base, method, node)
            case _:
                for arg in [*node.args, *(word.value for word in node.keywords)]:
                    self.value(arg)
                return UNKNOWN

    def _of_sessions(self, sessions: Sessions, method: str, node: ast.Call) -> Any:  # noqa: ANN401
        given = self._keywords(node)
        region = given.get("region_name", sessions.region)
        region = region if isinstance(region, str) and region != OPEN else None
        if method in ("Session", "session"):
            return Sessions(region)
        if method in ("client", "resource"):
            name = self.known(node.args[0]) if node.args else given.get("service_name", OPEN)
            if not isinstance(name, str) or name == OPEN:
                raise RequestError("unknown-service", "which service the client is of is not known")
            if len(node.args) > 1 and isinstance(self.value(node.args[1]), str):
                region = self.value(node.args[1])
            client = Client(service_of(name), region)
            return client if method == "client" else ("thing", client, made_by(name))
        return UNKNOWN

    def _of_client(self, client: Client, method: str, node: ast.Call) -> Any:  # noqa: ANN401
        if method in ("get_paginator", "get_waiter"):
            name = str(self.known(node.args[0])) if node.args else OPEN
            if method == "get_paginator":
                return Bound(client, name)
            from iamsim.calls.command_line import waiter_operation

            operation = waiter_operation(client.service, name)
            if operation is None:
                raise RequestError(
                    "unknown-operation", f"`{client.service}` has no waiter `{name}`"
                )
            return Bound(client, operation)
        if method in NOT_CALLS or method.startswith("_"):
            return UNKNOWN
        self._add(client, method, node)
        return UNKNOWN

    def _of_thing(
        self,
        client: Client,
        thing: Thing,
        base: tuple[Any, ...],
        method: str,
        node: ast.Call,
    ) -> Any:  # noqa: ANN401 - as above
        positional = [self.known(arg) for arg in node.args]
        given = self._keywords(node)
        collection = base[2] if base[0] == "attribute" else None
        result = method_of(thing, collection, method, positional, given)
        if result is None:
            raise RequestError(
                "unknown-operation",
                f"which call `{method}` of {thing.name} makes is not known",
                hint="write the client's method",
            )
        if result.operation is not None:
            self.calls.append(
                PythonCall(client.service, result.operation, result.parameters, client.region)
            )
        return ("thing", client, result.thing) if result.thing is not None else UNKNOWN

    def _keywords(self, node: ast.Call) -> dict[str, Any]:
        keywords: dict[str, Any] = {}
        for word in node.keywords:
            if word.arg is not None:
                keywords[word.arg] = self.known(word.value)
                continue
            value = self.value(word.value)
            if isinstance(value, dict):
                keywords |= value
            else:
                self._open(word.value)
        return keywords

    def _add(self, client: Client, method: str, node: ast.Call, drop: tuple[str, ...] = ()) -> None:
        parameters = self._keywords(node)
        positional = [self.known(arg) for arg in node.args]
        names = POSITIONAL.get(plain(method), ())
        parameters |= dict(zip(names, positional, strict=False))
        for name in drop:
            parameters.pop(name, None)
        self.calls.append(PythonCall(client.service, method, parameters, client.region))

    def _guess(self, name: str, method: str) -> Any:  # noqa: ANN401 - as above
        """A name that nothing was said about: a client, if it is called like its service."""
        if name in ("self", "cls", "json", "os", "logging", "print", "time", "datetime"):
            return UNKNOWN
        words = [word for word in name.lower().split("_") if word not in CLIENT_WORDS]
        for candidate in ("_".join(words), words[0] if words else ""):
            try:
                service = service_of(candidate) if candidate else None
            except RequestError:
                continue
            if service is not None and _has(find_service(service), method):
                self._guessed(name, service)
                return Client(service)
        having = [
            service_name
            for service_name in service_names()
            if _has(find_service(service_name), method)
        ]
        if plain(method) in POSITIONAL and "s3" not in having and not having:
            having = ["s3"]
        if len(having) == 1:
            self._guessed(name, having[0])
            return Client(having[0])
        if having:
            raise RequestError(
                "unknown-service",
                f"which service `{name}` is a client of is not known",
                hint=f"write `boto3.client(...)` in front; `{method}` is an operation of"
                f" {', '.join(having[:6])}{' and others' if len(having) > 6 else ''}",  # noqa: PLR2004
            )
        return UNKNOWN

    def _guess_attribute(self, node: ast.expr, method: str) -> Any:  # noqa: ANN401 - as above
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._guess(node.attr, method)
        return UNKNOWN

    def _guessed(self, name: str, service: str) -> None:
        note = f"`{name}` is taken for a client of `{service}`"
        if note not in self.notes:
            self.notes.append(note)

    def run(self, tree: ast.Module) -> None:
        """Read every statement, in the order of the text."""
        for statement in ast.walk(tree):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement)
        self._statements(tree.body)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import) and alias.name == "boto3":
                self.names[alias.asname or "boto3"] = Sessions()

    def _statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.names[name] = self.value(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.names[name] = self.value(value)
                case _:
                    self._parts(statement)

    def _parts(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statements([child])
            elif isinstance(child, ast.expr):
                self.value(child)
            else:
                self._parts(child)


POSITIONAL = {
    "uploadfile": ("Filename", "Bucket", "Key", "ExtraArgs", "Callback", "Config"),
    "uploadfileobj": ("Fileobj", "Bucket", "Key", "ExtraArgs", "Callback", "Config"),
    "downloadfile": ("Bucket", "Key", "Filename", "ExtraArgs", "Callback", "Config"),
    "downloadfileobj": ("Bucket", "Key", "Fileobj", "ExtraArgs", "Callback", "Config"),
    "copy": ("CopySource", "Bucket", "Key", "ExtraArgs", "Callback", "SourceClient", "Config"),
    "generatepresignedurl": ("ClientMethod", "Params", "ExpiresIn", "HttpMethod"),
    "generatepresignedpost": ("Bucket", "Key", "Fields", "Conditions", "ExpiresIn"),
}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bytes | int | float | bool | list | dict)


def _has(service: Service | None, method: str) -> bool:
    if service is None:
        return False
    if service.name == "s3" and plain(method) in POSITIONAL:
        return True
    if method in ("get_paginator", "get_waiter"):
        return True
    return service.operation(method) is not None


def python_calls(text: str) -> tuple[list[PythonCall], list[str]]:
    """Read lines of Python; raises `RequestError` for what is no Python, or calls nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in the line is not about us
            tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RequestError(
            "unreadable-line",
            f"the line is neither a command of the AWS CLI nor Python: {error}",
            hint='write `aws SERVICE OPERATION ...`, or `boto3.client("SERVICE").operation(...)`',
        ) from error
    reader = _Reader()
    try:
        reader.run(tree)
    except RecursionError as error:
        raise RequestError("unreadable-line", "the line is nested too deeply") from error
    return reader.calls, reader.notes
