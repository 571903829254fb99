"""Where the packed data stands, and how its small text files are read."""

from __future__ import annotations

import os

from iamsim.files.reading import read_text

_FOLDER = os.path.join(os.path.dirname(__file__), "data")  # noqa: PTH118, PTH120 - import time


def data_path(name: str) -> str:
    """Give the path of a file of the packed data."""
    return os.path.join(_FOLDER, name)  # noqa: PTH118 - pathlib would double the import time


def data_lines(name: str) -> list[str]:
    """Read a text file of the packed data, without its comments and empty lines."""
    lines = read_text(data_path(name)).split("\n")
    return [line for line in lines if line and not line.startswith("#")]
