"""The file of SIP messages has a limit: a station that runs for years does not fill its disc by it."""

from appliance.sip.stack.trace_file import MOST_BYTES
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.waiting import until


def test_a_trace_that_has_grown_for_long_begins_again_and_has_the_newest_messages(tmp_path):
    (tmp_path / "door").mkdir()
    trace = tmp_path / "door" / "sip.trace"
    trace.write_bytes(b"older\n" * (MOST_BYTES // 3))
    with Daemon(tmp_path / "door", sip={"trace": True}) as door:
        older = trace.with_name("sip.trace.1")
        until(lambda: older.is_file() and older.stat().st_size == MOST_BYTES, "the older file", log=door.told)
        with Packets(door.far_address, door.far_port) as far:
            call = far.rung_by(door)
            door.post(f"/v1/calls/{call}/hangup")
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        until(lambda: "\nBYE sip:" in trace.read_text(errors="replace"), "the newest message", log=door.told)
        assert trace.stat().st_size < MOST_BYTES // 10
