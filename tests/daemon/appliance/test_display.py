"""The display's page in a real browser, at a real daemon: a visitor touches a name, and a far end is called."""

from tests.api.chromium import chromium
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets


def test_a_visitor_calls_a_flat_from_the_list_and_talks(tmp_path):
    flats = tmp_path / "flats.csv"
    daemon = Daemon(tmp_path / "d")
    daemon.config["directory"] = {"file": str(flats)}
    flats.write_text(
        f"\ufeffflat;name;targets\r\n12;Müller;sip:mueller@{daemon.far_address}:{daemon.far_port}\r\n3;Smith;far\r\n"
    )
    with daemon as door, Packets(door.far_address, door.far_port) as far, chromium(tmp_path / "chromium") as page:
        token = (door.directory / "http.token").read_text().strip()
        page.open(f"{(door.directory / 'http.address').read_text().strip()}display#token={token}")
        page.shows("#directory", "Müller")
        page.click('[data-flat="12"]')
        invite = far.receive("INVITE", "INVITE")
        assert "INVITE sip:mueller@" in invite
        assert door.wait("ring.started", to="flat 12")["data"]["button"] == "http:token"
        page.shows("#status", "Calling Müller")
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        call = door.wait("call.connected")["call"]
        page.shows("#status", "Answered.")
        door.press("hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended")
