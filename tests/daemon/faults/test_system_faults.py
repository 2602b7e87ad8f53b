"""Faults of the machine below: a full disc, one that cannot be written, a clock that jumps, an end in mid-call."""

import io
import os
import resource
import signal
import socket
import subprocess
import threading
import time
import urllib.request
import wave
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.clocks import on_clock
from tests.support.daemon import Daemon
from tests.support.pairs import connect, pair, place, ring, together
from tests.support.processes import living, tree
from tests.support.times import REAL, patient
from tests.support.waiting import PATIENCE_S, until

HOUR, TEN_YEARS = 3600, 10 * 365 * 86400
BEGUN_BYTES = 16_000  # half a second of samples, which stay when the disc is full
FREE_MB = 16
# A namespace of mounts of its own: nothing of it is left when its last process has ended.
APART = ("unshare", "--mount") if os.getuid() == 0 else ("unshare", "--mount", "--map-root-user")
UNMOUNTED = 'exec "$@" --state "$0"'
MOUNT = f'mount -t tmpfs -o size={{mb}}m state "$0" && {UNMOUNTED}'
CAN_MOUNT = not subprocess.run([*APART, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode


class OnDisc(Daemon):
    """An appliance whose state is in `disc`, apart from sockets and the like."""

    def __init__(self, directory, *, config=None, **settings):
        super().__init__(directory, config=config, **settings)
        self.disc = directory / "disc"
        self.disc.mkdir(parents=True)
        self.within = ("env", f"RUNTIME_DIRECTORY={directory}", *self._on_disc())

    def _on_disc(self):
        raise NotImplementedError


class Mounted(OnDisc):
    """The disc is a small file system of its own, seen by the daemon only."""

    MB = 24  # a recording wants FREE_MB to begin

    def _on_disc(self):
        return (*APART, "sh", "-c", MOUNT.format(mb=self.MB), str(self.disc))

    @property
    def disc_here(self):
        return Path(f"/proc/{self.pid}/root{self.disc}")

    @property
    def ballast(self):
        return self.disc_here / "ballast"

    def fill(self):
        with suppress(OSError), self.ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096:
                pass

    def clear(self):
        self.ballast.unlink()


class Limited(OnDisc):
    """No file may grow, where nothing can be mounted."""

    @property
    def disc_here(self):
        return self.disc

    def _on_disc(self):
        return ("sh", "-c", UNMOUNTED, str(self.disc))

    def fill(self):
        self._limit(1)

    def clear(self):
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most):
        for pid in (self.pid, self.sip()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


class Closed(OnDisc):
    """The directory cannot be written; root has to give up what would let it all the same."""

    def _on_disc(self):
        self.disc.chmod(0o555)
        humble = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.getuid() == 0 else ()
        return (*humble, "sh", "-c", UNMOUNTED, str(self.disc))


@contextmanager
def stations(kind, times=None, **changes):
    """Front door of that kind, with these times, and a kitchen."""
    with place() as directory:
        given = {"sip": {"trace": False}, **changes}
        given["recording"] = {"free_mb": FREE_MB, **given.get("recording", {})}
        config, inside = pair(front=given)
        front, kitchen = kind(directory / "front", config=config), Daemon(directory / "kitchen", config=inside)
        front.times = times or front.times
        with together(front, kitchen):
            yield front, kitchen


def the_door_opens_and_locks_in_time(front, seconds=1.0):
    front.begin()
    asked = time.monotonic()  # before the pulse began, of which we may hear late
    front.post("/v1/doors/front/open", {"seconds": seconds})
    opened, locked = front.next("door.unlocked"), front.next("door.locked")
    assert time.monotonic() - asked >= seconds and locked["uptime"] - opened["uptime"] < seconds + 10
    assert front.relay() == "0"


def they_talk(*both):
    """Packets go on arriving at both."""

    def received(station):
        return (station.call()["quality"] or {"received": 0})["received"]

    for station in both:
        wanted = received(station) + 20
        until(lambda s=station, n=wanted: received(s) >= n, f"sound at {station.user}", log=station.told)


def seconds_of(station, url):
    with wave.open(io.BytesIO(station.get(url))) as file:
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize("kind", [Mounted if CAN_MOUNT else Limited])
def test_a_disc_that_fills_in_a_call_costs_neither_call_nor_door_and_heals_by_itself(kind):
    with stations(kind) as (front, kitchen):
        ours, _theirs = connect(front, kitchen)
        recording = front.next("recording.started")["data"]["recording"]
        file = front.disc_here / "recordings" / f"{recording}.wav"
        until(lambda: file.stat().st_size > BEGUN_BYTES, "the file's beginning on disc", log=front.told)
        front.fill()
        told = front.next("appliance.degraded", part="storage")  # with nobody doing anything
        assert told["data"]["why"]
        assert kind is Limited or "No space is left" in told["data"]["why"]
        the_door_opens_and_locks_in_time(front)
        they_talk(front, kitchen)
        failed = front.get("/v1/state")["appliance"]["failed"]
        assert [each["part"] for each in failed] == ["storage"]
        if kind is Mounted:  # the station looks at the space every two seconds
            (stopped,) = until(lambda: front.ever("recording.failed"), "the recording's end", log=front.told)
            assert (stopped["call"], "No space is left" in stopped["data"]["why"]) == (ours, True)
        front.clear()
        front.next("appliance.recovered", patience=120, part="storage")
        they_talk(front, kitchen)
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")
        (complete,) = until(lambda: front.ever("recording.available"), "the recording", log=front.told)
        available = complete["data"]
        assert available["recording"] == recording
        seconds = seconds_of(front, available["url"])
        assert seconds > 0.2 and seconds == pytest.approx(available["duration_s"], abs=0.01)
        assert len(front.ever("appliance.degraded")) == len(front.ever("appliance.recovered")) == 1
        # What happened while the disc was full is kept all the same.
        kept = [event["id"] for event in front.events]
        front.stop()
        if kind is Limited:  # the other one's disc has gone with it
            front.start()
            front.ready()
            assert [event["id"] for event in front.events if event["id"] <= kept[-1]] == kept


def test_a_state_directory_that_cannot_be_written_is_reported_once_and_costs_no_call():
    with stations(Closed) as (front, kitchen):
        assert front.next("appliance.degraded", part="storage")["data"]["why"]
        ours, _theirs = connect(front, kitchen)
        assert front.next("recording.failed", call=ours)["data"]["why"]
        the_door_opens_and_locks_in_time(front)
        they_talk(front, kitchen)
        log = front.log
        assert log.count("part=storage") == 1, log
        assert "part=http" not in log, log
        assert "Traceback" not in log
        # What is reached by the token, its page, is served all the same: the token is beside the sockets.
        token = (front.directory / "http.token").read_text().strip()
        assert asked_with(token, (front.directory / "http.address").read_text()) == 200
        front.disc.chmod(0o755)
        front.next("appliance.recovered", patience=120, part="storage")
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")
        ours, _theirs = connect(front, kitchen)
        front.next("recording.started", call=ours)


def asked_with(token, url):
    """The status of a request over TCP."""
    request = urllib.request.Request(f"{url}v1/state", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.status


class Timed(Daemon):
    """Sees another time of day; its monotonic clock is the machine's."""

    def __init__(self, directory, *, config):
        super().__init__(directory, config=config)
        self._offset = directory / "offset"
        self.jump(0)
        self.within = on_clock(FAKETIME_TIMESTAMP_FILE=str(self._offset), FAKETIME_NO_CACHE="1")

    def jump(self, offset):
        new = self._offset.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.replace(self._offset)

    def ahead(self, event):
        """Seconds that the event's time is ahead of the machine's."""
        return datetime.fromisoformat(event["time"]).timestamp() - time.time()


def the_clock_jumps_while_the_door_is_open(front, jump):
    for seconds in (1.0, 4.5, 4.5):  # on a busy machine we may hear of the door when it has locked again
        front.begin()
        asked = time.monotonic()
        front.post("/v1/doors/front/open", {"seconds": seconds})
        opened = front.next("door.unlocked")
        front.jump(jump)
        in_time = front.relay() == "1"
        locked = front.next("door.locked")
        assert time.monotonic() - asked >= seconds and locked["uptime"] - opened["uptime"] < seconds + 10
        assert front.relay() == "0"
        if in_time:
            break
        front.jump(0)
    assert abs(front.ahead(locked) - jump) < HOUR / 2


@pytest.mark.parametrize("jump", [HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
def test_a_clock_that_jumps_in_a_call_moves_the_time_of_events_and_nothing_else(jump):
    with stations(Timed, deadlines={"ringing_s": 10.0}) as (front, kitchen):
        ours, _theirs = connect(front, kitchen)
        front.next("recording.started", call=ours)
        assert abs(front.ahead(front.events[-1])) < HOUR / 2
        the_clock_jumps_while_the_door_is_open(front, jump)
        the_door_opens_and_locks_in_time(front)
        they_talk(front, kitchen)
        shown = front.call()["connected_since"]
        assert datetime.fromisoformat(shown) > datetime(2000, 1, 1, tzinfo=UTC)
        front.jump(0)
        they_talk(front, kitchen)
        front.jump(jump)
        kitchen.press("hangup")
        ended = front.next("call.ended", call=ours, cause="hangup")
        assert 0 < ended["data"]["duration_s"] < HOUR / 2
        front.next("recording.available")
        # The jump changes no deadline that begins after it.
        missed, _theirs = ring(front, kitchen)
        rang = front.ever("call.ringing", call=missed)[0]
        failed = front.next("call.failed", call=missed, cause="no_answer")
        assert 9.9 <= failed["uptime"] - rang["uptime"] < 30
        ids = [event["id"] for event in front.events]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        uptimes = [event["uptime"] for event in front.events]
        assert uptimes == sorted(uptimes)
        assert not front.ever("appliance.degraded") + front.ever("events.lost")


def test_a_clock_set_back_and_forth_by_years_costs_no_call_and_mixes_up_no_list():
    with stations(Timed) as (front, kitchen):
        made = []
        for there, back in ((TEN_YEARS, -TEN_YEARS), (-3 * TEN_YEARS, 4 * TEN_YEARS), (-TEN_YEARS, 0)):
            ours, _theirs = connect(front, kitchen)
            made.append(front.next("recording.started", call=ours)["data"]["recording"])
            for jump in (there, back):
                front.jump(jump)
                the_door_opens_and_locks_in_time(front)
                they_talk(front, kitchen)
            kitchen.press("hangup")
            ended = front.next("call.ended", call=ours, cause="hangup")
            assert 0 < ended["data"]["duration_s"] < HOUR / 2
            front.next("recording.available", recording=made[-1])
        listed = front.get("/v1/recordings")["recordings"]
        assert [each["id"] for each in listed] == made[::-1]
        calls = front.get("/v1/log/calls")["calls"]
        assert [each["recording"] for each in calls] == made[::-1]
        ids = [event["id"] for event in front.events]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        uptimes = [event["uptime"] for event in front.events]
        assert uptimes == sorted(uptimes)
        assert not front.ever("appliance.degraded") + front.ever("events.lost")


class Remounted(Mounted):
    """A disc whose mount the kernel turns read-only, as it does when a card fails."""

    def turn(self, way):
        """`ro`: what is opened from now on cannot be written; `rw`: it can again."""
        within = ("nsenter", f"--mount=/proc/{self.pid}/ns/mnt", "sh", "-ec")
        # Lazily: the station may be reading a file of it at this moment.
        act = {"ro": 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"', "rw": 'umount --lazy "$0"'}[way]
        subprocess.run([*within, act, str(self.disc)], check=True, timeout=PATIENCE_S)


class Forbidden(Closed):
    """The same by the directory's mode, where nothing can be mounted."""

    def _on_disc(self):
        given = super()._on_disc()
        self.disc.chmod(0o755)
        return given

    def turn(self, way):
        self.disc.chmod({"ro": 0o555, "rw": 0o755}[way])


@pytest.mark.parametrize("kind", [Remounted if CAN_MOUNT else Forbidden])
def test_a_disc_that_turns_read_only_in_a_call_costs_neither_call_nor_door_and_heals_by_itself(kind):
    with stations(kind) as (front, kitchen):
        ours, _theirs = connect(front, kitchen)
        front.next("recording.started", call=ours)
        front.turn("ro")
        they_talk(front, kitchen)
        the_door_opens_and_locks_in_time(front)
        status, answer = front.ask("POST", "/v1/doors/front/lock")
        assert status < 300 or answer["code"] == "unavailable", answer
        front.next("appliance.degraded", part="kept")
        assert front.get("/v1/state")["doors"][0]["state"] == "locked_down", "it holds all the same"
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")
        ours, _theirs = connect(front, kitchen)
        front.next("recording.failed", call=ours)
        they_talk(front, kitchen)
        front.turn("rw")
        front.next("appliance.recovered", part="kept")
        front.post("/v1/doors/front/unlock")
        the_door_opens_and_locks_in_time(front)
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")
        ours, _theirs = connect(front, kitchen)
        front.next("recording.started", call=ours)
        assert "Traceback" not in front.log


def test_a_loop_that_is_held_up_costs_no_call_and_no_pulse_lasts_longer():
    """Seven seconds: longer than the silence after which a SIP process is taken for hung."""

    with stations(Daemon, times=patient(sip_silent_s=REAL.sip_silent_s)) as (front, kitchen):
        ours, _theirs = connect(front, kitchen)
        before = front.sip()
        front.post("/v1/doors/front/open", {"seconds": 4.0})
        until(lambda: front.relay() == "1", "the relay", log=front.told)
        os.kill(front.pid, signal.SIGSTOP)
        try:
            held_up = time.monotonic()
            until(lambda: front.relay() == "0", "its end, by the guard", log=front.told)
            until(lambda: time.monotonic() > held_up + 7.0, "the end of a long silence")
        finally:
            os.kill(front.pid, signal.SIGCONT)
        front.next("door.locked")
        they_talk(front, kitchen)
        assert front.sip() == before
        the_door_opens_and_locks_in_time(front)
        kitchen.press("hangup")
        front.next("call.ended", call=ours, cause="hangup")
        assert not front.ever("appliance.degraded")


POLL_S = 60
FOLLOWING = (f"wait={POLL_S}&types=appliance.ready", "since=0")  # a poll for what does not come, and SSE


def follow(station, query):
    """A client that reads to the end, which is not to hold up the daemon's."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(station.directory / "http.sock"))
    accept = "Accept: text/event-stream\r\n" if "wait" not in query else ""
    client.sendall(f"GET /v1/events?{query} HTTP/1.1\r\nHost: station\r\n{accept}\r\n".encode())

    def read():
        with client, suppress(ConnectionError):
            while client.recv(65536):
                pass

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    return reading


def test_both_daemons_stopped_in_mid_call_say_bye_close_their_files_and_are_gone(record_property):
    with place() as directory:
        configs = zip((directory / "front", directory / "kitchen"), pair(), strict=True)
        both = front, kitchen = [Daemon(where, config=config) for where, config in configs]
        with together(*both):
            calls = connect(front, kitchen)
            for station, call in zip(both, calls, strict=True):
                station.next("recording.started", call=call)
            front.post("/v1/doors/front/open")
            they_talk(front, kitchen)
            following = [follow(front, way) for way in FOLLOWING]
            processes = tree(front.pid) + tree(kitchen.pid)
            assert len(processes) == 5  # two daemons, two SIP processes, one relay guard
            asked = time.monotonic()
            for station in both:
                os.kill(station.pid, signal.SIGTERM)
            until(lambda: not living(processes), "the end of all processes", log=front.told)
            taken = time.monotonic() - asked
            record_property("seconds_from_sigterm_to_gone", round(taken, 2))
            assert taken < POLL_S / 2
            for station in both:
                until(lambda station=station: station.ended is not None, "its status", log=station.told)
            assert (front.relay(), front.ended, kitchen.ended) == ("0", 0, 0)
            sent = [m.received for station in both for m in station.trace.read() if m.method == "BYE"]
            assert False in sent, sent
            for reading in following:
                reading.join(PATIENCE_S)
                assert not reading.is_alive()
            # Events and files of the daemons at their end.
            for station in both:
                station.stop()
                station.start()
                station.ready()
                assert not station.ever("events.lost"), station.told()
                ends = station.ever("call.ended")
                assert [end["data"]["cause"] in {"shutdown", "hangup"} for end in ends] == [True], ends
                (recording,) = station.get("/v1/recordings")["recordings"]
                assert recording["complete"] and not recording["recovered"]
                assert seconds_of(station, recording["url"]) > 0.2
