"""The drawings of the wiring, hardware/*.svg: plain SVG, from a handful of symbols."""

from collections.abc import Iterable
from html import escape

Point = tuple[int, int]
STYLE = """
  svg { background: #fff; font: 14px sans-serif; }
  .wire { fill: none; stroke: #222; stroke-width: 2; }
  .part { fill: #fff; stroke: #222; stroke-width: 2; }
  .board { fill: #e8f1e4; stroke: #222; stroke-width: 2; }
  .option { fill: #fff; stroke: #222; stroke-width: 2; stroke-dasharray: 6 4; }
  .fill { fill: #222; }
  .wall { stroke: #b3541e; stroke-width: 3; stroke-dasharray: 10 6; }
  .zone { fill: #b3541e; font-weight: bold; }
  .note { fill: #444; font-size: 13px; }
  .title { font-size: 18px; font-weight: bold; }
"""


def wire(*points: Point) -> str:
    """A line through these points."""
    return f'<polyline class="wire" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def dots(*points: Point) -> str:
    """Dots at these points, where wires are joined."""
    return "".join(f'<circle class="fill" cx="{x}" cy="{y}" r="4"/>' for x, y in points)


def text(x: int, y: int, words: str, kind: str = "", anchor: str = "start") -> str:
    """One line of text; y is its base."""
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def box(x: int, y: int, width: int, height: int, *lines: str, kind: str = "part") -> str:
    """A part with its name and further lines, in the middle."""
    first = y + height // 2 + 5 - 9 * (len(lines) - 1)
    inside = "".join(
        text(x + width // 2, first + 18 * number, line, anchor="middle") for number, line in enumerate(lines)
    )
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>{inside}'


def pins(x: int, names: Iterable[tuple[int, str]], anchor: str) -> str:
    """Names of a part's pins, beside its edge at x."""
    return "".join(text(x + (-8 if anchor == "end" else 8), y + 5, name, anchor=anchor) for y, name in names)


def across(x: int, y: int, name: str) -> str:
    """A resistor, 60 long, in a wire from left to right; its name is above."""
    return (
        f'<rect class="part" x="{x}" y="{y - 9}" width="60" height="18"/>{text(x + 30, y - 16, name, anchor="middle")}'
    )


def down(x: int, y: int, name: str) -> str:
    """A resistor, 60 long, in a wire from above; its name is at its right."""
    return f'<rect class="part" x="{x - 9}" y="{y}" width="18" height="60"/>{text(x + 16, y + 35, name)}'


def capacitor(x: int, y: int, name: str) -> str:
    """A capacitor, 60 long, in a wire from above."""
    plates = f'<path class="wire" d="M{x - 16} {y + 25}h32M{x - 16} {y + 35}h32"/>'
    return wire((x, y), (x, y + 25)) + plates + wire((x, y + 35), (x, y + 60)) + text(x + 22, y + 35, name)


def diode(x: int, y: int, name: str) -> str:
    """A diode, 60 long, that lets current up: its cathode is above, its name at its right."""
    body = f'<path class="fill" d="M{x - 12} {y + 40}h24l-12 -20z"/><path class="wire" d="M{x - 12} {y + 20}h24"/>'
    return wire((x, y), (x, y + 20)) + body + wire((x, y + 40), (x, y + 60)) + text(x + 18, y + 35, name)


def ground(x: int, y: int) -> str:
    """Ground of the board."""
    return (
        wire((x, y), (x, y + 8))
        + f'<path class="wire" d="M{x - 14} {y + 8}h28M{x - 9} {y + 13}h18M{x - 4} {y + 18}h8"/>'
    )


def switch(x: int, y: int, name: str) -> str:
    """A contact, 60 long, in a wire from left to right, open at rest."""
    arm = f'<path class="wire" d="M{x + 12} {y}l36 -16"/>'
    ends = "".join(f'<circle class="part" cx="{x + at}" cy="{y}" r="4"/>' for at in (12, 48))
    return (
        wire((x, y), (x + 8, y))
        + arm
        + wire((x + 52, y), (x + 60, y))
        + ends
        + text(x + 30, y + 28, name, anchor="middle")
    )


def wall(x: int, height: int) -> str:
    """The line between the parts inside, which are locked in, and the parts that strangers can reach."""
    line = f'<line class="wall" x1="{x}" y1="48" x2="{x}" y2="{height - 12}"/>'
    sides = text(x - 12, 62, "inside, locked", "zone", "end") + text(x + 12, 62, "outside", "zone")
    return line + sides


def drawing(title: str, width: int, height: int, *parts: str) -> str:
    """A complete file."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">'
    )
    body = "\n".join(
        (
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            text(20, 30, title, "title"),
            *parts,
        )
    )
    return f"{head}\n{body}\n</svg>\n"


def notes(x: int, y: int, *lines: str) -> str:
    """A paragraph."""
    return "".join(text(x, y + 18 * number, line, "note") for number, line in enumerate(lines))


def relay() -> str:
    """The door relay: held off, isolated, bounded by hardware, and where nobody can reach it."""
    return drawing(
        "Door relay",
        1180,
        580,
        box(20, 90, 130, 240, kind="board"),
        text(85, 82, "board", anchor="middle"),
        pins(150, ((140, "GPIO26"), (300, "GND")), "end"),
        wire((150, 140), (240, 140)),
        dots((190, 140), (190, 300)),
        wire((190, 140), (190, 190)),
        down(190, 190, "R2 10 kΩ"),
        wire((190, 250), (190, 300)),
        across(240, 140, "R1 470 Ω"),
        wire((300, 140), (360, 140)),
        wire((150, 300), (330, 300), (330, 200), (360, 200)),
        box(360, 110, 120, 120, "U1 PC817", "optocoupler"),
        wire((480, 200), (520, 200), (520, 90), (1000, 90), (1000, 130)),
        text(530, 82, "+12 V of the door's supply"),
        wire((480, 140), (560, 140)),
        box(560, 110, 130, 60, "U2 one-shot", "10 s at most", kind="option"),
        wire((690, 140), (790, 140)),
        dots((730, 140), (730, 300), (845, 300), (1000, 110), (1000, 230)),
        wire((730, 140), (730, 190)),
        down(730, 190, "R3 10 kΩ"),
        wire((730, 250), (730, 300)),
        box(790, 110, 110, 60, "Q1 IRLZ34N", "MOSFET"),
        wire((845, 170), (845, 300)),
        wire((560, 300), (845, 300)),
        text(552, 305, "0 V of the door's supply", anchor="end"),
        wire((900, 140), (930, 140), (930, 250), (1000, 250), (1000, 210)),
        box(955, 130, 90, 80, "K1", "coil 12 V"),
        wire((1000, 110), (1090, 110), (1090, 140)),
        diode(1090, 140, "D1"),
        wire((1090, 200), (1090, 230), (1000, 230)),
        text(1108, 195, "1N4007"),
        box(200, 380, 170, 80, "supply of the strike", "12 V"),
        wire((370, 400), (500, 400)),
        switch(500, 400, "contact of K1"),
        wire((560, 400), (860, 400)),
        wire((370, 440), (860, 440)),
        box(700, 400, 60, 40, "D2"),
        box(860, 380, 140, 80, "electric strike"),
        text(730, 370, "D2: diode 1N4007 for direct current, varistor for alternating current", anchor="middle"),
        notes(
            20,
            500,
            "All of this is on the locked side; outside are only the wires of buttons, lamps and readers.",
            "Shorted or cut, none of them closes K1. R2 and R3 hold it off while nobody drives GPIO26: at power-on,",
            "after a crash, with a broken wire. Where a strike that stays open is dangerous, U2 ends each opening,",
            "whatever the board does.",
        ),
    )


def buttons() -> str:
    """A bell button at the end of a long cable, and a lamp beside it."""
    return drawing(
        "Bell button and lamp on a long cable",
        1080,
        590,
        wall(700, 540),
        box(20, 90, 130, 420, kind="board"),
        text(85, 82, "board", anchor="middle"),
        pins(150, ((130, "3.3 V"), (220, "GPIO17"), (300, "GND"), (400, "GPIO22"), (480, "GND")), "end"),
        wire((150, 130), (320, 130), (320, 145)),
        down(320, 145, "R4 4.7 kΩ"),
        wire((320, 205), (320, 220)),
        wire((150, 220), (420, 220)),
        dots((320, 220), (220, 220), (220, 300), (550, 220), (550, 300)),
        wire((220, 220), (220, 230)),
        capacitor(220, 230, "C1 100 nF"),
        wire((220, 290), (220, 300)),
        across(420, 220, "R5 1 kΩ"),
        wire((480, 220), (820, 220)),
        switch(820, 220, "S1 bell button"),
        wire((880, 220), (940, 220), (940, 300), (150, 300)),
        wire((550, 220), (550, 235)),
        box(520, 235, 60, 50, "D3"),
        wire((550, 285), (550, 300)),
        text(590, 265, "TVS 5 V"),
        wire((150, 400), (200, 400)),
        across(200, 400, "R6 1 kΩ"),
        wire((260, 400), (320, 400)),
        box(320, 375, 130, 120, "U3 ULN2803", "one of eight"),
        wire((320, 480), (150, 480)),
        wire((450, 400), (760, 400)),
        box(760, 375, 180, 50, "L1 lamp, 12 V"),
        wire((940, 400), (980, 400), (980, 480), (600, 480)),
        text(592, 485, "+12 V", anchor="end"),
        notes(
            20,
            560,
            'R5 and C1 keep out what a long cable catches, D3 what lightning brings. R4 is the pull-up: pull = "none".',
        ),
    )


def entry() -> str:
    """A Wiegand reader and a matrix keypad."""
    rows = [f"GPIO{number}" for number in (4, 6, 12, 13)]
    columns = ["GPIO16", "GPIO20", "GPIO21"]
    lines = []
    for number, name in enumerate((*rows, *columns)):
        y = 410 + 26 * number
        what = f"row {number + 1}" if number < len(rows) else f"column {number - len(rows) + 1}"
        lines += [wire((150, y), (700, y)), pins(150, ((y, name),), "end"), pins(700, ((y, what),), "start")]
    return drawing(
        "Wiegand reader and matrix keypad",
        1000,
        650,
        wall(580, 610),
        box(20, 90, 130, 510, kind="board"),
        text(85, 82, "board", anchor="middle"),
        pins(150, ((115, "3.3 V"), (230, "GPIO24"), (290, "GPIO25"), (350, "GND")), "end"),
        wire((150, 115), (360, 115), (360, 135)),
        dots((240, 115), (240, 230), (360, 290)),
        wire((240, 115), (240, 135)),
        down(240, 135, "R7 2.2 kΩ"),
        wire((240, 195), (240, 230)),
        down(360, 135, "R8 2.2 kΩ"),
        wire((360, 195), (360, 290)),
        wire((150, 230), (700, 230)),
        wire((150, 290), (700, 290)),
        wire((150, 350), (700, 350)),
        wire((520, 170), (700, 170)),
        text(512, 175, "+12 V", anchor="end"),
        box(700, 140, 250, 235),
        text(850, 200, "Wiegand reader", anchor="middle"),
        text(850, 220, "open collectors", anchor="middle"),
        pins(700, ((170, "+12 V"), (230, "D0"), (290, "D1"), (350, "GND")), "start"),
        box(700, 392, 250, 190),
        text(870, 480, "keypad: each key", anchor="middle"),
        text(870, 500, "joins its row", anchor="middle"),
        text(870, 520, "and its column", anchor="middle"),
        *lines,
        notes(
            20,
            630,
            'R7 and R8 are the pull-ups of the reader: pull = "none". The keypad has those of the board: pull = "up".',
        ),
    )
