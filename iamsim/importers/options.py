"""What the user says about sources beyond their paths."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the user said about sources: `about` is the ARN or id that a path is about.

    `account` owns what no source says the account of, and `region` is where it is; `owners` are the
    accounts of resources, by ARN. Templates take
    `parameters` and `exports` by name and the name of their `stack`; of a plan, `planned` asks for
    the world behind it, else for the one before.
    """

    about: dict[str, str] = field(default_factory=dict)
    account: str | None = None
    owners: dict[str, str] = field(default_factory=dict)
    region: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    stack: str | None = None
    planned: bool = True
