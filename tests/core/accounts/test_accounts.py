"""Accounts: every way a registration begins, fails, is renewed, runs out and ends; and calls through it."""

import random
from collections import Counter

import pytest
from msgspec.structs import replace

from appliance.core import desired_state, events, inputs
from appliance.core.accounts import sip_uris
from appliance.core.model import (
    AccountId,
    AccountSettings,
    AccountState,
    CallState,
    Picture,
    ServerFault,
    Settings,
    State,
    Target,
    TlsFault,
    Unanswered,
)
from appliance.core.orders import Place, Register, Unregister
from appliance.core.panel import indications
from tests.core import sent
from tests.core.rules import checked, repeated
from tests.core.station import LONGEST, PCMA, SETTINGS, Station, ready

OFFICE, HOME = AccountId("office"), AccountId("home")
SERVER = "192.0.2.5:5060"
ACCOUNTS = (
    AccountSettings(OFFICE, "201", "pbx.example", "pbx.example:5060"),
    AccountSettings(HOME, "77", "192.0.2.6", "192.0.2.6", transport="tcp", callers="targets"),
)
TARGETS = (Target("desk", "sip:301@pbx.example", account=OFFICE), Target("kitchen", "sip:kitchen@127.0.0.2:5060"))
S = AccountState


def begun(*settings: AccountSettings, targets=TARGETS) -> Station:
    """SIP is ready, and REGISTER is out."""
    return ready(accounts=settings or ACCOUNTS[:1], targets=targets)


def granted(station: Station, account=OFFICE, expires_s=300.0, server=SERVER, after=0.0, **fields) -> Station:
    return station.give(inputs.Registered, after, account=account, expires_s=expires_s, server=server, **fields)


def refused(station: Station, code=403, reason="Forbidden", retry_after_s=None, account=OFFICE, **fields) -> Station:
    asked = {"account": account, "code": code, "reason": reason, "retry_after_s": retry_after_s}
    return station.give(inputs.RegistrationFailed, **asked, **fields)


def told(station: Station) -> list[str]:
    return [event.TYPE.removeprefix("account.") for event in station.told if isinstance(event, events.AccountEvent)]


def registers(station: Station) -> int:
    return len(station.orders(Register))


# -- registering -----------------------------------------------------------------------------------------------------


def test_all_accounts_register_when_sip_is_ready():
    station = begun(*ACCOUNTS)
    assert station.orders(Register) == [Register(OFFICE), Register(HOME)]
    assert told(station) == ["registering", "registering"]
    granted(station, after=0.5)
    assert station.state.accounts.get(OFFICE).state is S.REGISTERED
    assert station.last(events.AccountRegistered) == events.AccountRegistered(
        OFFICE, after="start", after_s=0.5, expires_s=300.0
    )
    assert station.state.accounts.get(HOME).state is S.REGISTERING


def test_a_registration_is_renewed_and_only_its_loss_is_reported():
    station = granted(begun())
    for _ in range(20):
        station.wait(8.0)
        granted(station)
    assert registers(station) == 21
    assert told(station) == ["registering", "registered"]
    assert station.state.accounts.get(OFFICE).state is S.REGISTERED


@pytest.mark.parametrize(("expires_s", "refresh_s"), [(300.0, 8.0), (10.0, 5.0), (1.0, 1.0), (0.1, 1.0)])
def test_it_is_renewed_before_it_expires_and_not_in_a_storm(expires_s, refresh_s):
    station = granted(begun(), expires_s=expires_s)
    station.wait(refresh_s - 0.01)
    assert registers(station) == 1
    station.wait(0.02)
    assert registers(station) == 2


@pytest.mark.parametrize("expires_s", [0.1, 1.0, 1.5])
def test_a_registration_for_a_second_does_not_fill_the_journal(expires_s):
    station = granted(begun(), expires_s=expires_s)
    for _ in range(20):
        station.wait(1.0)
        granted(station, expires_s=expires_s, after=0.5)
    assert told(station) == ["registering", "registered"]


def test_an_account_of_no_ones_is_ignored():
    station = begun()
    before = station.state
    granted(station, AccountId("x"))
    refused(station, account=AccountId("x"))
    station.give(inputs.Unregistered, account=AccountId("x"))
    assert station.state == replace(before, now=station.state.now)


# -- failing ---------------------------------------------------------------------------------------------------------

DELAYS = [  # code, delay of the first, the third and the twentieth failure in a row
    (0, (1, 5), (1, 7), (1, 8)),
    (408, (1, 5), (1, 7), (1, 8)),
    (480, (1, 5), (1, 7), (1, 8)),
    (500, (1, 5), (1, 7), (1, 8)),
    (503, (1, 5), (1, 7), (1, 8)),
    (302, (54, 60), (162, 180), (270, 300)),
    (401, (54, 60), (162, 180), (270, 300)),
    (403, (54, 60), (162, 180), (270, 300)),
    (404, (54, 60), (162, 180), (270, 300)),
    (603, (54, 60), (162, 180), (270, 300)),
]


@pytest.mark.parametrize(("code", "first", "third", "twentieth"), DELAYS, ids=[str(row[0]) for row in DELAYS])
def test_a_failure_is_tried_again_after_a_time_that_grows(code, first, third, twentieth):
    station = begun()
    for count in range(1, 21):
        refused(station, code)
        account = station.state.accounts.get(OFFICE)
        assert (account.state, account.failures) == (S.FAILED, count)
        for number, (low, high) in ((1, first), (3, third), (20, twentieth)):
            if count == number:
                assert low <= account.wake - station.state.now <= high
        station.wait(account.wake - station.state.now)
        assert station.state.accounts.get(OFFICE).state is S.REGISTERING
    assert registers(station) == 21


def test_a_refusal_after_a_success_is_tried_again_soon():
    station = granted(begun())
    for low, high in ((9, 10), (18, 20), (36, 40), (216, 240)):
        refused(station)
        account = station.state.accounts.get(OFFICE)
        assert low <= account.wake - station.state.now <= high
        assert "may allow one contact" in account.explanation
        station.wait(account.wake - station.state.now)


def test_a_registrar_that_is_back_is_asked_within_8_s_however_long_it_was_away():
    station = granted(begun())
    for _ in range(1000):
        station.wait(9.0)
        if station.state.accounts.get(OFFICE).asking:
            refused(station, 0, "Request Timeout")
        assert station.state.accounts.get(OFFICE).wake <= station.state.now + 8
    granted(station.wait(9.0))
    assert station.last(events.AccountRegistered).after == "recovery"
    assert station.last(events.AccountRegistered).after_s > 3000
    assert len(told(station)) < 30, "it does not fill the journal"


# -- the contact that a registrar keeps ------------------------------------------------------------------------------

FORMER, NEW = "<sip:201@192.0.2.1:5060>", "<sip:201@192.0.2.1:5070>"


def restarted(station: Station, *settings: AccountSettings) -> Station:
    """A station that starts again with what this one wanted on disc, after a power cut."""
    again = Station(State(replace(SETTINGS, accounts=settings or ACCOUNTS), now=100.0))
    again.give(inputs.Started, version="1", kept=station.desired.kept)
    return again.give(inputs.SipReady, address="127.0.0.1:5060")


def test_the_contact_of_an_earlier_run_is_named_in_the_order_to_register():
    station = granted(granted(begun(*ACCOUNTS), contact=FORMER), HOME, contact="<sip:77@192.0.2.1:5060>")
    again = restarted(station)
    assert again.orders(Register) == [Register(OFFICE, FORMER), Register(HOME, "<sip:77@192.0.2.1:5060>")]
    change = again.desired.kept.change
    granted(again, contact=NEW)
    granted(again, contact=NEW)
    assert again.desired.kept.change == change + 1
    assert restarted(again).orders(Register)[0] == Register(OFFICE, NEW)


def test_a_contact_is_kept_until_the_registrar_has_ended_it():
    station = granted(begun(), contact=FORMER)
    station.ask(inputs.UnregisterAccount(OFFICE))
    assert restarted(station).orders(Register)[0] == Register(OFFICE, FORMER)
    station.give(inputs.Unregistered, account=OFFICE)
    assert restarted(station).orders(Register)[0] == Register(OFFICE)


def test_the_contact_of_another_user_is_none_of_an_account():
    station = granted(begun(), contact=FORMER)
    other = restarted(station, replace(ACCOUNTS[0], user="202"))
    assert other.orders(Register) == [Register(OFFICE)]
    refused(other)
    assert "accepted before" not in other.last(events.AccountFailed).explanation


@pytest.mark.parametrize("after_restart", [False, True])
def test_a_403_after_a_success_is_tried_again_after_10_20_and_40_s_and_then_slowly(after_restart):
    station = granted(begun(), contact=FORMER)
    if after_restart:
        station = restarted(station, ACCOUNTS[0])
    waited = []
    for _ in range(4):
        refused(station)
        assert "accepted before" in station.last(events.AccountFailed).explanation
        waited.append(station.state.accounts.get(OFFICE).wake - station.state.now)
        station.wait(waited[-1])
    for each, longest in zip(waited, (10.0, 20.0, 40.0, 240.0), strict=True):
        assert 0.9 * longest <= each <= longest


def test_stations_that_failed_together_are_spread():
    delays = set()
    for number in range(50):
        station = begun()
        for _ in range(number):
            next(station.numbers)
        refused(station, 503)
        delays.add(round(station.state.accounts.get(OFFICE).wake - station.state.now, 1))
    assert len(delays) > 20


@pytest.mark.parametrize(
    ("asked", "low", "high"), [(20.0, 20, 25), (0.0, 1, 2), (2.0, 2, 4), (1e9, 3600, 3605)], ids=str
)
@pytest.mark.parametrize("code", [403, 503])
def test_retry_after_is_obeyed(code, asked, low, high):
    station = refused(begun(), code, retry_after_s=asked)
    assert low <= station.state.accounts.get(OFFICE).wake - station.state.now <= high
    assert low <= station.last(events.AccountFailed).retry_in_s <= high


def test_failures_are_reported_once_for_each_code_and_then_ever_more_rarely():
    station = begun()
    for code in [503] * 8 + [403] + [403] * 7:
        refused(station, code)
        station.wait(station.state.accounts.get(OFFICE).wake - station.state.now)
    codes = [event.code for event in station.told if isinstance(event, events.AccountFailed)]
    assert codes == [503, 503, 503, 503, 403, 403]


EXPLAINED = [
    (401, "Unauthorized", "password_file"),
    (407, "Proxy Authentication Required", "auth_user"),
    (403, "Forbidden", "account.office.user"),
    (404, "Not Found", "account.office.domain"),
    (0, "Request Timeout", "account.office.registrar and account.office.transport"),
    (405, "Method Not Allowed", "takes no registrations (405 Method Not Allowed): check account.office.registrar"),
    (501, "Not Implemented", "takes no registrations (501 Not Implemented)"),
    (408, "Request Timeout", "answers that nobody answered it (408 Request Timeout): check account.office.domain"),
    (504, "Server Time-out", "answers that nobody answered it (504 Server Time-out)"),
    (403, "Domain Unknown", "(403 Domain Unknown)"),
    (0, "", "by UDP: check account.office.registrar"),
    (200, "OK, for 0 s", "takes the registration for no time (200 OK, for 0 s): check how long the PBX lets"),
    (423, "Interval Too Brief", "wants longer registrations (423 Interval Too Brief): raise account.office.expires_s"),
    (301, "Moved Permanently, to sip:192.0.2.9", "to sip:192.0.2.9): set account.office.registrar"),
    (503, "Service Unavailable", "503 Service Unavailable"),
    (606, "Not Acceptable", "606 Not Acceptable"),
]


@pytest.mark.parametrize(("code", "reason", "part"), EXPLAINED, ids=[f"{row[0]} {row[1]}" for row in EXPLAINED])
def test_a_failure_is_explained_by_the_setting_to_look_at(code, reason, part):
    station = refused(begun(), code, reason)
    sentence = station.last(events.AccountFailed).explanation
    assert part in sentence
    assert "account.office." in sentence
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    assert station.desired.status == f"not registered as 201: {sentence}"


def test_a_registrar_that_asks_for_the_password_in_an_unknown_way_is_explained():
    why = "its challenge has the unknown algorithm SHA-512-256"
    station = refused(begun(), 401, "Unauthorized", challenge=why)
    assert f"wants a password, but {why}: let the PBX" in station.last(events.AccountFailed).explanation


def test_answers_that_are_all_too_old_are_no_wrong_password():
    sentence = refused(begun(), 401, "Unauthorized", challenge="stale").last(events.AccountFailed).explanation
    assert "for an old one (stale): check the PBX's clock" in sentence
    assert "rejects the password" not in sentence


@pytest.mark.parametrize(
    ("seen", "reason", "part"),
    [
        (
            Unanswered.NO_NAME,
            "the name cannot be resolved",
            "DNS knows no pbx.example:5060 (the name cannot",
        ),
        (Unanswered.NO_DNS, "Temporary failure", "No name server says where pbx.example:5060 is (Temporary failure)"),
        (Unanswered.NO_ADDRESS, "IPv6 only", "no address that can be used (IPv6 only): check account.office.registrar"),
        (Unanswered.REFUSED, "Connection refused", "refuses a connection by UDP (Connection refused): check whether"),
        (Unanswered.NO_ROUTE, "No route to host", "No network leads to pbx.example:5060 (No route to host)"),
        (
            Unanswered.HANDSHAKE,
            "wrong version number",
            "takes the connection and then refuses TLS (wrong version",
        ),
        (Unanswered.SILENT, "", "Nobody answers at pbx.example:5060 by UDP: check"),
        (Unanswered.SILENT, "No answer", "Nobody answers at pbx.example:5060 by UDP (No answer): check"),
        (Unanswered.SILENT, "Connection reset by peer", "pbx.example:5060 gave no answer by UDP (Connection reset by"),
    ],
    ids=str,
)
def test_where_no_answer_came_it_is_said_what_was_seen(seen, reason, part):
    station = refused(begun(), 0, reason, unanswered=seen)
    sentence = station.last(events.AccountFailed).explanation
    assert part in sentence
    assert station.last(events.ServerUnreachable).fault == (seen.value or "no_answer")
    assert ("firewall" in sentence) is (seen is Unanswered.SILENT and "reset" not in reason)


@pytest.mark.parametrize(
    ("doubt", "part"),
    [
        ("Not From Where The Request Went", "192.0.2.9:5060 does, which is not believed"),
        ("Unreadable CSeq", "what it says in CSeq cannot be read: check the PBX"),
        ("Missing Header", "answers, but without a header that each answer must have"),
        ("Another Realm", "in another way than before (Another Realm)"),
        ("Weaker Challenge", "in another way than before (Weaker Challenge)"),
    ],
)
def test_an_answer_that_did_not_count_is_no_silence(doubt, part):
    station = refused(begun(), 0, "Request Timeout", doubt=doubt, doubted="192.0.2.9:5060")
    sentence = station.last(events.AccountFailed).explanation
    assert part in sentence
    assert "Nobody answers" not in sentence


@pytest.mark.parametrize(
    ("fault", "part", "low", "high"),
    [
        (TlsFault.NAME, "set account.office.registrar to a name that the certificate has", 50, 60),
        (TlsFault.ISSUER, "PBX's own authority to tls.ca_file", 50, 60),
        (TlsFault.TIME, "this station's clock set", 1, 5),
        (TlsFault.OTHER, "check tls.ca_file, account.office.registrar", 1, 5),
    ],
    ids=str,
)
def test_a_certificate_that_is_no_good_is_explained_and_tried_as_often_as_makes_sense(fault, part, low, high):
    station = refused(begun(), 0, "its certificate is odd", tls=fault)
    told = station.last(events.AccountFailed)
    assert told.explanation.startswith("pbx.example:5060 cannot be trusted, as its certificate is odd: ")
    assert part in told.explanation
    assert low <= told.retry_in_s <= high


def test_a_call_shows_what_carries_it_and_whether_it_is_encrypted():
    station = granted(begun(replace(ACCOUNTS[0], transport="tls", srtp="mandatory")))
    station.ask(inputs.Dial("desk"))
    call = station.call
    station.give(inputs.CallConfirmed, call=call.id)
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False, srtp=True)
    (shown,) = sent.snapshot(station.state, 0.0)["calls"]
    assert (shown["transport"], shown["srtp"]) == ("tls", True)
    assert sent.snapshot(station.state, 0.0)["accounts"][0]["srtp"] == "mandatory"
    assert ready().dialled().transport == "udp"


def test_an_answer_that_never_comes_is_a_failure():
    station = begun().wait(39.0)
    assert station.state.accounts.get(OFFICE).state is S.REGISTERING
    station.wait(1.1)
    assert station.last(events.AccountFailed).code == 0
    assert station.state.accounts.get(OFFICE).state is S.FAILED


def test_a_registration_that_cannot_be_renewed_fails_and_then_runs_out():
    station = granted(begun(), expires_s=60.0).wait(8.0)
    refused(station, 0, "Request Timeout")
    assert station.state.accounts.get(OFFICE).state is S.FAILED
    while station.state.now < 200 and "expired" not in told(station):
        station.wait(10.0)
        if station.state.accounts.get(OFFICE).asking:
            refused(station, 0, "Request Timeout")
    assert told(station).count("expired") == 1
    assert station.state.accounts.get(OFFICE).expires_at is None


def test_a_registration_runs_out_while_its_renewal_is_not_answered():
    station = granted(begun(), expires_s=20.0).wait(20.1)
    assert told(station) == ["registering", "registered", "expired"]
    assert station.state.accounts.get(OFFICE).state is S.REGISTERING
    granted(station)
    assert station.state.accounts.get(OFFICE).state is S.REGISTERED


def test_a_server_that_does_not_answer_is_reported_once_and_when_it_answers_again():
    station = granted(begun())
    for _ in range(3):
        refused(station, 0, "No answer")
        station.give(inputs.ServerFailed, account=OFFICE, server="192.0.2.7:5060", why="No answer")
        station.give(inputs.ServerFailed, account=OFFICE, server=SERVER, why="No answer")
    servers = [event for event in station.told if event.TYPE.startswith("server.")]
    assert servers == [
        events.ServerUnreachable(OFFICE, server=server, why="No answer", fault=ServerFault.NO_ANSWER)
        for server in ("pbx.example:5060", "192.0.2.7:5060", SERVER)
    ]
    station.give(inputs.RegistrationFailed, account=OFFICE, code=403, reason="Forbidden", server="192.0.2.7:5060")
    granted(station)
    servers = [event for event in station.told if event.TYPE == "server.reachable"]
    assert {event.server for event in servers} == {"pbx.example:5060", "192.0.2.7:5060", SERVER}
    assert station.state.accounts.get(OFFICE).unreachable == ()


def test_calls_may_come_from_any_server_of_the_account():
    station = granted(begun(), hosts=("192.0.2.5", "192.0.2.6"))
    for source, rings in (("192.0.2.6:5060", True), ("192.0.2.7:5060", False)):
        station.give(
            inputs.CallArrived,
            call=source,
            uri="sip:9@x",
            display_name="",
            source=source,
            local_uri="sip:201@pbx.example",
            account=OFFICE,
        )
        assert (station.last(events.CallIncoming).source, station.call.account if rings else "") == (
            source,
            OFFICE if rings else "",
        )
        if rings:
            station.ask(inputs.HangUpCall(station.call.id))
            station.give(inputs.CallEnded, call=station.call.id, code=603, reason="", remote=False)


# -- ending ----------------------------------------------------------------------------------------------------------


def test_a_client_ends_it_and_begins_it_again():
    station = granted(begun())
    assert station.ask(inputs.UnregisterAccount(OFFICE)).warning == ""
    assert station.orders(Unregister) == [Unregister(OFFICE)]
    assert station.ask(inputs.UnregisterAccount(OFFICE)).warning == "Account office is being unregistered already."
    granted(station)  # it crossed the order
    station.give(inputs.Unregistered, account=OFFICE)
    assert told(station)[-1] == "unregistered"
    assert station.state.accounts.get(OFFICE).state is S.UNREGISTERED
    assert station.wait(1000).state.accounts.get(OFFICE).state is S.UNREGISTERED
    refused(station)  # late
    assert station.state.accounts.get(OFFICE).state is S.UNREGISTERED
    assert station.ask(inputs.RegisterAccount(OFFICE)).warning == ""
    assert granted(station).state.accounts.get(OFFICE).state is S.REGISTERED


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_a_registrar_that_does_not_let_go_is_left_all_the_same(how):
    station = granted(begun())
    station.ask(inputs.UnregisterAccount(OFFICE))
    if how == "refused":
        refused(station, 500)
    else:
        station.wait(41.0)
    assert station.state.accounts.get(OFFICE).state is S.UNREGISTERED
    assert told(station).count("unregistered") == 1


def test_what_has_failed_is_ended_without_a_word_to_the_registrar():
    station = refused(begun())
    station.ask(inputs.UnregisterAccount(OFFICE))
    assert station.orders(Unregister) == []
    assert told(station)[-1] == "unregistered"
    assert station.wait(1000).state.accounts.get(OFFICE).state is S.UNREGISTERED


def test_a_client_refreshes_it():
    station = granted(begun()).wait(1.0)
    assert station.ask(inputs.RegisterAccount(OFFICE)).warning == ""
    assert registers(station) == 2
    assert station.ask(inputs.RegisterAccount(OFFICE)).warning == "Account office is registering already."
    assert registers(station) == 2


def test_a_registrar_that_ends_it_is_asked_again():
    station = granted(begun()).give(inputs.Unregistered, account=OFFICE)
    assert told(station)[-1] == "unregistered"
    station.wait(5.0)
    assert station.state.accounts.get(OFFICE).state is S.REGISTERING
    granted(station)
    station.give(inputs.Unregistered, account=OFFICE)
    station.give(inputs.Unregistered, account=OFFICE)
    assert told(station).count("unregistered") == 2


@pytest.mark.parametrize("action", [inputs.RegisterAccount, inputs.UnregisterAccount])
def test_an_account_that_is_not_there_is_reported(action):
    error = begun().ask(action(AccountId("x"))).error
    assert (error.code, error.cause) == ("account-not-found", "The station has: office.")
    assert ready().ask(action(AccountId("x"))).error.cause == "The station has: none."


def test_stopping_ends_what_is_registered():
    station = refused(granted(begun(*ACCOUNTS)), account=HOME)
    station.give(inputs.StopRequested)
    assert station.orders(Unregister) == [Unregister(OFFICE)]
    station.give(inputs.Unregistered, account=OFFICE)
    assert {account.state for account in station.state.accounts.begun} == {S.UNREGISTERED}
    assert station.ask(inputs.RegisterAccount(OFFICE)).error.code == "unavailable"
    station.give(inputs.SipLost, why="gone").give(inputs.SipReady, address="127.0.0.1:5060")
    assert registers(station) == 2


# -- the SIP process -------------------------------------------------------------------------------------------------


def test_a_new_sip_process_registers_again():
    station = granted(begun(*ACCOUNTS)).give(inputs.SipLost, why="killed")
    assert told(station) == ["registering", "registering", "registered", "unregistered"]
    assert station.wait(1000).state.accounts.get(OFFICE).state is S.UNREGISTERED
    assert registers(station) == 2
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert registers(station) == 4
    granted(station)
    assert station.last(events.AccountRegistered).after == "recovery"


def test_a_client_registers_while_the_sip_process_is_not_there():
    station = granted(begun())
    station.ask(inputs.UnregisterAccount(OFFICE))
    station.give(inputs.Unregistered, account=OFFICE)
    station.give(inputs.SipLost, why="killed")
    reply = station.ask(inputs.RegisterAccount(OFFICE))
    assert reply.warning == "Account office registers as soon as SIP is ready."
    assert registers(station) == 1
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert registers(station) == 2


def test_what_a_client_ended_stays_so_with_a_new_sip_process():
    station = granted(begun())
    station.ask(inputs.UnregisterAccount(OFFICE))
    station.give(inputs.SipLost, why="killed").give(inputs.SipReady, address="127.0.0.1:5060")
    assert registers(station) == 1


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_the_panel_shows_that_none_of_the_accounts_is_registered():
    station = begun(*ACCOUNTS)
    assert indications.picture(station.state) is Picture.UNREGISTERED
    granted(station, HOME)
    assert indications.picture(station.state) is Picture.IDLE
    assert station.desired.status == "not registered as 201; registered as 77"
    granted(station)
    assert station.desired.status == "registered as 201; registered as 77"


def test_the_snapshot_has_the_accounts():
    station = granted(begun(*ACCOUNTS))
    refused(station, 503, "Busy", account=HOME)
    office, home = sent.snapshot(station.state, 0.0)["accounts"]
    assert office == {
        "name": "office",
        "display_name": None,
        "state": "registered",
        "user": "201",
        "uri": "sip:201@pbx.example",
        "registrar": "pbx.example:5060",
        "transport": "udp",
        "srtp": "off",
        "server": SERVER,
        "registered_since": "1970-01-01T00:01:40.000000Z",
        "expires": "1970-01-01T00:06:40.000000Z",
        "failures": 0,
        "retry_at": None,
        "code": 0,
        "reason": "",
        "explanation": "",
        "summary": "registered as 201",
    }
    assert (home["state"], home["failures"], home["code"], home["reason"]) == ("failed", 1, 503, "Busy")
    assert home["retry_at"].startswith("1970-01-01T00:01:4")
    assert (home["registered_since"], home["expires"]) == (None, None)


# -- calls through it ------------------------------------------------------------------------------------------------

DIALLED = [  # to, account asked for, URI, account
    ("desk", "", "sip:301@pbx.example", OFFICE),
    ("desk", "home", "sip:301@pbx.example", HOME),
    ("kitchen", "", "sip:kitchen@127.0.0.2:5060", ""),
    ("205", "", "sip:205@pbx.example", OFFICE),
    ("*97", "home", "sip:*97@192.0.2.6", HOME),
    ("sip:bob@example.org", "", "sip:bob@example.org", ""),
    ("sip:bob@example.org", "home", "sip:bob@example.org", HOME),
]


@pytest.mark.parametrize(("to", "asked", "uri", "account"), DIALLED, ids=[f"{row[0]} {row[1]}" for row in DIALLED])
def test_a_call_goes_through_the_account(to, asked, uri, account):
    station = begun(*ACCOUNTS)
    reply = station.ask(inputs.Dial(to, account=AccountId(asked)))
    assert station.orders(Place) == [Place(reply.call, uri, (), account, expires_s=LONGEST)]
    assert station.call.account == account
    assert sent.snapshot(station.state, 0.0)["calls"][0]["account"] == (account or "direct")


def test_a_call_is_tried_though_the_account_is_not_registered_and_waits_for_the_sip_process():
    station = refused(begun())
    station.give(inputs.SipLost, why="killed")
    call = station.ask(inputs.Dial("desk")).call
    assert station.orders(Place) == []
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert station.orders(Place) == [Place(call, "sip:301@pbx.example", (), OFFICE, expires_s=LONGEST)]


def test_a_visitors_ring_through_an_account_is_placed_again_through_it():
    station = begun(targets=(Target("kitchen", "sip:301@pbx.example", account=OFFICE),)).press("ring")
    station.give(inputs.SipLost, why="killed").give(inputs.SipReady, address="127.0.0.1:5060")
    assert [order.account for order in station.orders(Place)] == [OFFICE, OFFICE]


def test_an_account_that_is_not_there_cannot_be_called_through():
    error = begun(*ACCOUNTS).ask(inputs.Dial("desk", account=AccountId("x"))).error
    assert (error.code, error.cause) == ("no-account", "The station has: office, home.")


def test_a_number_without_any_account_cannot_be_called():
    assert ready().ask(inputs.Dial("205")).error.code == "number-invalid"
    assert begun().ask(inputs.Dial("a b")).error.code == "number-invalid"


CALLERS = [  # callers of the account, address called, from, source, rings?, account, target
    ("registrar", "office", "sip:999@pbx.example", SERVER, True, "office", ""),
    ("registrar", "", "sip:999@pbx.example", SERVER, True, "office", ""),
    ("registrar", "office", "sip:301@other.example", "192.0.2.5:40000", True, "office", "desk"),
    ("registrar", "office", "sip:301@pbx.example", "192.0.2.99:5060", False, "", ""),
    ("registrar", "office", "sip:999@pbx.example", "", False, "", ""),
    ("targets", "office", "sip:301@pbx.example", SERVER, True, "office", "desk"),
    ("targets", "office", "sip:999@pbx.example", SERVER, False, "office", ""),
    ("anyone", "office", "sip:999@x.example", "192.0.2.99:5060", True, "office", ""),
    ("anyone", "office", "sip:301@pbx.example", "192.0.2.99:5060", True, "office", ""),
    ("anyone", "office", "sip:301@pbx.example", SERVER, True, "office", "desk"),
    ("anyone", "office", "sip:kitchen@127.0.0.2", "127.0.0.2:5060", True, "office", "kitchen"),
    ("anyone", "", "sip:999@x.example", "192.0.2.99:5060", False, "", ""),
    ("registrar", "", "sip:kitchen@127.0.0.2", "127.0.0.2:5060", True, "", "kitchen"),
]


@pytest.mark.parametrize(("callers", "called", "uri", "source", "rings", "account", "target"), CALLERS)
def test_whose_calls_are_taken(callers, called, uri, source, rings, account, target):
    station = granted(begun(replace(ACCOUNTS[0], callers=callers), ACCOUNTS[1]))
    station.give(
        inputs.CallArrived,
        call="c-1",
        uri=uri,
        display_name="",
        source=source,
        local_uri="sip:201@pbx.example",
        account=AccountId(called),
    )
    assert (station.call.state is CallState.INCOMING) is rings
    assert (station.call.account, station.call.remote.target) == (account, target)


@pytest.mark.parametrize(
    ("agreed", "came", "believed"),
    [
        ("udp", "udp", True),
        ("udp", "tcp", True),
        ("tcp", "udp", False),
        ("tcp", "tcp", True),
        ("tcp", "tls", True),
        ("tls", "udp", False),
        ("tls", "tcp", False),
        ("tls", "tls", True),
        ("udp", "", False),
    ],
)
def test_a_call_is_the_registrar_s_only_by_a_way_that_proves_it(agreed, came, believed):
    station = granted(begun(replace(ACCOUNTS[0], transport=agreed)))
    about = {"uri": "sip:301@pbx.example", "display_name": "", "source": SERVER, "local_uri": "sip:201@pbx.example"}
    station.give(inputs.CallArrived, call="c-1", **about, account=OFFICE, transport=came)
    assert (station.call.remote.target == "desk") is believed
    assert (station.call.state is CallState.INCOMING) is believed


# -- the walk --------------------------------------------------------------------------------------------------------


def every_input(state: State, serial: int):
    """All that can come to one account."""
    common = {"at": state.now, "fresh": f"{serial:026}"}
    of = {**common, "account": OFFICE}
    yield inputs.SipReady(**common, address="127.0.0.1:5060")
    yield inputs.SipLost(**common, why="gone")
    yield inputs.StopRequested(**common)
    if state.appliance.sip_ready:
        yield inputs.Registered(**of, expires_s=300.0, server=SERVER)
        yield inputs.Registered(**of, expires_s=1.0, server=SERVER)
        yield inputs.RegistrationFailed(**of, code=0, reason="")
        yield inputs.RegistrationFailed(**of, code=403, reason="")
        yield inputs.Unregistered(**of)
        yield inputs.ServerFailed(**of, server=SERVER, why="gone")
    for action in (inputs.RegisterAccount(OFFICE), inputs.UnregisterAccount(OFFICE)):
        yield inputs.Requested(**common, request="q", who="walk", action=action)
    wake = desired_state.desired(state).wake_at
    yield inputs.Tick(**{**common, "at": state.now if wake is None else max(wake, state.now)})


def test_every_state_of_an_account_has_a_way_on_and_time_brings_it():
    choose = random.Random(1)
    seen: Counter = Counter()
    for _ in range(300):
        state = State(Settings(station="walk", accounts=ACCOUNTS[:1]), now=100.0)
        for serial in range(40):
            given = choose.choice(list(every_input(state, serial)))
            taken = checked(state, given)
            repeated(state, given, taken)
            state = taken.state
            account = state.accounts.get(OFFICE)
            seen[account.state] += 1
            if state.appliance.sip_ready and account.wanted and not state.appliance.stopping:
                assert account.wake is not None, "nothing would ever try it again"
            if account.asking or account.state in {S.REGISTERING, S.REGISTERED, S.FAILED}:
                assert account.wake is not None
            assert account.wake is None or account.wake >= state.now
            assert state.appliance.sip_ready or not account.asking
            assert (account.state is S.REGISTERED) <= (account.expires_at is not None)
    assert set(seen) == set(S)


def test_the_settings_of_other_tests_have_no_account():
    assert not SETTINGS.accounts
    assert sip_uris.host_of("[2001:db8::1]:5060") == "2001:db8::1"


def test_the_next_attempt_is_reported_with_its_time_before_it_begins():
    station = refused(begun())
    first, second = (event for event in station.told if isinstance(event, events.AccountRegistering))
    failed = station.last(events.AccountFailed)
    assert (first.attempt, first.in_s) == (1, 0.0)
    assert (second.attempt, second.in_s) == (2, failed.retry_in_s)
    assert second.in_s > 1


@pytest.mark.parametrize(("code", "lost"), [(502, True), (503, True), (504, True), (500, False), (403, False)])
def test_a_gateway_that_cannot_serve_counts_as_unreachable_until_it_does(code, lost):
    station = refused(begun(), code, "Why", server=SERVER)
    assert ("server.unreachable" in station.types()) is lost
    granted(station)
    assert ("server.reachable" in station.types()) is lost
