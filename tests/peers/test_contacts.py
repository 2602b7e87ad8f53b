"""A contact that is watched, another station, goes and comes."""

from tests.peers.daemon import Daemon, loopback
from tests.peers.shown import shows
from tests.peers.sipp import free_port


@shows("contact.changed", "GET /v1/contacts")
def test_a_contact_that_goes_and_comes_is_told(tmp_path):
    address = loopback()
    port = free_port(address)
    watched = {"uri": f"sip:door@{address}:{port}", "watch": "options", "watch_s": 5}
    far = Daemon(tmp_path / "far", sip={"address": address, "port": port})
    with Daemon(tmp_path / "door", target={"kitchen": watched}) as door:

        def becomes(state, code):
            told = door.wait("contact.changed", contact="kitchen", patience=60)["data"]
            assert (told["new"], told["code"]) == (state, code)
            (shown,) = (each for each in door.get("/v1/contacts")["contacts"] if each["name"] == "kitchen")
            assert (shown["state"], shown["watched"], shown["code"]) == (state, True, code)
            door.begin()

        becomes("unavailable", 0)  # nobody is there yet
        with far:
            becomes("available", 200)
        becomes("unavailable", 0)
