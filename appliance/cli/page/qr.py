"""A text as a QR code (ISO/IEC 18004) for a terminal: bytes, level L, the first mask, as the station's page draws it.

Versions 2 to 6, which hold up to 134 bytes.
"""

from collections.abc import Iterator

VERSIONS = {2: (34, 10, 1), 3: (55, 15, 1), 4: (80, 20, 1), 5: (108, 26, 1), 6: (136, 18, 2)}  # words, check, blocks
BYTES = 4  # what the data are
FILLERS = (0xEC, 0x11)
FIELD = 0x11D  # the polynomial of its words
FORMAT = 0x77C4  # level L and the first mask, with their check
LINE = 6  # row and column of the timing patterns
QUIET = 4  # modules around it
BLACK_ON_WHITE, PLAIN = "\x1b[30;107m", "\x1b[0m"
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}

Grid = dict[tuple[int, int], bool]  # by column and row


def drawing(text: str) -> str:
    """The code in lines of two rows each, black on white on any terminal; empty if the text is too long."""
    grid = modules(text)
    places = range(-QUIET, max((x for x, _ in grid), default=0) + 1 + QUIET)
    lines = (
        "".join(HALVES[grid.get((x, y), False), grid.get((x, y + 1), False)] for x in places)
        for y in range(places.start, places.stop, 2)
    )
    return "\n".join(f"{BLACK_ON_WHITE}{line}{PLAIN}" for line in lines) if grid else ""


def modules(text: str) -> Grid:
    """The modules of a text, True for dark ones; none if it is too long."""
    data = text.encode()
    version = next((each for each, (size, _, _) in VERSIONS.items() if len(data) + 2 <= size), None)
    if version is None:
        return {}
    side = 17 + 4 * version
    grid = dict(_patterns(side))
    bits = (word >> bit & 1 for word in _words(data, *VERSIONS[version]) for bit in range(7, -1, -1))
    for x, y in _path(side):
        if (x, y) not in grid:
            grid[x, y] = bool(next(bits, 0) ^ ((x + y) % 2 == 0))
    return grid


def _path(side: int) -> Iterator[tuple[int, int]]:
    """All places in the order of the bits: up and down in pairs of columns, from the right."""
    rights = [*range(side - 1, LINE, -2), *range(LINE - 1, 0, -2)]
    for turn, right in enumerate(rights):
        for place in range(side):
            y = place if turn % 2 else side - 1 - place
            yield from ((right, y), (right - 1, y))


def _patterns(side: int) -> Iterator[tuple[tuple[int, int], bool]]:
    """The modules that no data are in, later ones in place of earlier ones."""
    for place in range(side):
        yield (LINE, place), place % 2 == 0
        yield (place, LINE), place % 2 == 0
    for x, y in ((3, 3), (side - 4, 3), (3, side - 4)):
        yield from _square(side, x, y, 4, {2, 4})
    yield from _square(side, side - 7, side - 7, 2, {1})
    for place in range(15):
        dark = bool(FORMAT >> place & 1)
        yield (8, place if place < LINE else place + 1 if place < 8 else side - 15 + place), dark  # noqa: PLR2004
        yield (side - 1 - place if place < 8 else 7 if place < 9 else 14 - place, 8), dark  # noqa: PLR2004
    yield (8, side - 8), True


def _square(side: int, x: int, y: int, reach: int, light: set[int]) -> Iterator[tuple[tuple[int, int], bool]]:
    for across in range(-reach, reach + 1):
        for down in range(-reach, reach + 1):
            if 0 <= x + across < side and 0 <= y + down < side:
                yield (x + across, y + down), max(abs(across), abs(down)) not in light


def _words(data: bytes, size: int, count: int, blocks: int) -> list[int]:
    """All words in their order: one of each block in turn."""
    counted = int.from_bytes(bytes([len(data)]) + data) | BYTES << 8 * (len(data) + 1)
    given = [*(counted << 4).to_bytes(len(data) + 2)]
    given += [FILLERS[place % 2] for place in range(size - len(given))]
    parts = [given[place * size // blocks : (place + 1) * size // blocks] for place in range(blocks)]
    checks = [_check(part, count) for part in parts]
    return [word for each in (parts, checks) for turn in zip(*each, strict=True) for word in turn]


def _check(data: list[int], count: int) -> list[int]:
    """The check of a block, after Reed and Solomon."""
    divisor, root = [0] * (count - 1) + [1], 1
    for _ in range(count):
        divisor = [_product(one, root) ^ next_ for one, next_ in zip(divisor, [*divisor[1:], 0], strict=True)]
        root = _product(root, 2)
    rest = [0] * count
    for each in data:
        factor = each ^ rest[0]
        rest = [old ^ _product(one, factor) for old, one in zip([*rest[1:], 0], divisor, strict=True)]
    return rest


def _product(one: int, other: int) -> int:
    found = 0
    for bit in range(7, -1, -1):
        found = found << 1 ^ (found >> 7) * FIELD ^ (other >> bit & 1) * one
    return found
