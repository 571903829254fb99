"""What the page asks of Python: one function, data in and data out.

Whatever is asked gets an answer: a fault of the input is told as one, and a fault of ours, too.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

from iamsim.core.errors import IamsimError
from iamsim.play.asked import fault_of

__all__ = ["answer"]

# What can be asked, and the module that answers; loaded when first asked.
HOMES = {
    "explain": "explaining",
    "edit": "explaining",
    "export": "explaining",
    "lint": "typing_help",
    "complete": "typing_help",
    "complete_field": "typing_help",
    "compare": "comparing",
    "drop": "worlds",
    "ask_world": "worlds",
    "course": "learning",
    "step": "learning",
    "predict": "learning",
    "solve": "learning",
    "exercise": "learning",
    "grade": "learning",
    "hand_out": "learning",
}


def answer(method: str, text: str) -> str:
    """Answer a question of the page: `text` is its data in JSON, and so is what comes back."""
    try:
        module = importlib.import_module(f"iamsim.play.{HOMES[method]}")
        told: dict[str, Any] = getattr(module, method)(json.loads(text))
    except IamsimError as error:
        told = {"fault": fault_of(error)}
    except Exception as error:  # noqa: BLE001 - the page goes on, and says whose fault it is
        message = f"iamsim has a bug: {type(error).__name__}: {error}"
        told = {"fault": {"code": "internal-error", "message": message, "hint": None}}
    return json.dumps(told)
