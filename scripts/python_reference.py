"""The page about the Python interface, made from the public names, their arguments and docstrings.

Read from the source, not from loaded objects, so that every version of Python makes the same page.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import iamsim

# The public modules; what they list in `__all__` is what may be relied on.
MODULES = ("iamsim", "iamsim.testing", "iamsim.testing.laws")
WIDTH = 88
INTRODUCTION = (
    "What these modules list in `__all__` is public; everything else may change. How it is used:"
    " [from Python](../how-to/use-from-python.md), [in tests](../how-to/test-permissions.md),"
    " [for laws](../how-to/write-guardrail-laws.md)."
)
Definition = ast.ClassDef | ast.FunctionDef
PROMPTS = re.compile(r"^(>>> .*(?:\n.+)*)", re.MULTILINE)


def python_reference() -> str:
    """Write the page."""
    lines = [
        "# The Python interface\n",
        INTRODUCTION,
    ]
    for name in MODULES:
        module = importlib.import_module(name)
        lines += [f"\n## {name}\n", documented(inspect.getdoc(module) or "")]
        for public in sorted(module.__all__, key=lambda public: (public.isupper(), public.lower())):
            lines += entry(name, public, getattr(module, public))
    return "\n".join(lines) + "\n"


def documented(text: str) -> str:
    """Make Markdown of a docstring: what stands at prompts is a block, literals have one mark."""
    text = PROMPTS.sub(r"```pycon\n\1\n\n```", text.strip())
    return re.sub(r"(?<!`)``([^`\n]+)``(?!`)", r"`\1`", text)


def entry(module: str, name: str, value: object) -> list[str]:
    """Describe one public name."""
    lines = [f"\n### {name}\n"]
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return [*lines, f"```text\n{module}.{name}: {type(value).__name__}\n```"]
    node = definition(value)
    if isinstance(node, ast.FunctionDef):
        return [*lines, signature(node, name), "", described(node)]
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    lines += [f"```text\nclass {name}{f'({bases})' if bases else ''}\n```\n", described(node)]
    if fields := [line for part in node.body if (line := field(part))]:
        lines += ["", *fields]
    for part in (*node.body, *inherited(value)):
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
            lines += [
                f"\n#### {name}.{part.name}\n",
                signature(part, part.name),
                "",
                described(part),
            ]
    return lines


def inherited(value: object) -> list[ast.stmt]:
    """What a class has from bases that have no name of their own in the interface."""
    bases = [
        base
        for base in getattr(value, "__mro__", ())[1:]
        if base.__module__.startswith("iamsim.api.") and not hasattr(iamsim, base.__name__)
    ]
    return [part for base in bases for part in definition(base).body]


def definition(value: type | object) -> Definition:
    """Find where a class or function is defined in its source."""
    home = importlib.import_module(str(getattr(value, "__module__", "")))
    name = str(getattr(value, "__name__", ""))
    tree = ast.parse(Path(str(home.__file__)).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
    message = f"{home.__name__} does not define {name}"
    raise LookupError(message)


def described(node: Definition) -> str:
    """Give the docstring of a definition."""
    return documented(ast.get_docstring(node) or "")


def field(node: ast.stmt) -> str:
    """Describe a field of a data class or a member of an enumeration; else nothing."""
    if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
        return f"- `{ast.unparse(node.target)}`: `{ast.unparse(node.annotation)}`"
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        target = ast.unparse(node.targets[0])
        return "" if target.startswith("_") else f"- `{target}` = `{ast.unparse(node.value)}`"
    return ""


def signature(node: ast.FunctionDef, name: str) -> str:
    """Write how a function is called, an argument a line where one line is too long."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    parts = [argument(member, value) for member, value in zip(positional, defaults, strict=True)]
    parts = [part for part in parts if part not in {"self", "cls"}]
    if arguments.vararg:
        parts.append(f"*{argument(arguments.vararg, None)}")
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [
        argument(member, value)
        for member, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        parts.append(f"**{argument(arguments.kwarg, None)}")
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if any(ast.unparse(member).endswith("property") for member in node.decorator_list):
        return f"```text\n{name}{gives.replace(' ->', ':', 1)}\n```"
    line = f"{name}({', '.join(parts)}){gives}"
    if len(line) > WIDTH:
        line = "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){gives}"])
    return f"```text\n{line}\n```"


def argument(node: ast.arg, default: ast.expr | None) -> str:
    """Write one argument with its type and default."""
    text = f"{node.arg}: {ast.unparse(node.annotation)}" if node.annotation else node.arg
    if default is None:
        return text
    return (
        f"{text} = {ast.unparse(default)}" if node.annotation else f"{text}={ast.unparse(default)}"
    )
