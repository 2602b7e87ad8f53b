"""The drawing beside the tutorial's step on wires: its parts on the 40-pin connector of a Raspberry Pi."""

from appliance.generate.drawings import across, box, dots, down, drawing, notes, switch, text, wire

V33, V5, GROUND = "3.3 V", "5 V", "GND"
# Names of pins 1 to 40, by rows: an odd number and the even one beside it.
PINS = (
    *(V33, V5, "GPIO2", V5, "GPIO3", GROUND, "GPIO4", "GPIO14", GROUND, "GPIO15"),
    *("GPIO17", "GPIO18", "GPIO27", GROUND, "GPIO22", "GPIO23", V33, "GPIO24", "GPIO10", GROUND),
    *("GPIO9", "GPIO25", "GPIO11", "GPIO8", GROUND, "GPIO7", "GPIO0", "GPIO1", "GPIO5", GROUND),
    *("GPIO6", "GPIO12", "GPIO13", GROUND, "GPIO19", "GPIO16", "GPIO26", "GPIO20", GROUND, "GPIO21"),
)
BUTTON = (11, 9)
LAMP = (15, 25)
RESISTOR = (37, 39)
RELAY = (37, 2, 6)  # its input, and its supply
USED = {*BUTTON, *LAMP, *RESISTOR, *RELAY}
TOP, ROW = 90, 26
ODD, EVEN = 430, 464  # where the columns are
LEFT, RIGHT = 350, 544  # where the names of pins end, and wires begin


def height(pin: int) -> int:
    """How far down a pin is."""
    return TOP + ROW * ((pin - 1) // 2)


def lead(pin: int, *points: tuple[int, int]) -> str:
    """A wire that begins at a pin."""
    return wire((LEFT if pin % 2 else RIGHT, height(pin)), *points)


def first_door() -> str:
    """The button, the lamp and the relay of the tutorial."""
    button, lamp, resistor, relay = height(BUTTON[0]), height(LAMP[0]), height(RESISTOR[0]), height(RELAY[0])
    return drawing(
        "The tutorial's parts on the 40-pin connector",
        760,
        820,
        *_connector(),
        lead(BUTTON[0], (180, button)),
        switch(120, button, "button"),
        lead(BUTTON[1], (120, height(BUTTON[1])), (120, button)),
        lead(LAMP[0], (310, lamp)),
        across(250, lamp, "330 Ω"),
        wire((250, lamp), (150, lamp), (150, lamp + 34)),
        text(160, lamp + 26, "longer leg"),
        box(100, lamp + 34, 100, 44, "lamp (LED)"),
        wire((150, lamp + 78), (150, height(LAMP[1])), (LEFT, height(LAMP[1]))),
        lead(RELAY[0], (170, relay)),
        dots((270, resistor)),
        wire((270, resistor), (270, resistor + 10)),
        down(270, resistor + 10, ""),
        text(254, resistor + 46, "10 kΩ", anchor="end"),
        wire((270, resistor + 70), (270, resistor + 82), (320, resistor + 82), (320, height(39)), (LEFT, height(39))),
        box(40, relay - 40, 130, 160, "relay board"),
        text(162, relay + 5, "IN", anchor="end"),
        text(70, relay + 112, "5 V", anchor="middle"),
        text(130, relay + 112, "GND", anchor="middle"),
        lead(RELAY[1], (640, height(RELAY[1])), (640, relay + 168), (70, relay + 168), (70, relay + 120)),
        lead(RELAY[2], (610, height(RELAY[2])), (610, relay + 144), (130, relay + 144), (130, relay + 120)),
        notes(
            20,
            770,
            "Seen from above. Pin 1 is at the end away from the USB sockets;",
            "the even pins are at the edge of the board.",
            "The supply of the strike goes through the contact of the relay, never through the board.",
        ),
    )


def _connector() -> list[str]:
    first, last = height(1), height(40)
    parts = [f'<rect class="board" x="{ODD - 17}" y="{first - 17}" width="68" height="{last - first + 34}" rx="4"/>']
    for pin, name in enumerate(PINS, 1):
        x, y, used = (ODD if pin % 2 else EVEN), height(pin), pin in USED
        parts += [
            f'<circle class="{"fill" if used else "part"}" cx="{x}" cy="{y}" r="11"/>',
            f'<text x="{x}" y="{y + 5}" text-anchor="middle" style="fill: {"#fff" if used else "#222"}">{pin}</text>',
            text(x - 24 if pin % 2 else x + 24, y + 5, name, "" if used else "note", "end" if pin % 2 else "start"),
        ]
    return parts
