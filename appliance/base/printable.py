"""Which characters people can see: none that steers a terminal, or the direction of the text around it (UAX #9)."""

JOINERS = "\u200c\u200d"  # between letters of Persian and Indic scripts, and between the parts of an emoji


def printable(each: str) -> bool:
    """Whether a character, or a space, can be seen."""
    return each.isprintable() or each in JOINERS
