"""PNG of the pictures that are laid out here: the very SVG, drawn by resvg.

https://github.com/linebender/resvg; a picture of letters that no font of this computer has would be
a picture without letters, so that is an error.
"""

from __future__ import annotations

from iamsim.core.errors import RequestError
from iamsim.draw.style import FONT

_ZOOM = 2  # dots for a pixel: sharp on slides
_LETTER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    '<text x="2" y="16" font-family="{font}">{text}</text></svg>'
)


def rasterized(svg: str) -> bytes:
    """Draw an SVG as PNG; raises `RequestError` where resvg or every font is missing."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise RequestError(
            "png-missing",
            "this picture becomes a PNG by resvg, and it is not installed",
            hint="`pip install resvg-py` brings it, and so does the extra `draw`; `--format svg` "
            "needs nothing",
        ) from None
    letters = [
        svg_to_bytes(svg_string=_LETTER.format(font=FONT, text=literal)) for literal in ("A", "")
    ]
    if letters[0] == letters[1]:
        raise RequestError(
            "png-without-fonts",
            "no font is installed here, so a PNG would have no letters",
            hint="install a font, such as the package `fonts-dejavu-core`, or take `--format svg`",
        )
    return bytes(svg_to_bytes(svg_string=svg, zoom=_ZOOM))
