"""Asterisk as the guide sets it up, with the guide's station and a phone at it: a ring, and the digit that opens."""

import tomllib

from tests.daemon.appliance.how_tos import blocks
from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.registrars import account


class Guided(Asterisk):
    """Asterisk with the files of the guide, and the transport of the test."""

    def _files(self, modules):
        accounts, dialplan = blocks("set-up-asterisk-or-a-fritzbox.md")[:2]
        found = super()._files(modules)
        transports = found["pjsip.conf"].partition("[101]")[0]
        here = f"direct_media=no\nmedia_address={self.address}\nbind_rtp_to_media_address=yes"
        accounts = accounts.replace("direct_media=no", here)
        return found | {"pjsip.conf": f"{transports}{accounts}", "extensions.conf": dialplan}


def test_the_guides_asterisk_rings_a_phone_which_opens_the_door_of_the_guides_station(tmp_path):
    ours = tomllib.loads(blocks("set-up-asterisk-or-a-fritzbox.md")[2])
    with Guided(tmp_path / "a") as pbx:
        table = account(tmp_path, pbx, "201", "CHANGE-201")
        door = Daemon(tmp_path / "door", account={"pbx": table}, target=ours["target"], door=ours["door"])
        door.config["panel"]["button"] |= ours["panel"]["button"]
        phone = Daemon(tmp_path / "phone", account={"pbx": account(tmp_path, pbx, "301", "CHANGE-301")})
        with door, phone:
            for each in (door, phone):
                each.wait("account.registered")
            call = door.ring()
            came = phone.rung()
            assert phone.get(f"/v1/calls/{came}")["remote"]["user"] == "201"
            phone.post(f"/v1/calls/{came}/answer")
            door.talk(call)
            phone.talk(came)
            phone.post(f"/v1/calls/{came}/dtmf", {"digits": "5"})
            door.wait("door.unlocked", door="front")
            door.press("hangup")
            phone.final(came, kind="call.ended", by="remote")
