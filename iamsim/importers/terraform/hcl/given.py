"""Values of variables as people give them on the command line."""

from __future__ import annotations

from iamsim.core.errors import WorldError
from iamsim.importers.terraform.hcl.evaluate import Budget, Scope, evaluate
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl.parse import parse_hcl


def read_value(text: str) -> object:
    """Read a value as people give it: an expression, else a text."""
    try:
        body = parse_hcl(f"v = {text}\n", "the value of a variable")
    except WorldError:
        return text
    value = evaluate(
        body.attributes["v"].value,
        Scope(lambda *_: None, NO_FILES, Budget(), {}),
    )
    return text if isinstance(value, Unknown) else value


class _NoFiles:
    """Reads nothing."""

    def text(self, path: str) -> object:
        """Give nothing."""
        return Unknown(f"the file `{path}`")

    def exists(self, path: str) -> object:
        """Say nothing."""
        return Unknown(f"the file `{path}`")

    def template(self, path: str, names: dict[str, object]) -> object:
        """Give nothing."""
        del names
        return self.text(path)


NO_FILES = _NoFiles()
