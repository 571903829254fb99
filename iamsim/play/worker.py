"""What the page asks of Python: one function, data in and data out.

Whatever is asked gets an answer: a fault of the input is told as one, and a fault of ours, too. The
modules that answer speak English; in another `language` the answer is said here.
"""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from iamsim.core.errors import IamsimError
from iamsim.play.asked import fault_of
from iamsim.words.language import coded, course_speaker, in_english, speaker
from iamsim.words.markup import spoken_markup

if TYPE_CHECKING:
    from iamsim.words.language import Say

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
# Members of answers that hold markup, and those that hold sentences of ours; all others are data.
MARKUP = frozenset({"html", "details"})
SENTENCES = frozenset(
    {"sentence", "word", "words", "title", "summary", "doubts", "reason", "detail", "hints", "goal"}
)


def answer(method: str, text: str) -> str:
    """Answer a question of the page: `text` is its data in JSON, and so is what comes back."""
    language: object = "en"
    try:
        module = importlib.import_module(f"iamsim.play.{HOMES[method]}")
        given = json.loads(text)
        language = given.get("language")
        told: dict[str, Any] = getattr(module, method)(given)
    except IamsimError as error:
        told = {"fault": fault_of(error)}
    except Exception as error:  # noqa: BLE001 - the page goes on, and says whose fault it is
        message = f"iamsim has a bug: {type(error).__name__}: {error}"
        told = {"fault": {"code": "internal-error", "message": message, "hint": None}}
    said = course_speaker if HOMES.get(method) == "learning" else speaker
    say = said(language)
    if say is not in_english:
        told = _spoken(told, language, say)
    return json.dumps(told)


def _spoken(told: dict[str, Any], language: object, say: Say) -> dict[str, Any]:
    """An answer in another language: faults and findings by their code, other texts by words."""
    said = {name: _value(name, value, language, say) for name, value in told.items()}
    if "message" in told and "code" in told:
        kind = "errors" if "hint" in told else "findings"
        said["message"] = coded(language, kind, told["code"], told["message"])
        said |= {"hint": None} if "hint" in told else {}
    return said


def _value(name: str, value: object, language: object, say: Say) -> object:
    if isinstance(value, dict):
        return _spoken(value, language, say)
    if isinstance(value, list):
        return [_value(name, entry, language, say) for entry in value]
    if isinstance(value, str) and name in MARKUP:
        return spoken_markup(value, say)
    return say(value) if isinstance(value, str) and name in SENTENCES else value
