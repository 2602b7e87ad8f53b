"""The picture of one ring: the sequence in docs/explanation/one-ring.md as SVG, for readers without Mermaid."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "docs/explanation/one-ring.md"  # `make pictures` writes it
BELL = "ring.started"
WIDTH, MARGIN, ROW, GAP = 960, 20, 18, 12
COLUMNS = {"Visitor": 70, "Front": 300, "Kitchen": 660, "Resident": 890}
NAMES = {"Front": "Front door"}
BOX = 250  # width of a note
ACTORS = {"Visitor", "Resident"}
ARROW = re.compile(r"(\w+)(--?)>>(\w+): (.+)")
NOTE = re.compile(r"Note over (\w+): (.+)")
# Each has a colour of its own in the attributes, as a page may forbid styles; these are for dark pages.
LIGHT = {
    "paper": "#ffffff",
    "ink": "#18202b",
    "soft": "#5a6676",
    "note": "#eef2f7",
    "line": "#aab4c0",
    "bell": "#b3261e",
}
DARK = {
    "paper": "#182028",
    "ink": "#e8edf3",
    "soft": "#9aa8b8",
    "note": "#232e39",
    "line": "#55626f",
    "bell": "#ff8a80",
}
TITLE = "One ring, from press to hang-up: the bell is ring.started"


def picture(source: str | None = None) -> str:
    """The SVG; source: the text of one-ring.md."""
    text = SOURCE.read_text(encoding="utf-8") if source is None else source
    steps = text.partition("```mermaid\n")[2].partition("\n```")[0].splitlines()
    y = MARGIN + 50
    drawn: list[str] = []
    for step in steps:
        if found := NOTE.search(step):
            lines = found[2].split("<br/>")
            drawn += _note(COLUMNS[found[1]], y, lines)
            y += ROW * len(lines) + GAP * 2
        elif found := ARROW.search(step):
            begin, dashes, end, words = found.groups()
            drawn += _arrow(begin, end, words, y, answer=len(dashes) > 1)
            y += ROW * 2
    return "\n".join([*_head(y + MARGIN), *drawn, "</svg>", ""])


def _head(height: int) -> Iterator[str]:
    colors = "".join(f".{name}{{fill:{color}}}.{name}-line{{stroke:{color}}}" for name, color in DARK.items())
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="14" role="img">'
    )
    yield f"<title>{TITLE}</title>"
    yield f"<style>@media (prefers-color-scheme: dark) {{{colors}}}</style>"
    yield f'<rect class="paper" fill="{LIGHT["paper"]}" width="{WIDTH}" height="{height}"/>'
    for name, x in COLUMNS.items():
        dashes = ' stroke-dasharray="4 4"' if name in ACTORS else ""
        yield _line("line", (x, MARGIN + 26), (x, height - MARGIN), dashes)
        yield _text(x, MARGIN + 14, NAMES.get(name, name), "ink", 'text-anchor="middle" font-weight="bold"')


def _note(x: int, y: int, lines: list[str]) -> Iterator[str]:
    """The events that a station reports, over its line; the bell stands out."""
    yield (
        f'<rect class="note line-line" fill="{LIGHT["note"]}" stroke="{LIGHT["line"]}" '
        f'x="{x - BOX // 2}" y="{y - GAP}" width="{BOX}" height="{ROW * len(lines) + GAP}" rx="4"/>'
    )
    for number, line in enumerate(lines):
        bell = line == BELL
        words = f"{line} (the bell)" if bell else line
        kind = 'text-anchor="middle"' + (' font-weight="bold"' if bell else "")
        yield _text(x, y + 8 + ROW * number, words, "bell" if bell else "ink", kind)


def _arrow(begin: str, end: str, words: str, y: int, *, answer: bool) -> Iterator[str]:
    """Draw a message, or the act of a person; an answer is dashed."""
    left, right = COLUMNS[begin], COLUMNS[end]
    back = -1 if right > left else 1
    yield _text((left + right) // 2, y, words, "soft" if begin not in ACTORS else "ink", 'text-anchor="middle"')
    yield _line("ink", (left, y + 8), (right, y + 8), ' stroke-dasharray="5 4"' if answer else "")
    yield f'<path class="ink" fill="{LIGHT["ink"]}" d="M{right} {y + 8}l{back * 9} -5v10z"/>'


def _line(kind: str, begin: tuple[int, int], end: tuple[int, int], more: str) -> str:
    (x1, y1), (x2, y2) = begin, end
    return f'<line class="{kind}-line" stroke="{LIGHT[kind]}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{more}/>'


def _text(x: int, y: int, words: str, kind: str, more: str) -> str:
    return f'<text class="{kind}" fill="{LIGHT[kind]}" x="{x}" y="{y}" {more}>{escape(words)}</text>'
