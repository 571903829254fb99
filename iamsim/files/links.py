"""Which files belong to a folder: those below it, and those of the repository around it."""

from __future__ import annotations

import os

LED_OUTSIDE = "a symbolic link that leads out of the repository is not followed"


def belongs_to(path: str, *folders: str) -> bool:
    """Whether a file lies, links followed, below one of the folders, or below the repository of
    git that the first of them is in."""
    real = os.path.realpath(path)
    tops = [os.path.realpath(folder or ".") for folder in folders]
    above = tops[0]
    while (parent := os.path.dirname(above)) != above:  # noqa: PTH120 - plain text paths everywhere
        if os.path.exists(os.path.join(above, ".git")):  # noqa: PTH110, PTH118 - as above
            tops.append(above)
            break
        above = parent
    return any(real == top or real.startswith(top + os.sep) for top in tops)


def leads_outside(path: str) -> bool:
    """Whether a path is a link to something that does not belong to the folder it stands in."""
    return os.path.islink(path) and not belongs_to(path, os.path.dirname(path))  # noqa: PTH114, PTH120
