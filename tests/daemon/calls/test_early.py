"""What goes between the far end and us before and with the answer: 180, 183, X- headers; and what clients note."""

from tests.support.peers.sipp import Sipp
from tests.support.shown import shows


@shows(
    *("POST /v1/calls/{id}/early-media", "POST /v1/calls/{id}/ring", "POST /v1/calls/{id}/answer"),
    *("call.early_media", "call.ringing", "call.changed", "call.connected", "warning"),
)
def test_a_caller_hears_the_station_then_his_own_ringback_and_is_answered_with_headers(door, tmp_path):
    with Sipp(tmp_path, "uac-early", door.address, address=door.far_address, user="far") as peer:
        call = door.rung()
        assert door.post(f"/v1/calls/{call}/early-media")["call"]["state"] == "early_media"
        door.wait("media.started", call)
        assert door.post(f"/v1/calls/{call}/early-media")["warning"]
        door.post(f"/v1/calls/{call}/ring")
        door.post(f"/v1/calls/{call}/answer", {"headers": {"X-Flat": "3"}, "custom_data": "flat 3"})
        connected = door.wait("call.connected", call)["data"]
        assert (connected["custom_data"], connected["headers"]) == ("flat 3", {})
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
    told = ["incoming", "ringing", "early_media", "ringing", "changed", "answering", "connecting", "connected"]
    assert door.story(call) == [*told, "disconnecting", "ended"]
    assert door.get("/v1/log/calls?limit=1")["calls"][0]["custom_data"] == "flat 3"


@shows("POST /v1/calls", "PATCH /v1/calls/{id}", "call.connected", "call.changed", "error:text-too-long")
def test_an_outgoing_call_has_a_note_and_the_200_has_headers(door, tmp_path):
    answered = {"headers": "X-Flat: 3\nX-Floor: 2\n"}
    with Sipp(tmp_path, "uas-answers-with", address=door.far_address, port=door.far_port, **answered) as peer:
        call = door.post("/v1/calls", {"to": "far", "headers": {"X-Order": "5"}, "custom_data": "order 5"})["id"]
        connected = door.wait("call.connected", call)["data"]
        assert connected["custom_data"] == "order 5"
        assert connected["headers"] == {"X-Flat": "3", "X-Floor": "2"}
        assert door.get(f"/v1/calls/{call}")["headers"] == connected["headers"]
        assert door.ask("PATCH", f"/v1/calls/{call}", {"custom_data": "order 6"})[1]["call"]["custom_data"] == "order 6"
        assert door.wait("call.changed", call)["data"] == {"fields": ["custom_data"]}
        for text in ("ä" * 600, "a" * 1001):
            assert door.ask("POST", f"/v1/calls/{call}/message", {"text": text})[1]["code"] == "text-too-long"
        info = {"content_type": "text/plain", "body": "a" * 1001}
        assert door.ask("POST", f"/v1/calls/{call}/info", info)[1]["code"] == "text-too-long"
        assert door.ask("POST", f"/v1/calls/{call}/recording", {"note": "a" * 1001})[1]["code"] == "text-too-long"
        noted = {"custom_data": "a" * 1001, "updates": "ask"}
        assert door.ask("PATCH", f"/v1/calls/{call}", noted)[1]["code"] == "text-too-long"
        assert door.wait("error", call, code="text-too-long", operation="set-custom-data")["data"]["http_status"] == 400
        assert door.ask("POST", "/v1/calls", {"to": "far", "custom_data": "a" * 1001})[1]["code"] == "text-too-long"
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
