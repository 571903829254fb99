"""Commands that need an extra, and what is said where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from iamsim.core.errors import RequestError


def require_extra(extra: str, *modules: str) -> None:
    """Raise `RequestError` where a module that an extra installs is not there."""
    if any(find_spec(module) is None for module in modules):
        raise RequestError(
            "extra-missing",
            f"this command needs the extra `{extra}`, which is not installed",
            hint=f"pip install 'iamsim[{extra}]'",
        )
