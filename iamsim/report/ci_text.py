"""What build servers read: workflow commands of GitHub Actions, and text inside XML.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from iamsim.core.caret import without_orders

# What XML 1.0 can't hold, whatever it is escaped to.
_NOT_IN_XML = dict.fromkeys(code for code in range(32) if code not in (9, 10, 13))


def github_command(command: str, properties: Mapping[str, object], text: str) -> str:
    """Write one workflow command: `error`, `warning` or `notice`, with its place and message."""
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{command} {written}::{_data(text)}"


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape the value of a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def xml_text(text: str) -> str:
    """Escape text between tags."""
    return escape(without_orders(text.translate(_NOT_IN_XML)))


def xml_attribute(text: str) -> str:
    """Quote an attribute."""
    return quoteattr(without_orders(text.translate(_NOT_IN_XML)))
