"""Orders whose outcome comes later: 202 with an operation, Prefer: wait, a call's own id, and ETags."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from appliance.api.answers import operations, outcomes
from appliance.api.http import admission
from appliance.core import inputs, orders
from appliance.core.model import Forwarding, MessageId, QuietHours, RequestId, Runtime
from tests.api import fake
from tests.support.waiting import until

MESSAGE = {"to": "sip:a@192.0.2.9", "text": "Hello"}
TRANSFER = "/v1/calls/c-1/transfer"
AWAY = {"to": "sip:a@192.0.2.9"}
OVER = ["call.ended", "call.failed", "call.canceled", "call.rejected"]


def taking(message):
    return lambda _: orders.Reply(RequestId("q-1"), call="c-1", message=MessageId(message))


def followed(shared):
    """Wait until a request follows the events."""
    until(lambda: shared.station.subscribers or None, "a request that waits", 30.0)


@pytest.fixture
def ask(client, shared):
    """Post an order in a thread, report events once it waits, and give its answer."""

    def ask(path, body, *told, prefer="wait=30"):
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.post, path, json=body, headers={"Prefer": prefer})
            followed(shared)
            for kind, call, data in told:
                shared.tell(kind, call, **data)
            return answer.result(60.0)

    return ask


def test_an_order_is_answered_at_once_and_its_operation_shows_the_outcome(client, shared, station):
    station.replies = taking("m-1")
    answer = client.post("/v1/messages", json=MESSAGE)
    where = answer.headers["location"]
    assert (answer.status_code, answer.json()["operation"]["state"]) == (202, "running")
    assert client.get(where).json() == answer.json()["operation"]
    shared.tell("message.sent", message="m-other")
    shared.tell("message.sent", message="m-1")
    found = until(lambda: (it := client.get(where).json())["state"] == "succeeded" and it, "its outcome", 30.0)
    assert (found["order"], found["call"], found["event"]["id"]) == ("send_message", None, 2)
    assert found["started"] <= found["ended"]
    assert found["error"] is found["result"] is None


def test_an_operation_that_failed_says_why(client, shared, station):
    station.replies = taking("m-1")
    where = client.post("/v1/messages", json=MESSAGE).headers["location"]
    shared.tell("message.failed", message="m-1", code=404, reason="Not Found")
    found = until(lambda: (it := client.get(where).json())["state"] == "failed" and it, "its outcome", 30.0)
    assert (found["error"]["code"], found["error"]["cause"]) == ("order-failed", "Not Found (404)")
    assert found["event"]["type"] == "message.failed"
    assert msgspec.json.encode(found)


def test_a_client_that_waits_gets_the_outcome(ask):
    answer = ask(
        TRANSFER, AWAY, ("call.transferred", "c-2", {}), ("call.transferred", "c-1", {"to": "sip:a@192.0.2.9"})
    )
    assert (answer.status_code, answer.json()["operation"]["state"]) == (200, "succeeded")
    assert answer.json()["operation"]["event"]["call"] == "c-1"
    assert answer.headers["preference-applied"] == "wait=30"


@pytest.mark.parametrize("kind", ["call.transfer_failed", *OVER])
def test_a_failure_is_an_error_for_a_client_that_waits(ask, kind):
    answer = ask(TRANSFER, AWAY, (kind, "c-1", {"code": 486, "reason": "Busy Here"}))
    assert (answer.status_code, answer.json()["code"]) == (502, "order-failed")
    assert (kind in answer.json()["detail"], answer.json()["cause"]) == (True, "Busy Here (486)")


def test_what_takes_longer_than_the_client_waits_is_answered_by_202(client):
    answer = client.post(TRANSFER, json=AWAY, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.json()["operation"]["state"]) == (202, "running")
    assert answer.headers["preference-applied"] == "wait=0"


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=", "wait=-1", "wait=x", "await=5", "wait=1e3", "wait=9999999", "\xff"]
)
def test_a_preference_that_is_none_is_ignored(client, prefer):
    answer = client.post(TRANSFER, json=AWAY, headers={"Prefer": prefer.encode("latin-1")})
    assert (answer.status_code, answer.headers.get("preference-applied")) == (202, None)


@pytest.mark.parametrize("prefer", ["respond-async, wait=30", 'WAIT="30"', "wait=30; x=y", "a=b, wait=30, wait=1"])
def test_a_preference_may_stand_among_others(ask, prefer):
    answer = ask(TRANSFER, AWAY, ("call.transferred", "c-1", {}), prefer=prefer)
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=30")


def test_nobody_waits_for_longer_than_a_minute(ask):
    answer = ask(TRANSFER, AWAY, ("call.transferred", "c-1", {}), prefer="wait=3600")
    assert answer.headers["preference-applied"] == "wait=60"


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("playback.finished", {}, 200),
        ("playback.stopped", {"reason": "time_over"}, 200),
        ("playback.stopped", {"reason": "replaced"}, 502),
        ("playback.failed", {"why": "The file cannot be read."}, 502),
    ],
)
@pytest.mark.parametrize("path", ["/v1/audio/playback", "/v1/calls/c-1/playback"])
def test_a_sound_has_succeeded_when_it_was_played_to_its_end(client, shared, station, path, kind, more, status):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, path, json={"sound": "chime"}, headers={"Prefer": "wait=30"})
        followed(shared)
        ((sound, _),) = station.requests
        shared.tell("playback.started", playback=sound.playback)
        shared.tell("playback.finished", playback="p-other")
        shared.tell(kind, playback=sound.playback, **more)
        assert answer.result(60.0).status_code == status


def test_a_text_is_waited_for_as_a_sound_is(client, shared, station):
    for path in ("/v1/audio/say", "/v1/calls/c-1/say"):
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.post, path, json={"text": "Hello"}, headers={"Prefer": "wait=30"})
            followed(shared)
            shared.tell("playback.finished", playback=station.said[-1][0].playback)
            assert answer.result(60.0).status_code == 200


@pytest.mark.parametrize(("result", "status"), [("accepted", 200), ("rejected", 502)])
def test_a_change_of_the_codecs_is_waited_for(ask, result, status):
    told = ("call.updated", "c-2", {"result": "accepted"}), ("call.updated", "c-1", {"result": result})
    assert ask("/v1/calls/c-1/update", {"codecs": ["PCMA"]}, *told).status_code == status


def test_a_change_of_the_codecs_fails_with_the_call(ask):
    assert ask("/v1/calls/c-1/update", {"codecs": ["PCMA"]}, ("call.ended", "c-1", {})).status_code == 502


@pytest.mark.parametrize(("kind", "status"), [("recording.started", 200), ("recording.failed", 502)])
def test_a_recording_is_waited_for_until_it_runs(ask, kind, status):
    assert ask("/v1/calls/c-1/recording", {}, (kind, "c-1", {})).status_code == status


@pytest.mark.parametrize("path", ["message", "info"])
def test_messages_in_a_call_are_waited_for(ask, station, path):
    station.replies = taking("m-1")
    body = {"text": "Hi"} if path == "message" else {"content_type": "text/plain", "body": "Hi"}
    assert ask(f"/v1/calls/c-1/{path}", body, (f"{path}.sent", "c-1", {"message": "m-1"})).status_code == 200


def test_lost_events_leave_the_outcome_unknown(ask):
    answer = ask(TRANSFER, AWAY, ("events.lost", None, {"from": 1, "to": 2, "certain": True}))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_an_operation_that_nobody_knows_is_not_found(client):
    answer = client.get("/v1/operations/o-1")
    assert (answer.status_code, answer.json()["code"]) == (404, "operation-not-found")


def begun(client, message=None, **headers):
    """The path of an operation that runs: a transfer, or a message with that id."""
    path, body = (TRANSFER, AWAY) if message is None else ("/v1/messages", MESSAGE)
    return client.post(path, json=body, headers=headers).headers["location"]


def test_an_operation_that_runs_is_kept_while_those_that_have_ended_give_way(client, shared, station, monkeypatch):
    monkeypatch.setattr(operations, "KEPT", 3)
    found = [begun(client)]
    for number in range(4):
        station.replies = taking(f"m-{number}")
        found.append(begun(client, f"m-{number}"))
        shared.tell("message.sent", message=f"m-{number}")
        until(lambda: station.subscribers == 1, "the end of the message", 30.0)
    assert [client.get(each).status_code for each in found] == [200, 404, 404, 200, 200]
    assert client.get(found[0]).json()["state"] == "running"


def test_a_client_that_orders_much_leaves_the_outcomes_of_others_known(shared, station, monkeypatch):
    monkeypatch.setattr(operations, "KEPT", 4)
    station.replies = taking("m-1")
    with shared.tcp() as client, shared.unix() as other:
        found = [begun(other, "m-1"), *(begun(client, "m-1") for _ in range(3))]
        shared.tell("message.sent", message="m-1")
        until(lambda: station.subscribers == 0, "the end of the messages", 30.0)
        found += [begun(client) for _ in range(2)]
        assert [client.get(each).status_code for each in found] == [200, 404, 404, 200, 200, 200]


def test_an_order_is_not_carried_out_when_too_many_operations_run(shared, station, monkeypatch):
    monkeypatch.setattr(operations, "RUNNING", 3)
    monkeypatch.setattr(operations, "RUNNING_OF_ONE", 2)
    with shared.tcp() as client, shared.unix() as other:
        first, _ = begun(client), begun(client)
        for path, body in ((TRANSFER, AWAY), ("/v1/doctor", None)):
            refusal = client.post(path, json=body, headers={"Prefer": "wait=30", "Idempotency-Key": path})
            assert (refusal.status_code, refusal.json()["code"]) == (429, "rate-limited")
            assert refusal.headers["Retry-After"] == "1"
        assert refusal.json()["cause"].startswith("2 orders wait, 2 of them from this client")
        assert len(station.requests) == 2
        assert client.post("/v1/doors/front/open").status_code == 200
        assert client.post("/v1/doctor").status_code == 200
        assert other.post(TRANSFER, json=AWAY).status_code == 202
        assert other.post(TRANSFER, json=AWAY).status_code == 429
        assert client.get(first).json()["state"] == "running"
        shared.tell("call.transferred", "c-1")
        until(lambda: station.subscribers == 0, "the end of all", 30.0)
        assert client.post(TRANSFER, json=AWAY, headers={"Idempotency-Key": TRANSFER}).status_code == 202


def test_an_operation_is_seen_by_the_client_that_began_it_and_by_administrators(shared, station):
    def token(name, *allowed):
        return {"Authorization": f"Bearer {station.tokens.add(name, allowed, None)[1]}"}

    caller, other, looker = token("a", "call"), token("b", "call", "view"), token("c", "view")
    with shared.tcp() as client, shared.unix() as socket:
        where = begun(client, **caller)
        assert client.get(where, headers=caller).json()["order"] == "transfer_call"
        for stranger in (other, looker):
            answer = client.get(where, headers=stranger)
            assert (answer.status_code, answer.json()["code"]) == (404, "operation-not-found")
        for administrator in (client.get(where, headers=token("d", "admin")), client.get(where), socket.get(where)):
            assert administrator.status_code == 200
        assert client.get(begun(socket), headers=other).status_code == 404


def test_those_who_wait_leave_their_place_to_other_orders_and_count_as_followers(shared, station, monkeypatch):
    monkeypatch.setattr(admission, "FOLLOWERS", waiting := admission.UNANSWERED + 2)
    with shared.tcp() as client, ThreadPoolExecutor(waiting) as pool:
        path, prefer = "/v1/calls/c-1/transfer", {"Prefer": "wait=60"}
        answers = [pool.submit(client.post, path, json=AWAY, headers=prefer) for _ in range(waiting)]
        until(lambda: station.subscribers == waiting, "those who wait", 30.0)
        assert client.post("/v1/doors/front/open").status_code == 200
        one_more = client.post(path, json=AWAY, headers=prefer)
        assert (one_more.status_code, one_more.headers.get("preference-applied")) == (202, None)
        assert client.get("/v1/events", params={"wait": 0}).status_code == 503
        shared.tell("call.transferred", "c-1")
        assert {answer.result(60.0).status_code for answer in answers} == {200}
        assert client.get("/v1/events", params={"wait": 0}).status_code == 200


def test_the_same_order_twice_at_once_waits_without_a_place(shared, station):
    with shared.tcp() as client, ThreadPoolExecutor(waiting := admission.UNANSWERED + 2) as pool:
        headers = {"Prefer": "wait=60", "Idempotency-Key": "once"}
        answers = [pool.submit(client.post, TRANSFER, json=AWAY, headers=headers) for _ in range(waiting)]
        followed(shared)
        assert client.post("/v1/doors/front/open").status_code == 200
        shared.tell("call.transferred", "c-1")
        assert {answer.result(60.0).status_code for answer in answers} == {200}
    assert [type(action) for action, _ in station.requests].count(inputs.TransferCall) == 1


# -- placing a call ----------------------------------------------------------------------------------------------------


def test_a_call_has_the_id_the_time_and_the_recording_that_its_client_wants(client, station):
    station.replies = fake.placed("porch-7")
    wanted = {"to": "Kitchen", "id": "porch-7", "timeout_s": 20, "auto_record": True}
    assert client.post("/v1/calls", json=wanted).headers["location"] == "/v1/calls/porch-7"
    ((dial, _),) = station.requests
    assert (dial.call, dial.answer_within_s, dial.record) == ("porch-7", 20.0, True)


@pytest.mark.parametrize("wrong", ["", "a b", "../x", "-a", "x" * 64, "a_b"])
def test_an_id_that_is_none_is_refused(client, station, wrong):
    answer = client.post("/v1/calls", json={"to": "Kitchen", "id": wrong})
    assert (answer.status_code, answer.json()["code"], station.requests) == (400, "parameter-invalid", [])


@pytest.mark.parametrize("seconds", [0, 0.5, 601, -1])
def test_a_time_that_is_none_is_refused(client, station, seconds):
    answer = client.post("/v1/calls", json={"to": "Kitchen", "timeout_s": seconds})
    assert (answer.json()["code"], station.requests) == ("parameter-invalid", [])


def test_the_id_of_a_call_in_the_log_is_taken(client, station):
    station.call_log.rows = [fake.logged("porch-7")]
    answer = client.post("/v1/calls", json={"to": "Kitchen", "id": "porch-7"})
    assert (answer.status_code, answer.json()["code"], station.requests) == (409, "conflict", [])
    station.replies = fake.placed("porch-8")
    assert client.post("/v1/calls", json={"to": "Kitchen", "id": "porch-8"}).status_code == 201


@pytest.mark.parametrize("kind", ["call.connected", *OVER])
def test_a_client_may_wait_until_the_call_is_answered_or_over(ask, station, kind):
    station.replies = fake.placed("c-1")
    answer = ask("/v1/calls", {"to": "Kitchen"}, ("call.ringing", "c-1", {}), (kind, "c-1", {}))
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait=30")
    assert answer.headers["location"] == "/v1/calls/c-1"


# -- orders with a result of their own ---------------------------------------------------------------------------------


def test_an_operation_ends_with_an_error_if_its_order_raises_what_nothing_expects(client, station, monkeypatch):
    async def broken():
        raise ZeroDivisionError

    monkeypatch.setattr(station, "doctor", broken)
    where = client.post("/v1/doctor", headers={"Prefer": "respond-async"}).headers["location"]
    found = until(lambda: (it := client.get(where).json())["state"] == "failed" and it, "its end", 30.0)
    assert (found["error"]["code"], found["error"]["resolution"]) == ("error", "The log has the details.")
    assert client.post("/v1/doctor", headers={"Prefer": "wait=30"}).status_code == 500


def test_the_doctor_may_report_later(client, station):
    station.findings = [{"check": "x", "level": "ok", "message": "Well.", "cause": "", "resolution": ""}]
    assert client.post("/v1/doctor").json() == {"findings": station.findings}
    begun = client.post("/v1/doctor", headers={"Prefer": "respond-async"})
    where = begun.headers["location"]
    assert begun.status_code == 202
    found = until(lambda: (it := client.get(where).json())["state"] == "succeeded" and it, "its result", 30.0)
    assert (found["order"], found["result"]) == ("examine_station", {"findings": station.findings})
    waited = client.post("/v1/doctor", headers={"Prefer": "wait=30"})
    assert (waited.status_code, waited.json()) == (200, {"findings": station.findings})


def test_clients_of_the_doctor_leave_their_place_to_other_orders(shared, station, monkeypatch):
    waiters = []

    async def examine():
        waiters.append((asyncio.get_running_loop(), may_end := asyncio.Event()))
        await may_end.wait()
        return []

    monkeypatch.setattr(station, "doctor", examine)
    with shared.tcp() as client, ThreadPoolExecutor(waiting := admission.UNANSWERED + 2) as pool:
        answers = [pool.submit(client.post, "/v1/doctor") for _ in range(waiting)]
        try:
            until(lambda: len(waiters) == waiting, "the doctor's clients", 30.0)
            assert client.post("/v1/doors/front/open").status_code == 200
        finally:
            for loop, may_end in waiters:
                loop.call_soon_threadsafe(may_end.set)
        assert {answer.result(60.0).status_code for answer in answers} == {200}


def test_a_self_test_that_is_refused_later_says_why(client, station):
    station.replies = fake.refused("audio-unavailable")
    where = client.post("/v1/audio/self-test", headers={"Prefer": "respond-async"}).headers["location"]
    found = until(lambda: (it := client.get(where).json())["state"] == "failed" and it, "its refusal", 30.0)
    assert found["error"]["code"] == "audio-unavailable"
    assert client.post("/v1/audio/self-test", headers={"Prefer": "wait=30"}).status_code == 503


# -- ETags -------------------------------------------------------------------------------------------------------------


def test_a_configuration_that_is_known_is_not_sent_again(client, station):
    first = client.get("/v1/config")
    tag = first.headers["etag"]
    assert client.get("/v1/config").headers["etag"] == tag
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get("/v1/config", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/v1/config", headers={"If-None-Match": '"x"'}).json() == first.json()
    station.state["runtime"]["do_not_disturb"] = True
    assert client.get("/v1/config", headers={"If-None-Match": tag}).status_code == 200


def test_only_the_configuration_that_was_read_is_changed(client, station):
    change, path = {"do_not_disturb": True}, "/v1/config/runtime"
    tag = client.get("/v1/config").headers["etag"]
    for other in ('"x"', f"W/{tag}", ""):
        refused = client.patch(path, json=change, headers={"If-Match": other})
        assert (refused.status_code, refused.json()["code"]) == (412, "precondition-failed")
    assert station.requests == []
    for known in (tag, f'"x", {tag}', "*"):
        assert client.patch(path, json=change, headers={"If-Match": known}).headers["etag"] == tag
    now = station.state["runtime"]
    read = Runtime(Forwarding(**now["forwarding"]), QuietHours(**now["quiet_hours"]), now["do_not_disturb"])
    assert {action.read for action, _ in station.requests} == {read}
    client.patch(path, json=change)
    assert station.requests[-1][0].read is None


def test_an_order_to_change_quiet_hours_has_no_more_than_the_request(client, station):
    station.state["runtime"]["quiet_hours"] = {"begin": "", "end": "", "profile": "night"}
    hours = {"begin": "22:00", "end": "06:00"}
    for more in ({}, {"profile": None}, {"profile": ""}):
        assert client.patch("/v1/config/runtime", json={"quiet_hours": hours | more}).status_code == 200
    assert [action for action, _ in station.requests] == [
        inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "06:00", profile))
        for profile in (None, None, "")
    ]


def test_the_longest_wait_is_the_one_that_is_described():
    assert outcomes.LONGEST_WAIT_S == 60
