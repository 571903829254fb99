"""Files of HCL: which they are, and what reading one gives."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from iamsim.syntax.hcl.parse import parse_hcl

if TYPE_CHECKING:
    from iamsim.syntax.hcl.tree import Body
    from iamsim.syntax.hcl.typed import TypedText

ENDINGS = (".tf", ".tfvars")
AUTOMATIC = ("terraform.tfvars", "*.auto.tfvars")


class HclFile(NamedTuple):
    """A file of a configuration, or of values of its variables."""

    path: str
    body: Body

    @property
    def is_values(self) -> bool:
        """Whether it gives values."""
        return self.path.endswith(".tfvars")


def is_hcl(path: str) -> bool:
    """Whether a file is one of HCL, by its name."""
    return path.lower().endswith(ENDINGS)


def is_automatic(path: str) -> bool:
    """Whether Terraform reads a file of values without being told."""
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in AUTOMATIC)


def read_hcl(path: str, text: str, typed: TypedText | None = None) -> HclFile:
    """Read the text of a file, which was `typed` before; raises what `parse_hcl` raises."""
    return HclFile(path, parse_hcl(text, path, typed))
