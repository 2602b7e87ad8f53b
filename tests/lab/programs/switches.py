"""A keypad's switches on a simulated chip; runs in the guest: switches.py CHIP ROWS COLUMNS FIFO.

ROWS and COLUMNS are numbers of lines, by commas. A line that is written to FIFO says which keys are down from then on:
row and column of each, as in "0,2 3,1". Keys connect rows and columns, and through these others: so three of them may
look like four.
"""

import os
import sys

from pacing import paced
from simulated_lines import Lines

Crossing = tuple[int, int]


def connected(down: set[Crossing], driven: set[int]) -> set[int]:
    """The columns that rows which are driven low pull down."""
    rows, columns = set(driven), set()
    while True:
        more = {column for row, column in down if row in rows} - columns
        back = {row for row, column in down if column in columns | more} - rows
        if not more and not back:
            return columns
        columns |= more
        rows |= back


def main(chip: str, row_lines: str, column_lines: str, fifo: str) -> None:
    lines = Lines(chip)
    rows, columns = ([int(line) for line in words.split(",")] for words in (row_lines, column_lines))
    low: set[int] = set()
    down: set[Crossing] = set()
    os.mkfifo(fifo)
    words = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))  # a column follows its row at once
    for _ in paced(0.0005):
        try:
            said = os.read(words, 4096).decode()
        except BlockingIOError:
            said = ""
        for line in said.splitlines():
            down = {(int(row), int(column)) for row, column in (key.split(",") for key in line.split())}
        driven = set()
        for number, line in enumerate(rows):
            lines.pull(line, down=False)  # what nobody drives is high
            if lines.low(line):
                driven.add(number)
        now = connected(down, driven)
        for column in now ^ low:
            lines.pull(columns[column], down=column in now)
        low = now


if __name__ == "__main__":
    main(*sys.argv[1:])
