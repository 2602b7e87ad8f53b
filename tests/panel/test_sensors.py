"""Sensors on every board: their level is known once the line is claimed, and every edge is reported."""

import errno
from itertools import count

import pytest
from gpiozero.pins.mock import MockPin

from appliance.core.inputs import PartFailed, PartRecovered, SensorEdge
from appliance.core.model import SensorId
from appliance.panel.contacts.sensors import Sensors, SensorWiring
from appliance.panel.gpio.line_claims import Claims
from tests.panel.boards import BOARDS
from tests.support.waiting import until_async

LEAF = SensorId("leaf")


class Panel:
    def __init__(self, board, *wiring):
        self.posted = []
        self.claims = Claims(board.factory, self.posted.append)
        self.sensors = Sensors(wiring, self.claims, self.posted.append)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.claims.close()
        self.sensors.close()

    @property
    def whole(self):
        """Whether nothing that failed has yet to recover."""
        return [type(each) for each in self.posted if isinstance(each, PartFailed | PartRecovered)][-1:] != [PartFailed]

    @property
    def levels(self):
        return [edge.active for edge in self.posted if isinstance(edge, SensorEdge) and edge.sensor == LEAF]


# closed: the contact pulls the line away from its resistor
@pytest.mark.parametrize(("pull", "closed"), [("down", True), ("none", False)])
@pytest.mark.parametrize("normally_closed", [True, False])
async def test_level_is_reported_once_it_is_known_and_with_each_edge(board, pull, closed, normally_closed):
    board.drive(0, closed)
    with Panel(board, SensorWiring(LEAF, board.pins[0], pull, normally_closed=normally_closed)) as panel:
        board.drive(0, closed)  # a simulated pin follows the pull that is set as it is taken
        await until_async(lambda: panel.levels[-1:] == [not normally_closed])
        board.drive(0, not closed)
        await until_async(lambda: panel.levels[-1:] == [normally_closed])
        board.drive(0, closed)
        await until_async(lambda: panel.levels[-1:] == [not normally_closed])


async def test_cut_wire_of_a_contact_that_is_normally_closed_is_reported(board):
    with Panel(board, SensorWiring(LEAF, board.pins[0])) as panel:
        board.drive(0, True)
        await until_async(lambda: panel.levels[-1:] == [True])


async def test_closed_sensors_leave_their_lines_to_others(board):
    with Panel(board, SensorWiring(LEAF, board.pins[0])):
        pass
    board.hold(0).close()


@pytest.mark.parametrize("wrong", range(1, 5))
async def test_level_is_known_although_one_reading_fails(monkeypatch, wrong):
    """As on an expander by I2C: its chip stays, but a reading has no answer."""
    board, number, read = BOARDS["simulated"](), count(1), MockPin._get_state

    def state(pin):
        if next(number) == wrong:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return read(pin)

    monkeypatch.setattr(MockPin, "_get_state", state)
    with Panel(board, SensorWiring(LEAF, board.pins[0])) as panel:
        await until_async(lambda: panel.levels[-1:] not in ([], [None]) and panel.whole)
    board.close()
