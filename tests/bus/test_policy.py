"""The policy that is shipped, on a real dbus-daemon."""

import asyncio
import os
import subprocess

import pytest
from dbus_fast import Message, NameFlag, RequestNameReply

from appliance.base.errors import IntercomError
from appliance.bus import service
from tests.api.fake import Station
from tests.bus.buses import ME, MY_GROUP, PATIENCE_S, POLICY, Client, TheBus, foreign_group, policy
from tests.bus.test_objects import APPLIANCE1, ROOT, served

DENIED = "org.freedesktop.DBus.Error.AccessDenied"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.mark.parametrize(
    ("group", "others", "may"),
    [(MY_GROUP, "nobody", True), (foreign_group(), "nobody", False), (foreign_group(), ME, True)],
)
def test_members_of_the_group_and_root_may_call_and_hear_and_others_may_not(tmp_path, group, others, may):
    """others: who stands for root, since the tests may have no other user."""

    async def run(address):
        async with Client(address) as owner, Client(address) as client:
            reply = await owner.bus.request_name("org.intercomd", NameFlag.DO_NOT_QUEUE)
            assert reply is RequestNameReply.PRIMARY_OWNER
            owner.bus.add_message_handler(
                lambda message: Message.new_method_return(message) if message.member == "HangupAll" else None
            )
            answer = await client.ask(ROOT, APPLIANCE1, "HangupAll")
            assert answer.error_name == (None if may else DENIED)
            await owner.bus.send(Message.new_signal(ROOT, APPLIANCE1, "Event", "tss", [1, "x", "{}"]))
            # Each answer of the bus comes after all that it had passed on before.
            await owner.driver("GetId")
            await client.driver("GetId")
            assert [each.member for each in client.heard] == (["Event"] if may else [])

    rules = policy(ME, group)
    assert rules.count('<policy user="root">\n    <allow send_destination') == 1
    rules = rules.replace('<policy user="root">\n    <allow send', f'<policy user="{others}">\n    <allow send')
    with TheBus(tmp_path, rules) as bus:
        asyncio.run(run(bus.address))


@pytest.mark.parametrize("rules", [POLICY.read_text(), policy("nobody" if ME != "nobody" else "root")])
def test_who_is_not_the_daemon_does_not_get_its_name(tmp_path, rules):
    with TheBus(tmp_path, rules) as bus, pytest.raises(IntercomError) as refused:
        asyncio.run(asyncio.wait_for(service.serve(Station(tmp_path), bus.address, pytest.fail), PATIENCE_S))
    assert refused.value.code == "forbidden"
    assert "org.intercomd.conf" in refused.value.resolution


def send(address, *prefix):
    """What the reference implementation's own client is answered."""
    return subprocess.run(
        [
            *(*prefix, "dbus-send", f"--bus={address}", "--print-reply", "--dest=org.intercomd", ROOT),
            *("org.freedesktop.DBus.Properties.Get", f"string:{APPLIANCE1}", "string:Station"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_another_user_is_refused_where_we_are_answered(tmp_path):
    async def run(bus):
        async with served(bus, Station(tmp_path)):
            ours = await asyncio.to_thread(send, bus.address)
            # Who is not root cannot be another user: then a group without us stands for him, above.
            others = [await asyncio.to_thread(send, bus.address, *NOBODY)] if os.getuid() == 0 else []
        assert (ours.returncode, 'string "Front door"' in ours.stdout) == (0, True), ours.stderr
        assert all(each.returncode and DENIED in each.stderr for each in others), others

    with TheBus(tmp_path, policy()) as bus:
        asyncio.run(run(bus))
