"""The guard's rules by themselves: any order of records and moments, and the words it speaks to the kernel."""

import ctypes
import errno
import os
import socket
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appliance.panel import guard

CAP, HOLD = 100, 300
BORN = 10


class Strip:
    """A line that remembers when it was energised."""

    def __init__(self):
        self.now = BORN
        self.runs = []  # begin and end (None: still)

    def put(self, active):
        energised = bool(self.runs) and self.runs[-1][1] is None
        if active:
            assert not energised
            self.runs.append([self.now, None])
        elif energised:
            self.runs[-1][1] = self.now


def play(records, kind=guard.PULSE):
    """Hand records (time since the last, age of the decision, length asked for, or None: no pulse) to a door."""
    strip = Strip()
    door = guard.GuardedDoor("front", CAP, HOLD, strip)
    taken = []
    for wait, age, length in records:
        moment = strip.now + wait
        if door.energised and door.until <= moment:  # the guard's own timer comes first
            strip.now = max(strip.now, door.until)
            door.settle(strip.now)
        strip.now = moment
        pulse = 0 if length is None else max(1, strip.now - age)
        runs = len(strip.runs)
        wanted = guard.NONE if length is None else kind if isinstance(kind, int) else kind(pulse)
        door.ask(wanted, pulse, pulse + (length or 0), BORN, strip.now)
        door.settle(strip.now)
        assert door.energised == (strip.now < door.until)
        if length is None:
            assert not door.energised
        if len(strip.runs) > runs:
            taken.append(pulse)
    if door.energised:
        strip.now = door.until
        door.settle(strip.now)
    return strip.runs, taken


UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines may be busy
RECORDS = st.lists(
    st.tuples(st.integers(0, 150), st.integers(-20, 200), st.one_of(st.none(), st.integers(-50, 400))), max_size=30
)


@UNTIMED
@given(RECORDS)
@example([(1, 0, 400), (99, 0, 400), (1, 1, 400), (0, 0, 400)])
@example([(1, 0, 50), (49, 0, 90), (60, 60, 400)])
def test_no_run_of_records_energises_a_relay_for_longer_than_its_cap(records):
    runs, _ = play(records)
    assert all(end is not None and end - begin <= CAP for begin, end in runs)


@UNTIMED
@given(RECORDS)
@example([(1, 0, 1000)] * 9)
def test_no_run_of_records_energises_a_relay_for_longer_than_its_longest_hold(records):
    runs, _ = play(records, guard.HOLD)
    assert all(end is not None and end - begin <= HOLD for begin, end in runs)


@UNTIMED
@given(RECORDS, st.integers(1, 5))
@example([(1, 0, 400), (99, 0, 400)], 2)
def test_pulses_and_holds_together_stay_within_the_longest_hold(records, every):
    runs, _ = play(records, lambda pulse: guard.PULSE if pulse % every else guard.HOLD)
    assert all(end is not None and end - begin <= HOLD for begin, end in runs)


def test_a_pulse_in_a_hold_is_bounded_from_the_holds_beginning():
    strip = Strip()
    door = guard.GuardedDoor("front", CAP, HOLD, strip)
    strip.now = BORN + 1
    door.ask(guard.HOLD, BORN + 1, BORN + 1000, BORN, strip.now)
    door.settle(strip.now)
    assert door.until == BORN + 1 + HOLD
    strip.now = BORN + 50
    door.ask(guard.PULSE, BORN + 50, BORN + 1000, BORN, strip.now)
    assert door.until == BORN + 1 + CAP


def test_a_door_without_holds_takes_none():
    strip = Strip()
    door = guard.GuardedDoor("front", CAP, 0, strip)
    strip.now = BORN + 1
    door.ask(guard.HOLD, BORN + 1, BORN + 1000, BORN, strip.now)
    assert not door.settle(strip.now)
    assert strip.runs == []


@UNTIMED
@given(RECORDS)
def test_each_run_needs_a_new_pulse_of_its_own_that_the_guard_lived_to_see_decided(records):
    runs, taken = play(records)
    assert len(runs) == len(taken)
    assert taken == sorted(set(taken))
    assert all(BORN < pulse <= begin for pulse, (begin, _) in zip(taken, runs, strict=True))


@UNTIMED
@given(RECORDS, st.data())
def test_a_record_that_comes_again_never_energises(records, data):
    runs, _ = play(records)
    if records:
        again = data.draw(st.integers(0, len(records) - 1))
        doubled = [*records[: again + 1], (0, *records[again][1:]), *records[again + 1 :]]
        assert play(doubled)[0] == runs


@UNTIMED
@given(RECORDS)
def test_pulses_decided_during_a_run_do_not_lengthen_it_beyond_the_cap_together(records):
    runs, taken = play(records)
    for (begin, end), (later, later_end), pulse in zip(runs, runs[1:], taken[1:], strict=False):
        if pulse <= end:
            assert later_end - begin <= CAP, (begin, end, later)


def test_level_that_cannot_be_set_counts_as_energised_until_it_rests():
    class Broken(Strip):
        def put(self, active):
            if active:
                raise OSError(errno.EIO, "broken")
            super().put(active)

    door = guard.GuardedDoor("front", CAP, HOLD, Broken())
    door.ask(guard.PULSE, 20, 90, BORN, 20)
    with pytest.raises(OSError, match="broken"):
        door.settle(20)
    assert door.energised
    door.rest(21)
    assert not door.energised
    assert door.until <= 21


def test_every_relay_is_put_to_rest_though_one_fails_and_all_that_fail_are_named(monkeypatch, capfd):
    class Line:
        def __init__(self, name):
            self.name = name

        def put(self, active):
            levels.append((self.name, active))
            if self.name != "c":
                raise OSError(errno.ENODEV, "No such device")

    levels = []
    monkeypatch.setattr(guard, "take", lambda words: Line(words[1]))
    monkeypatch.setattr(guard, "listen_for_stop", lambda _listening: 0)
    doors = [word for name in "abc" for word in ("--door", name, "10", "0", "--simulated", name)]
    assert guard.main(["nowhere", *doors]) == 2
    assert levels == [("a", False), ("b", False), ("c", False)]
    assert capfd.readouterr().err.endswith("relays that cannot be made inactive: a, b\n")


def test_guard_leaves_at_once_when_its_lines_chip_is_taken_away():
    reader, writer = os.pipe()
    stop, never = os.pipe()
    strip = Strip()
    strip.fd = reader
    os.close(writer)  # hangs up, as a line's descriptor does then
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind("")
            listener.listen(1)
            with pytest.raises(guard.Refused, match=r"door front: the chip .* was removed; reconnect it"):
                guard.Guard([guard.GuardedDoor("front", CAP, HOLD, strip)], stop).run(listener, listening=True)
    finally:
        for fd in (reader, stop, never):
            os.close(fd)


# -- the kernel's side: include/uapi/linux/gpio.h, written down once more --------------------------------------------


class ChipInfo(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * 32), ("label", ctypes.c_char * 32), ("lines", ctypes.c_uint32))


class Attribute(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint32), ("padding", ctypes.c_uint32), ("values", ctypes.c_uint64))


class ConfigAttribute(ctypes.Structure):
    _fields_ = (("attr", Attribute), ("mask", ctypes.c_uint64))


class LineConfig(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("num_attrs", ctypes.c_uint32),
        ("padding", ctypes.c_uint32 * 5),
        ("attrs", ConfigAttribute * 10),
    )


class LineRequest(ctypes.Structure):
    _fields_ = (
        ("offsets", ctypes.c_uint32 * 64),
        ("consumer", ctypes.c_char * 32),
        ("config", LineConfig),
        ("num_lines", ctypes.c_uint32),
        ("event_buffer_size", ctypes.c_uint32),
        ("padding", ctypes.c_uint32 * 5),
        ("fd", ctypes.c_int32),
    )


class LineInfo(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 32),
        ("consumer", ctypes.c_char * 32),
        ("offset", ctypes.c_uint32),
        ("num_attrs", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("attrs", Attribute * 10),
        ("padding", ctypes.c_uint32 * 4),
    )


class LineValues(ctypes.Structure):
    _fields_ = (("bits", ctypes.c_uint64), ("mask", ctypes.c_uint64))


def number(direction, which, kind):
    """_IOR, _IOWR of <asm-generic/ioctl.h>."""
    return direction << 30 | ctypes.sizeof(kind) << 16 | 0xB4 << 8 | which


def test_ioctl_numbers_are_the_kernels():
    assert number(2, 1, ChipInfo) == guard.CHIP_INFO
    assert number(3, 5, LineInfo) == guard.LINE_INFO
    assert number(3, 7, LineRequest) == guard.GET_LINE
    assert number(3, 15, LineValues) == guard.SET_VALUES


class Kernel:
    """GPIO chips as the guard sees them: /dev, and ioctls that are read by the structures above."""

    def __init__(self, chips, users=()):
        self.chips = chips  # node: (label, device number, names of the lines)
        self.users = dict(users)  # name of a line: who has it
        self.requests = []
        self.values = []
        self.opened = set()

    def scandir(self, path):
        assert path == "/dev"
        nodes = [*self.chips, "null"]
        return [SimpleNamespace(name=node, path=f"/dev/{node}") for node in nodes]

    def open(self, path, _flags):
        node = path.removeprefix("/dev/")
        if self.chips[node] is None:
            raise PermissionError(errno.EACCES, "Permission denied")
        fd = 100 + list(self.chips).index(node)
        self.opened.add(fd)
        return fd

    def close(self, fd):
        self.opened.remove(fd)

    def fstat(self, fd):
        return SimpleNamespace(st_rdev=self._chip(fd)[1])

    def _chip(self, fd):
        assert fd in self.opened
        return list(self.chips.values())[fd - 100]

    def ioctl(self, fd, request, data):
        if request == guard.CHIP_INFO:
            label, _, names = self._chip(fd)
            return bytes(ChipInfo(b"gpiochip", label.encode(), len(names)))
        if request == guard.LINE_INFO:
            offset = LineInfo.from_buffer_copy(data).offset
            name = self._chip(fd)[2][offset]
            return bytes(LineInfo(name.encode(), self.users.get(name, "").encode(), offset))
        if request == guard.GET_LINE:
            wanted = LineRequest.from_buffer_copy(data)
            if self.users.get(self._chip(fd)[2][wanted.offsets[0]]):
                raise OSError(errno.EBUSY, "Device or resource busy")
            self.requests.append(wanted)
            answer = LineRequest.from_buffer_copy(data)
            answer.fd = 77
            return bytes(answer)
        assert (fd, request) == (77, guard.SET_VALUES)
        values = LineValues.from_buffer_copy(data)
        self.values.append((values.bits, values.mask))
        return data


CHIPS = {
    "gpiochip0": ("board", 1, ("A", "RELAY", "", "")),
    "gpiochip1": ("expander", 2, ("RELAY", "7", "7", "B")),
    "gpiochip4": ("board", 1, ("A", "RELAY", "", "")),  # the same chip under a second name
    "gpiochip5": None,
}


@pytest.fixture
def kernel(monkeypatch):
    kernel = Kernel(dict(CHIPS))
    os = SimpleNamespace(
        scandir=kernel.scandir, open=kernel.open, close=kernel.close, fstat=kernel.fstat, O_RDWR=2, O_CLOEXEC=0o2000000
    )
    monkeypatch.setattr(guard, "os", os)
    monkeypatch.setattr(guard, "fcntl", SimpleNamespace(ioctl=kernel.ioctl))
    return kernel


@pytest.mark.parametrize(
    ("chip", "line", "offset"),
    [("board", "RELAY", 1), ("expander", "RELAY", 0), ("board", "3", 3), ("expander", "1", 1)],
)
@pytest.mark.parametrize("active_low", [False, True])
def test_line_is_requested_as_output_and_inactive_at_once(kernel, chip, line, offset, active_low):
    relay = guard.GpioLine(chip, line, active_low=active_low)
    (request,) = kernel.requests
    assert list(request.offsets) == [offset, *[0] * 63]
    assert (request.num_lines, request.event_buffer_size, request.consumer) == (1, 0, b"intercomd-guard")
    assert request.config.flags == (1 << 3 | 1 << 1 if active_low else 1 << 3)
    assert request.config.num_attrs == 1
    attribute = request.config.attrs[0]
    assert (attribute.attr.id, attribute.attr.values, attribute.mask) == (2, 0, 1)
    assert not any(bytes(request.config.attrs[1])), "nothing behind the one attribute"
    relay.put(active=True)
    relay.put(active=False)
    assert kernel.values == [(1, 1), (0, 1)]
    assert not kernel.opened, "the chip is closed again"


@pytest.mark.parametrize(
    ("chip", "line", "said"),
    [
        ("nowhere", "A", "no GPIO chip is labelled 'nowhere'; there are: board, expander; gpiodetect shows the chips"),
        ("bord", "A", "no GPIO chip is labelled 'bord'; there are: board, expander; did you mean 'board'?"),
        ("board", "BELL", "chip board has no line 'BELL'; gpioinfo shows its lines"),
        ("board", "RELY", "chip board has no line 'RELY'; did you mean 'RELAY'?"),
        ("board", "4", "chip board has no line '4'; gpioinfo shows its lines"),
        ("expander", "B ", "chip expander has no line 'B '; did you mean 'B'?"),
    ],
)
def test_line_that_is_not_there_is_named(kernel, chip, line, said):
    del kernel.chips["gpiochip5"]
    with pytest.raises(guard.Refused) as refused:
        guard.GpioLine(chip, line, active_low=False)
    assert str(refused.value) == said
    assert refused.value.status == 1
    assert not kernel.opened


def test_chip_that_may_be_one_of_those_we_may_not_open_is_named_as_such(kernel):
    with pytest.raises(guard.Refused, match=r"nowhere.*/dev/gpiochip5: Permission denied.*udev rule"):
        guard.GpioLine("nowhere", "RELAY", active_low=False)


def test_machine_without_chips_is_reported_as_such(kernel):
    kernel.chips = {}
    with pytest.raises(guard.Refused, match=r"no GPIO chip \(/dev/gpiochip\*\); load the driver"):
        guard.GpioLine("board", "RELAY", active_low=False)


@pytest.mark.parametrize("chip", ["gpiochip1", "/dev/gpiochip1"])
def test_chip_is_found_by_its_name_or_path_too(kernel, chip):
    assert guard.find(chip, "B") == ("/dev/gpiochip1", 3)


def test_name_that_two_lines_have_is_refused(kernel):
    kernel.chips = {"gpiochip0": ("board", 1, ("RELAY", "RELAY"))}
    with pytest.raises(guard.Refused, match="2 lines are named 'RELAY'"):
        guard.GpioLine("board", "RELAY", active_low=False)
    assert not kernel.requests


def test_label_that_two_chips_have_is_refused_where_both_have_the_line(kernel):
    kernel.chips = {"gpiochip0": ("board", 1, ("RELAY",)), "gpiochip1": ("board", 2, ("RELAY",))}
    with pytest.raises(guard.Refused, match="2 lines are named 'RELAY'"):
        guard.GpioLine("board", "RELAY", active_low=False)


def test_line_in_use_is_reported_with_its_user(kernel):
    kernel.users["RELAY"] = "doorbell.py"
    with pytest.raises(guard.Refused, match=r"in use by 'doorbell\.py'"):
        guard.GpioLine("board", "RELAY", active_low=False)
    assert not kernel.opened
