"""Which answers can be pictures, and how they are written; light, so that text answers start
fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Arguments, Option, Options
from iamsim.cli.output import write_picture
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.draw.picture import Picture

PICTURE_FORMATS = ("svg", "png", "dot")
THEME_OPTION = Option(
    ("--theme",),
    "Colors of a picture; `auto` follows the viewer of an SVG.",
    metavar="THEME",
    default="auto",
    choices=("auto", "light", "dark"),
    panel="Output",
)
NARROW_OPTION = Option(
    ("--narrow",),
    "Draw a decision for a phone or a narrow column.",
    "flag",
    panel="Output",
)
_HINT = "a picture shows one decision, or a chain of roles"


def wants_picture(options: Options) -> bool:
    """Whether the answer is to be a picture, and no text."""
    return options["format"] in PICTURE_FORMATS


def write_drawn(picture: Picture, options: Options) -> None:
    """Write a picture in the form that the options ask for.

    Raises `RequestError` where Graphviz is needed and is not there, or the file can't be written.
    """
    from iamsim.draw.style import Theme

    form = str(options["format"])
    data = picture.render(form, Theme(options["theme"]))
    write_picture(data, options.text("output"), binary=form == "png")


def refuse_pictures(options: Options, files: Arguments) -> None:
    """Raise `RequestError` where a picture is asked for of what is no single answer."""
    asked = f"the format `{options['format']}`" if wants_picture(options) else ""
    if not asked and options["picture"] is not None and not files:
        asked = "the option `--picture`"
        if options["format"] != "text":
            raise RequestError(
                "option-with-picture",
                f"{asked} can't be used together with `--format {options['format']}`",
                hint=f"pictures are {', '.join(PICTURE_FORMATS)}, or lines in the text",
            )
    what = next((f"`--{name}`" for name in ("denied", "edits", "diff") if options[name]), None)
    if files:
        what = f"a scenario file (`{files[0]}`)"
    if asked and what is not None:
        message = f"{asked} can't be used together with {what}"
        raise RequestError("option-with-picture", message, hint=_HINT)
