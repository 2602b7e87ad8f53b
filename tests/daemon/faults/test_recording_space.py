"""Recordings on a disc of a few megabytes: it never fills, and the oldest go first."""

import shutil
from datetime import UTC, datetime

from tests.daemon.faults.test_system_faults import (
    FREE_MB,
    Mounted,
    stations,
    the_door_opens_and_locks_in_time,
    they_talk,
)
from tests.support.pairs import connect
from tests.support.peers.packets import Packets
from tests.support.waiting import PATIENCE_S, until

FREE_BYTES = FREE_MB * 1_000_000
START = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # before any recording was made
RECORDED_BYTES = 60_000  # a few seconds
LEFT_MB = 40  # of Large's 52, for the system
ROOM_BYTES = 600_000  # for recordings, beyond that
UNSEEN_BYTES = 3_000_000  # written between two looks at the space, on a slow machine
REMOVED = 4


class Small(Mounted):
    """Its disc has 24 MB, of which recordings leave 16 to the system."""

    def leave(self, free):
        """Fill the disc until so many bytes are free."""
        with self.ballast.open("wb", buffering=0) as file:
            while shutil.disk_usage(self.disc_here).free > free:
                file.write(bytes(4096))


class Large(Small):
    """Its disc has 50 MB (of 1024 times 1024 bytes)."""

    MB = 50

    def __init__(self, directory):
        super().__init__(directory, config=None)
        self.config["recording"] = {"enabled": True, "channels": "separate", "free_mb": LEFT_MB}
        self.config["deadlines"] = {"rtp_s": 600}  # the far end sends nothing

    @property
    def free_bytes(self):
        return shutil.disk_usage(self.disc_here).free


def begun(front, kitchen):
    """A recorded call, when some seconds of it are on disc: the call and the recording."""
    call, _ = connect(front, kitchen)
    recording = front.next("recording.started", call=call)["data"]["recording"]
    file = front.disc_here / "recordings" / f"{recording}.wav"
    until(lambda: file.stat().st_size > RECORDED_BYTES, "some seconds on disc", log=front.told)
    return call, recording


def over(front, kitchen, call):
    kitchen.press("hangup")
    front.next("call.ended", call=call, cause="hangup")


def listed(front):
    """The finished recordings, oldest first; each has its file, and there are no other files."""
    rows = front.get("/v1/recordings")["recordings"]
    files = {file.stem for file in (front.disc_here / "recordings").glob("*.wav")}
    assert files == {row["id"] for row in rows}
    return [row["id"] for row in reversed(rows) if row["complete"]]


def test_the_oldest_recordings_go_and_without_any_left_calls_go_on_unrecorded_until_there_is_space():
    with stations(Small, recording={"keep_count": 3}) as (front, kitchen):
        made = []
        for _ in range(4):
            call, recording = begun(front, kitchen)
            made.append(recording)
            over(front, kitchen, call)
            front.next("recording.available", recording=recording)
        gone = front.next("recording.deleted")["data"]
        assert gone.pop("duration_s") > 0 and gone.pop("bytes") > RECORDED_BYTES
        url = f"/v1/recordings/{made[0]}/audio"
        assert gone == {"recording": made[0], "url": url, "why": "quota", "by": ""}
        assert listed(front) == made[1:]
        found = front.get(f"/v1/recordings?party=kitchen&outcome=hangup&after={START}&limit=1")
        assert [row["id"] for row in found["recordings"]] == made[3:]
        assert found["recordings"][0]["party"] == "kitchen"
        assert front.get(f"/v1/recordings?before={START}")["recordings"] == []
        assert front.get("/v1/recordings?outcome=busy")["recordings"] == []
        assert (front.disc_here / "recordings" / f"{made[3]}.json").is_file()
        shown = front.ask("PATCH", f"/v1/recordings/{made[2]}", {"protected": True})[1]
        assert (shown["id"], shown["protected"]) == (made[2], True)

        # Little space is missing: an older one makes room for the next.
        front.leave(FREE_BYTES - 8192)
        call, recording = begun(front, kitchen)
        assert front.next("recording.deleted")["data"]["recording"] == made[1]
        assert not front.ever("recording.failed")
        assert recording in listed(front) or not front.get(f"/v1/recordings/{recording}")["complete"]

        # More is missing than they have: all stay, and the one that is being written stops. Call and door do not care.
        front.leave(FREE_BYTES // 4)
        failed = front.next("recording.failed", call=call)["data"]
        assert failed["recording"] == recording and "No space is left for recordings" in failed["why"]
        told = front.next("storage.full")
        full, full_at = told["data"], told["id"]
        assert full["free_bytes"] < full["needed_bytes"] == FREE_BYTES
        front.next("recording.stopped", call=call)
        front.next("recording.available", recording=recording)
        they_talk(front, kitchen)
        the_door_opens_and_locks_in_time(front)
        over(front, kitchen, call)
        call, _ = connect(front, kitchen)
        assert "No space is left for recordings" in front.next("recording.failed", call=call)["data"]["why"]
        they_talk(front, kitchen)
        over(front, kitchen, call)
        assert {made[2], recording} <= set(listed(front)), "none would have won what is missing"
        assert full_at > front.ever("recording.deleted")[-1]["id"]
        assert front.ask("DELETE", f"/v1/recordings/{made[2]}")[1]["code"] == "conflict"

        front.clear()
        call, recording = begun(front, kitchen)
        front.next("storage.recovered")
        over(front, kitchen, call)
        front.next("recording.available", recording=recording)
        assert not front.ever("appliance.degraded")

        # A client deletes what is finished, and nothing else.
        call, running = begun(front, kitchen)
        assert front.ask("DELETE", f"/v1/recordings/{running}")[1]["code"] == "conflict"
        assert front.ask("DELETE", f"/v1/recordings/{recording}")[0] == 200
        deleted = front.next("recording.deleted", recording=recording)["data"]
        assert (deleted["why"], deleted["by"]) == ("request", "http:unix")
        over(front, kitchen, call)
        front.next("recording.available", recording=running)
        assert listed(front)[-1] == running

        # With nobody recording, too, the state and the doctor follow the disc.
        def shown():
            storage = front.get("/v1/state")["storage"]
            (found,) = [one for one in front.post("/v1/doctor")["findings"] if one["check"] == "recording.free_mb"]
            return storage["state"], found["level"]

        before = listed(front)
        front.leave(FREE_BYTES // 4)
        front.next("storage.full")
        until(lambda: shown() == ("full", "problem"), "the truth about a full disc", log=front.told)
        front.fill()
        until(lambda: front.get("/v1/state")["storage"]["free_bytes"] < 1_000_000, "the truth", log=front.told)
        front.clear()
        until(lambda: shown() == ("ok", "ok"), "the truth about an empty disc", log=front.told)
        assert listed(front) == before


def recorded(door):
    """A short call in which the far end hears the station; its recording, and the least space that was free."""
    door.begin()
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        recording = door.next("recording.started", call)["data"]["recording"]
        file = door.disc_here / "recordings" / f"{recording}.wav"
        until(lambda: file.stat().st_size > RECORDED_BYTES, "a second on disc", log=door.told)
        least = door.free_bytes
        far.rtp.settimeout(PATIENCE_S)
        assert far.rtp.recv(2048), "the far end hears"
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="hangup")
    door.next("recording.available", recording=recording)
    return recording, min(least, door.free_bytes)


def continuous(door, removed):
    """Call after call, until so many recordings were removed; all of them, and the least space that was free."""
    made = []
    while len(door.ever("recording.deleted")) < removed:
        made.append(recorded(door))
    return [recording for recording, _ in made], min(free for _, free in made)


def test_under_continuous_calls_the_oldest_go_no_call_fails_and_space_stays_free(tmp_path):
    with Large(tmp_path / "door") as door:
        door.leave(LEFT_MB * 1_000_000 + ROOM_BYTES)
        made, least = continuous(door, REMOVED)

        def gone():
            return [event["data"]["recording"] for event in door.ever("recording.deleted", why="quota")]

        def left():
            rows = [row["id"] for row in reversed(door.get("/v1/recordings")["recordings"]) if row["complete"]]
            files = {file.stem for file in (door.disc_here / "recordings").glob("*.wav")}
            return rows == made[len(gone()) :] and files == set(rows)

        assert REMOVED <= len(gone()) <= len(made)  # all of them where the database has grown by as much
        until(left, "the newest recordings, and no others", log=door.told)
        assert gone() == made[: len(gone())], "the oldest, in their order"
        assert least > LEFT_MB * 1_000_000 - UNSEEN_BYTES
        assert not door.ever("recording.failed") + door.ever("storage.full") + door.ever("call.failed")
        assert len(door.ever("call.ended")) == len(made)
