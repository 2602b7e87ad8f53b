"""Colours of lamps: how they may be written, and what they are made of."""

import re

import pytest

from appliance.core.panel import colors


@pytest.mark.parametrize(
    ("text", "color", "parts"),
    [
        ("red", "#ff0000", (1.0, 0.0, 0.0)),
        ("White", "#ffffff", (1.0, 1.0, 1.0)),
        ("#FF8000", "#ff8000", (1.0, 128 / 255, 0.0)),
        ("#000001", "#000001", (0.0, 0.0, 1 / 255)),
    ],
)
def test_a_colour_has_a_name_or_digits(text, color, parts):
    assert colors.parse(text) == color
    assert colors.parts(color) == parts


@pytest.mark.parametrize("text", ["", "reddish", "#fff", "#ff80000", "ff8000", "#gg0000", "#000000", "#ff8000\n"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text) or "^$"):
        colors.parse(text)
