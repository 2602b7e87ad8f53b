"""Colours of lamps: by name or as #rrggbb; the code uses the latter. The names are what three plain lines can show."""

import re

NAMES = {
    "red": "#ff0000",
    "green": "#00ff00",
    "blue": "#0000ff",
    "yellow": "#ffff00",
    "cyan": "#00ffff",
    "magenta": "#ff00ff",
    "white": "#ffffff",
}
WHITE = NAMES["white"]
_DIGITS = "#[0-9a-f]{6}"


def parse(text: str) -> str:
    """A colour's name or digits as #rrggbb. Raises ValueError for other text, and for black, which is a pattern."""
    color = NAMES.get(text.lower(), text.lower())
    if re.fullmatch(_DIGITS, color) is None or color == "#000000":
        raise ValueError(text)
    return color


def parts(color: str) -> tuple[float, float, float]:
    """Red, green and blue of #rrggbb, each up to 1."""
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
