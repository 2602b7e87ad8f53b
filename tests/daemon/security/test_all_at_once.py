"""Strangers do their worst at the same time: presses still ring, and the call that is on goes on.

4,000 INVITEs a second from made-up sources, a thousand requests from addresses that nobody on the cable has, and 50,000
packets a second into the call. `pytest -s` prints the figures.
"""

import contextlib
import threading

from tests.daemon.media.test_sources import flows, quality, rtp_flood
from tests.daemon.network.test_unreachable import FAR, PORT, attack
from tests.daemon.security.test_made_up_sources import Flood
from tests.support.daemon import Daemon
from tests.support.peers.afterwards import outlived
from tests.support.peers.namespaces import DOOR, PBX, Cable
from tests.support.peers.packets import Packets
from tests.support.peers.voices import Voice
from tests.support.presses import rings, told
from tests.support.waiting import until

STRANGERS = [f"10.9.0.{number}" for number in range(101, 109)]
RTP_S, TALK_PACKETS = 12, 150


def held(door, talker):
    """Hold the call at the panel, or resume it; its far end agrees."""
    door.press("hold")
    talker.answer(talker.invited(), "200 OK", talker.sdp)


def loss(door, call):
    """Of the far end's next packets, how many are lost and how many come."""
    began = quality(door, call)
    until(lambda: quality(door, call)[1] > began[1] + TALK_PACKETS, "sound of the far end")
    lost, came = (now - then for now, then in zip(quality(door, call), began, strict=True))
    return lost, came


def test_presses_ring_and_the_call_goes_on_under_all_attacks_at_once(tmp_path, record_property):
    with Cable(tmp_path) as cable, contextlib.ExitStack() as ends:
        for stranger in STRANGERS:
            cable.pbx.run("ip", "address", "add", f"{stranger}/24", "dev", "eth0")
        cable.door.run("ip", "route", "add", "10.9.0.0/16", "dev", "eth0")
        sip, target = {"address": "0.0.0.0", "port": PORT}, {"far": {"uri": f"sip:far@{PBX}:{FAR}"}}
        door = ends.enter_context(Daemon(tmp_path / "d", cable.door.within, sip=sip, target=target))
        door.address = f"{DOOR}:{PORT}"

        def phone(port=FAR):
            return Packets(PBX, port, to=door.address, bound=cable.pbx.socket)

        talker = ends.enter_context(phone(0))
        call, accepted = talker.talk_to(door)
        ends.enter_context(Voice(talker.rtp, accepted))
        flows(door, call)
        with phone() as far:
            held(door, talker)  # no visitor rings while people talk
            before = told(rings(door, far))
            held(door, talker)
            flows(door, call)
            door.begin()
            unreachable = threading.Thread(target=attack, args=(cable, 4))
            with outlived(door, record_property, phone):
                with Flood(f"127.0.0.1:{PORT}", cable.door.within) as flood:
                    into_call = rtp_flood(accepted, STRANGERS, cable.pbx.within, RTP_S)
                    unreachable.start()
                    lost, came = loss(door, call)
                    held(door, talker)
                    during = told(rings(door, far))
                    sent, seconds = map(float, into_call.communicate(timeout=120)[0].split())
                    unreachable.join()
                far.socket.close()
        held(door, talker)
        flows(door, call)
        figures = {
            "press to INVITE, ms, before": before,
            "during": during,
            "INVITEs a second": round(flood.rate),
            "packets a second into the call": round(sent / seconds),
            "of the far end's packets": f"{lost} of {lost + came} lost",
        }
        record_property("all at once", figures)
        print(figures)
        assert [each["id"] for each in door.get("/v1/calls")["calls"]] == [call]
        talker.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
