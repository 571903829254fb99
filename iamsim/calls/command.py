"""The parts of a command of the AWS CLI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CommandLine:
    """A command's parts: service, operation, its options, and what belongs to every command."""

    service: str = ""
    operation: str = ""
    words: list[str] = field(default_factory=list)
    region: str | None = None
    account: str | None = None
    notes: list[str] = field(default_factory=list)
    json_input: dict[str, Any] = field(default_factory=dict)
    profile: str | None = None
    unsigned: bool = False
    skipped: str | None = None
