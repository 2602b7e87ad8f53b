"""A PBX and far ends that go by names, while name servers answer, are silent, or fall silent: all are still reached."""

from contextlib import ExitStack, suppress
from select import select

import pytest

from tests.support.daemon import Daemon, talking
from tests.support.peers.namespaces import DOOR, PBX, Cable, NameServer, SilentNameServer
from tests.support.peers.packets import PATIENCE_S, Packets
from tests.support.peers.registrars import Kamailio, account, answer
from tests.support.times import hasty
from tests.support.waiting import until

NAME, NOWHERE = "pbx.test", "host.silent.test"
PORT, FAR, OTHER = 5080, 5090, 5092
RECORDS = {f"{NAME} A": [PBX]}


@pytest.fixture
def cable(tmp_path):
    with Cable(tmp_path) as cable:
        cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:5 attempts:2\n")
        yield cable


@pytest.fixture
def packets(cable):
    """Makes far ends."""
    made = []

    def far(port):
        made.append(Packets(PBX, port, to=f"{DOOR}:{PORT}", bound=cable.pbx.socket))
        return made[-1]

    yield far
    for each in made:
        each.__exit__()


def station(cable, directory, **settings):
    sip = {"address": "0.0.0.0", "port": PORT, **settings.pop("sip", {})}
    return Daemon(directory, cable.door.within, sip=sip, **settings)


@pytest.mark.parametrize("servers", ["answers", "is silent", "falls silent"])
def test_a_pbx_that_routes_calls_by_its_name_is_reached_whatever_the_name_server_does(servers, cable, tmp_path):
    """Its Record-Route is a name: ACK, re-INVITE and BYE go by it, from either side."""

    def registered(name, machine, user, other, registrar, port):
        table = {**account(tmp_path, kamailio, user), "registrar": registrar}
        target = {"far": {"uri": other, "account": "office"}}
        sip = {"address": "0.0.0.0", "port": port}
        return Daemon(tmp_path / name, machine.within, sip=sip, account={"office": table}, target=target)

    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within, name=NAME) as kamailio:
        address = f"{PBX}:{kamailio.port}"
        where = address if servers == "is silent" else f"{NAME}:{kamailio.port}"
        server = SilentNameServer(cable.pbx) if servers == "is silent" else NameServer(cable.pbx, RECORDS)
        with ExitStack() as serving, ExitStack() as stations:
            serving.enter_context(server)
            door = stations.enter_context(registered("door", cable.door, "261", "262", where, PORT))
            far = stations.enter_context(registered("far", cable.pbx, "262", "261", address, PORT))
            for each in (door, far):
                each.wait("account.registered", patience=60)
            if servers == "falls silent":
                serving.close()
                serving.enter_context(SilentNameServer(cable.pbx))
            call_both_ways(door, far)


def call_both_ways(door, far):
    for caller, callee in ((door, far), (far, door)):
        children = [each.sip() for each in (door, far)]
        for each in (door, far):
            each.begin()
        call, came = talking(caller, callee)
        for each in (caller, callee):
            each.press("hold")
            each.wait("call.held", by="local")
            each.press("hold")
            each.wait("call.resumed", by="local")
        callee.press("hangup")
        caller.final(call, kind="call.ended", by="remote")
        callee.final(came, kind="call.ended", by="local")
        assert [each.sip() for each in (door, far)] == children


def test_a_registrar_whose_answers_hold_names_is_registered_with(cable, packets, tmp_path):
    """In the Via's received, in Contact, Service-Route and Path; nobody is asked for them."""
    registrar = packets(5070)
    registrar.port = 5070
    tables = {"office": account(tmp_path, registrar, "271")}
    target = {"far": {"uri": "272", "account": "office"}}
    with SilentNameServer(cable.pbx) as silent, station(cable, tmp_path / "d", account=tables, target=target) as door:
        child = door.sip()
        asked = registrar.receive("REGISTER", "REGISTER")
        contact = next(line for line in asked.split("\r\n") if line.startswith("Contact:"))
        answer = registrar.reply(asked, "200 OK").decode()
        answer = answer.replace(";rport", f";received={NOWHERE};rport=5080", 1)
        names = [f"{name}: <sip:{NOWHERE};lr>" for name in ("Path", "Service-Route")]
        lines = [line for line in answer.split("\r\n") if not line.startswith("Contact:")]
        lines[1:1] = [*names, f"{contact};expires=300", f"Contact: <sip:271@{NOWHERE}>;expires=300"]
        registrar.send("\r\n".join(lines).encode())
        door.wait("account.registered", patience=60)
        call = door.ring()
        invite = registrar.receive("INVITE", "INVITE")
        registrar.send(registrar.reply(invite, "486 Busy Here"))
        registrar.receive("ACK", "ACK")
        door.final(call, kind="call.rejected", code=486)
        assert silent.asked == set()
        assert door.sip() == child


SECOND, ELSEWHERE = "10.9.0.2", "10.9.0.3"


def test_each_address_of_a_pbx_s_name_may_answer_for_the_others_and_no_other_address(cable, tmp_path):
    ends = {}
    with ExitStack() as opened:
        for address in (PBX, SECOND, ELSEWHERE):
            if address != PBX:
                cable.pbx.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
            ends[address] = opened.enter_context(Packets(address, 5070, bound=cable.pbx.socket))
        table = {**account(tmp_path, ends[PBX], "271"), "registrar": f"{NAME}:5070"}
        opened.enter_context(NameServer(cable.pbx, {f"{NAME} A": [PBX, SECOND]}))
        door = opened.enter_context(station(cable, tmp_path / "d", account={"office": table}))
        (sent_to, *_), *_ = select([ends[PBX].socket, ends[SECOND].socket], [], [], PATIENCE_S)
        asked_end, other = (PBX, SECOND) if sent_to is ends[PBX].socket else (SECOND, PBX)
        asked = ends[asked_end].receive("REGISTER", "REGISTER")
        for each in (other, ELSEWHERE):
            ends[each].to = ends[asked_end].to
        ends[ELSEWHERE].send(answer(asked, 200, {}))
        door.wait("answer.doubted", **{"from": f"{ELSEWHERE}:5070", "to": f"{asked_end}:5070"})
        assert door.of("account.registered") == []
        ends[other].send(answer(asked, 200, {}))
        door.wait("account.registered", account="office")
        assert len(door.of("answer.doubted")) == 1


def falls_silent(cable, registrar):
    """Answer REGISTERs until the name is asked for in vain; the silent server, to be closed."""
    silent = SilentNameServer(cable.pbx)

    def asked():
        with suppress(AssertionError):
            registrar.send(answer(registrar.receive("REGISTER", "REGISTER", patience=0.2), 200, {}))
        return silent.asked & {NAME}

    until(asked, "the name is asked for")
    return silent


@pytest.fixture
def named(cable, packets, tmp_path):
    """A registrar that goes by its name, at which a station has registered; the name server has gone since."""
    cable.pbx.run("ip", "address", "add", f"{SECOND}/24", "dev", "eth0")
    registrar = packets(5070)
    table = {**account(tmp_path, registrar, "271", refresh_s=5), "registrar": f"{NAME}:5070"}
    with ExitStack() as serving:
        serving.enter_context(NameServer(cable.pbx, RECORDS))
        with station(cable, tmp_path / "d", account={"office": table}, times=hasty()) as door:
            registrar.send(answer(registrar.receive("REGISTER", "REGISTER"), 200, {}))
            door.wait("account.registered", account="office")
            serving.close()
            yield registrar, door


def test_a_registration_is_renewed_while_its_name_is_looked_up_in_vain(cable, named):
    """Each lookup takes minutes here; with two name servers that are gone it takes one."""
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:30 attempts:5\n")
    registrar, door = named
    with falls_silent(cable, registrar):
        for _ in range(2):
            registrar.send(answer(registrar.receive("REGISTER", "REGISTER", patience=60), 200, {}))
    assert door.of("account.failed") == []


def test_a_registrar_that_has_moved_meanwhile_is_asked_at_once(cable, named):
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:30 attempts:5\n")
    registrar, door = named
    with falls_silent(cable, registrar) as silent, Packets(SECOND, 5070, bound=cable.pbx.socket) as there:
        registrar.receive("REGISTER", "REGISTER", patience=60)  # and has no answer
        silent.answer({f"{NAME} A": [SECOND]})
        there.send(answer(there.receive("REGISTER", "REGISTER", patience=60), 200, {}))
        until(lambda: door.get("/v1/accounts/office")["server"] == f"{SECOND}:5070", "the other server")
    assert door.of("account.failed") == []


def talks(door, far):
    call = far.rings(door)
    far.called(lambda: door.press("answer"))
    return door.talk(call)


def test_whom_a_far_end_passes_us_on_to_is_looked_up_beside_the_calls(cable, packets, tmp_path):
    """REFER to a name, which is asked for, in vain: calls go on meanwhile."""
    target = {"far": {"uri": f"sip:far@{PBX}:{FAR}"}, "other": {"uri": f"sip:far@{PBX}:{OTHER}"}}
    with (
        SilentNameServer(cable.pbx) as silent,
        station(cable, tmp_path / "d", target=target, sip={"transfer_policy": "follow"}) as door,
    ):
        child = door.sip()
        far, other = packets(FAR), packets(OTHER)
        call = talks(door, far)
        far.send(far.request("REFER", 2, headers=f"Refer-To: <sip:x@{NOWHERE}>\r\n"))
        far.receive("SIP/2.0 202", "REFER")
        far.send(far.reply(far.receive("NOTIFY", "NOTIFY"), "200 OK"))
        until(lambda: silent.asked & {NOWHERE, f"_sip._udp.{NOWHERE}"}, "the name is asked for")
        other.send(other.invite())
        other.receive("SIP/2.0 180", "INVITE")
        other.send(other.request("CANCEL"))
        other.receive("SIP/2.0 487", "INVITE")
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")
        assert door.sip() == child


@pytest.mark.parametrize("first", ["refuses packets", "is silent", "is not reached", "has no time"])
def test_a_target_whose_first_server_takes_no_call_rings_at_the_next(first, cable, packets, tmp_path):
    """As the servers of an account do (RFC 3263 §4.3)."""
    records = {
        f"_sip._udp.{NAME} SRV": [[1, 0, OTHER, "one.test"], [2, 0, FAR, "two.test"]],
        "one.test A": ["203.0.113.9" if first == "is not reached" else PBX],
        "two.test A": [PBX],
    }
    target = {"far": {"uri": f"sip:far@{NAME}"}}
    with NameServer(cable.pbx, records), station(cable, tmp_path / "d", target=target) as door:
        other = packets(OTHER) if first in {"is silent", "has no time"} else None
        far = packets(FAR)
        call = door.ring()
        if other is not None:
            invite = other.invited()
            if first == "has no time":
                other.answer(invite, "503 Service Unavailable")
        far.answer(far.invited(), "200 OK", far.sdp)
        door.talk(call)
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended", cause="hangup", by="local")
        assert door.story(call) == ["dialing", "connecting", "connected", "disconnecting", "ended"]


@pytest.mark.parametrize("first", ["is silent", "is not reached", "has no time"])
def test_a_contact_whose_first_server_is_off_is_available(first, cable, packets, tmp_path):
    """A call to it would be taken by the next one."""
    records = {
        f"_sip._udp.{NAME} SRV": [[1, 0, OTHER, "one.test"], [2, 0, FAR, "two.test"]],
        "one.test A": ["203.0.113.9" if first == "is not reached" else PBX],
        "two.test A": [PBX],
    }
    target = {"far": {"uri": f"sip:far@{NAME}", "watch": "options", "watch_s": 5}}
    other, far = packets(OTHER), packets(FAR)
    with NameServer(cable.pbx, records), station(cable, tmp_path / "d", target=target, times=hasty()) as door:
        if first == "has no time":
            asked = other.receive("OPTIONS", "OPTIONS")
            other.send(other.reply(asked, "503 Service Unavailable"))
        asked = far.receive("OPTIONS", "OPTIONS")
        far.send(far.reply(asked, "486 Busy Here"))
        told = door.wait("contact.changed", contact="far")["data"]
        assert (told["new"], told["code"]) == ("busy", 486)


def test_a_contact_all_of_whose_servers_are_off_is_unavailable(cable, packets, tmp_path):
    records = {f"_sip._udp.{NAME} SRV": [[1, 0, OTHER, "one.test"], [2, 0, FAR, "one.test"]], "one.test A": [PBX]}
    target = {"far": {"uri": f"sip:far@{NAME}", "watch": "options", "watch_s": 5}}
    ends = packets(FAR), packets(OTHER)
    with NameServer(cable.pbx, records), station(cable, tmp_path / "d", target=target, times=hasty()) as door:
        for far in ends:
            asked = far.receive("OPTIONS", "OPTIONS")
            assert not door.of("contact.changed")
            far.send(far.reply(asked, "503 Service Unavailable"))
        told = door.wait("contact.changed", contact="far")["data"]
        assert (told["new"], told["code"]) == ("unavailable", 503)


def test_a_target_none_of_whose_servers_takes_a_call_fails(cable, packets, tmp_path):
    records = {f"_sip._udp.{NAME} SRV": [[1, 0, OTHER, "one.test"], [2, 0, FAR, "one.test"]], "one.test A": [PBX]}
    target = {"far": {"uri": f"sip:far@{NAME}"}}
    with NameServer(cable.pbx, records), station(cable, tmp_path / "d", target=target) as door:
        for _ in range(2):
            ends = [packets(OTHER), packets(FAR)]
            call = door.ring()
            for far in ends:
                far.answer(far.invited(), "503 Service Unavailable")
                far.__exit__()
            assert door.final(call, kind="call.failed")["code"] == 503
            door.begin()


def test_a_target_that_was_looked_up_is_called_while_no_name_server_answers(cable, packets, tmp_path):
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:30 attempts:5\n")
    target = {"far": {"uri": f"sip:far@{NAME}:{FAR}"}}
    with ExitStack() as serving:
        serving.enter_context(NameServer(cable.pbx, RECORDS))
        with station(cable, tmp_path / "d", target=target) as door:
            far = packets(FAR)
            assert door.get(f"/v1/calls/{talks(door, far)}")["remote"]["target"] == "far"  # so its name is known
            far.hang_up()
            serving.close()
            with SilentNameServer(cable.pbx) as silent:
                door.begin()
                call = door.ring()
                far.to = (DOOR, PORT)
                far.answer(far.invited(), "200 OK", far.sdp)
                assert silent.asked & {NAME}
                door.talk(call)
                far.hung_up_by(door, call)
                door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_contact_that_no_network_leads_to_is_unavailable_and_ends_nothing(cable, packets, tmp_path):
    """As while the cable is out."""
    far = packets(FAR)
    asks = {"watch": "options", "watch_s": 5}
    target = {"gone": {"uri": "sip:far@203.0.113.9", **asks}, "far": {"uri": f"sip:far@{PBX}:{FAR}", **asks}}
    with station(cable, tmp_path / "d", target=target, times=hasty()) as door:
        child = door.sip()
        for _ in range(2):
            asked = far.receive("OPTIONS", "OPTIONS", patience=120)
            far.send(far.reply(asked, "200 OK"))
        told = door.wait("contact.changed", contact="gone")["data"]
        assert (told["new"], told["code"], told["reason"]) == ("unavailable", 0, "Network is unreachable")
        assert door.sip() == child


def test_a_message_to_a_name_arrives(cable, packets, tmp_path):
    target = {"far": {"uri": f"sip:far@{NAME}:{FAR}"}}
    with NameServer(cable.pbx, RECORDS), station(cable, tmp_path / "d", target=target) as door:
        far = packets(FAR)
        for text in ("one", "two"):
            message = door.post("/v1/messages", {"to": "far", "text": text})["message"]
            came = far.receive("MESSAGE", "MESSAGE")
            assert came.startswith(f"MESSAGE sip:far@{NAME}:{FAR} ")
            assert came.endswith(text)
            far.send(far.reply(came, "200 OK"))
            door.wait("message.sent", message=message)


@pytest.mark.parametrize("full", [True, False], ids=["is full", "refuses packets"])
def test_a_message_arrives_at_the_next_server_where_the_first_takes_none(full, cable, packets, tmp_path):
    records = {f"_sip._udp.{NAME} SRV": [[1, 0, OTHER, "one.test"], [2, 0, FAR, "one.test"]], "one.test A": [PBX]}
    target = {"far": {"uri": f"sip:far@{NAME}"}}
    with NameServer(cable.pbx, records), station(cable, tmp_path / "d", target=target) as door:
        far = packets(FAR)
        other = packets(OTHER) if full else None
        message = door.post("/v1/messages", {"to": "far", "text": "one"})["message"]
        if other is not None:
            other.send(other.reply(other.receive("MESSAGE", "MESSAGE"), "503 Service Unavailable"))
        far.send(far.reply(far.receive("MESSAGE", "MESSAGE"), "200 OK"))
        door.wait("message.sent", message=message)


def test_a_message_to_a_name_that_no_one_resolves_fails_and_calls_go_on(cable, packets, tmp_path):
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:1 attempts:1\n")
    target = {"far": {"uri": f"sip:far@{PBX}:{FAR}"}, "named": {"uri": f"sip:far@{NOWHERE}:{FAR}"}}
    with SilentNameServer(cable.pbx), station(cable, tmp_path / "d", target=target) as door:
        child, far = door.sip(), packets(FAR)
        message = door.post("/v1/messages", {"to": "named", "text": "lost"})["message"]
        call = talks(door, far)
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")
        failed = door.wait("message.failed", message=message, patience=60)["data"]
        assert "cannot be resolved" in failed["reason"]
        assert door.sip() == child
