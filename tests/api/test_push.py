"""Subscriptions to notifications: who sees and removes which, and which addresses are none of a push service."""

import base64
import json
import stat
import subprocess

import pytest

from appliance.api.http.sessions import digest
from appliance.core.model import AccessScope
from appliance.store.lists.subscriptions import MOST, MOST_OF_ONE, Subscriptions
from tests.api.conftest import TOKEN

KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


def wanted(name="1", **more):
    return {"endpoint": f"https://push.example.net/send/{name}", "keys": KEYS, "language": "de", **more}


def add(client, name="1"):
    answer = client.post("/v1/push", json=wanted(name))
    assert answer.status_code == 201, answer.text
    return answer.json()["subscription"]


def ids(client):
    return [each["id"] for each in client.get("/v1/push").json()["subscriptions"]]


@pytest.fixture
def residents(shared, station):
    """Two clients with small tokens."""
    made = [station.tokens.add(name, (AccessScope.VIEW,), None)[1] for name in ("anna", "ben")]
    with shared.tcp(token=made[0]) as anna, shared.tcp(token=made[1]) as ben:
        yield anna, ben


def test_a_subscription_is_listed_and_removed_and_its_secrets_are_never_shown(client):
    made = add(client)
    assert (made["service"], made["language"], made["problem"], made["valid"]) == ("push.example.net", "de", "", True)
    shown = client.get("/v1/push").text
    assert "send/1" not in shown and KEYS["auth"] not in shown and KEYS["p256dh"] not in shown
    assert client.delete(f"/v1/push/{made['id']}").status_code == 200
    gone = client.delete(f"/v1/push/{made['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "subscription-not-found")


def test_the_key_is_a_point_of_the_curve_which_stays_and_only_the_service_may_read_its_file(client, tmp_path):
    key = client.get("/v1/push").json()["key"]
    point = base64.urlsafe_b64decode(key + "=")
    assert (len(point), point[0]) == (65, 4)
    assert client.get("/v1/push").json()["key"] == key == Subscriptions(tmp_path, lambda _: True).key()
    assert stat.S_IMODE((tmp_path / "push.key").stat().st_mode) == 0o600
    told = subprocess.run(["openssl", "pkey", "-in", tmp_path / "push.key", "-text", "-noout"], capture_output=True)
    assert b"prime256v1" in told.stdout


def test_the_file_of_the_subscriptions_is_for_the_service_alone_and_outlasts_it(client, station, tmp_path):
    made = add(client)
    assert stat.S_IMODE((tmp_path / "push.json").stat().st_mode) == 0o600
    again = Subscriptions(tmp_path, lambda _: True)
    again.load()
    assert [each["id"] for each in again.list(None)] == [made["id"]]
    assert "send/1" not in repr(again.known())


def test_a_browser_that_subscribes_again_has_one_subscription(client):
    assert add(client)["id"] == add(client)["id"]
    assert len(ids(client)) == 1


def test_a_resident_sees_and_removes_only_what_its_own_token_made(residents, shared):
    anna, ben = residents
    hers, his = add(anna, "a")["id"], add(ben, "b")["id"]
    assert (ids(anna), ids(ben)) == ([hers], [his])
    assert anna.delete(f"/v1/push/{his}").json()["code"] == "subscription-not-found"
    with shared.tcp() as admin:
        assert ids(admin) == [hers, his]
        assert admin.delete(f"/v1/push/{his}").status_code == 200
    assert ids(ben) == []


def test_a_client_that_takes_over_a_browser_has_its_subscription_under_another_id(residents):
    anna, ben = residents
    hers, his = add(anna)["id"], add(ben)["id"]
    assert hers != his
    assert (ids(anna), ids(ben)) == ([], [his])


@pytest.mark.parametrize("scopes", [(AccessScope.CALL,), (AccessScope.DOOR,)])
def test_a_token_that_may_not_see_rings_subscribes_to_none(shared, station, scopes):
    _, text = station.tokens.add("half", scopes, None)
    with shared.tcp(token=text) as client:
        assert client.post("/v1/push", json=wanted()).status_code == 403
    with shared.tcp(token=None) as stranger:
        assert stranger.post("/v1/push", json=wanted()).status_code == 401
        assert stranger.get("/v1/push").status_code == 401


def test_a_token_that_ends_takes_its_subscriptions_along(station, tmp_path):
    token, text = station.tokens.add("anna", (AccessScope.VIEW,), None)
    known = Subscriptions(tmp_path, lambda of: station.tokens.known(of) is not None)
    known.add(wanted(), digest(text.encode()), "", "http:anna")
    assert len(known.known()) == 1
    station.tokens.remove(token.id)
    assert list(known.known()) == []
    assert known.list(None)[0]["valid"] is False


def test_a_logout_takes_the_subscriptions_of_the_session_along(shared):
    own = {"Origin": shared.bound.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    with shared.tcp() as client:
        kept = add(client, "kept")["id"]
        with shared.tcp(token=None, **own) as page:
            page.post("/v1/session", headers={"Authorization": f"Bearer {TOKEN}"})
            made = add(page, "left")["id"]
            assert ids(client) == [kept, made]
            assert page.delete("/v1/session").status_code == 200
        assert ids(client) == [kept]


def test_a_page_of_another_site_subscribes_nobody(shared):
    own = {"Origin": shared.bound.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    with shared.tcp(token=None, **own) as page:
        page.post("/v1/session", headers={"Authorization": f"Bearer {TOKEN}"})
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert page.post("/v1/push", json=wanted(), headers=foreign).status_code == 403
        assert ids(page) == []


def test_a_token_has_eight_subscriptions_and_a_ninth_takes_the_place_of_the_oldest(residents):
    anna, ben = residents
    his = add(ben)["id"]
    made = [add(anna, f"a{n}")["id"] for n in range(MOST_OF_ONE + 1)]
    assert ids(anna) == made[1:]
    assert ids(ben) == [his]


def test_there_are_sixty_four_at_most(client, tmp_path, station):
    for n in range(MOST):
        station.subscriptions.add(wanted(f"n{n}"), f"{n % 16:064}", "", f"http:c{n % 16}")
    refused = client.post("/v1/push", json=wanted("more"))
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_devices_of_tokens_that_count_no_longer_take_no_place_from_others(tmp_path):
    valid = {f"{n}" for n in range(16)}
    subscriptions = Subscriptions(tmp_path, valid.__contains__)
    for n in range(MOST):
        subscriptions.add(wanted(f"n{n}"), f"{n % 16}", "", f"http:c{n % 16}")
    valid -= {"0", "1"}
    valid |= {"new"}
    made = subscriptions.add(wanted("more"), "new", "", "http:new")
    assert {each["client"] for each in subscriptions.list(None)} == {"http:new", *(f"http:c{n}" for n in range(2, 16))}
    assert made in subscriptions.list("new")


# What a hostile client would have the station connect to, or put into its requests.
HOSTILE = [
    "http://push.example.net/send",
    "https://127.0.0.1/",
    "https://192.168.1.1/setup.cgi",
    "https://169.254.169.254/latest/meta-data",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[fe80::1%25eth0]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://localhost/",
    "https://nas/",
    "https://nas./",
    "https://user:secret@push.example.net/",
    "https://push.example.net:0/",
    "https://push.example.net:99999/",
    "https://push.example.net:x/",
    "https://push.example.net/#part",
    "https://push.example.net/a b",
    "https://push.example.net/\r\nX-Header: 1",
    "https://push.example.net/\u00e4",
    "https://push.ex\u00e4mple.net/",
    "https://[push.example.net/",
    "https://",
    "https:///send",
    "//push.example.net/send",
    "file:///etc/passwd",
    "unix:/run/intercomd/http.sock",
    "gopher://push.example.net/",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("endpoint", HOSTILE)
def test_an_address_that_is_none_of_a_push_service_is_refused_at_once(client, endpoint):
    refused = client.post("/v1/push", json=wanted() | {"endpoint": endpoint})
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter-invalid")
    assert ids(client) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p256dh", ""),
        ("p256dh", KEYS["auth"]),
        ("p256dh", "A" + KEYS["p256dh"][1:]),
        ("p256dh", KEYS["p256dh"][:-1] + "\n"),
        ("auth", ""),
        ("auth", KEYS["auth"] + "AA"),
        ("auth", "!" + KEYS["auth"][1:]),
    ],
)
def test_keys_that_are_none_are_refused(client, name, value):
    refused = client.post("/v1/push", json=wanted(keys=KEYS | {name: value}))
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter-invalid")


@pytest.mark.parametrize("damage", ["{", "[1]", json.dumps([{"id": "s-1"}]), '[{"id":"\xff"}]'])
def test_a_damaged_file_notifies_nobody_and_says_what_to_do(client, station, tmp_path, damage):
    (tmp_path / "push.json").write_bytes(damage.encode("latin-1"))
    with pytest.raises(Exception, match="Nobody is notified of rings"):
        station.subscriptions.load()
    refused = client.get("/v1/push")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert "push.json" in refused.json()["resolution"]


def test_a_file_that_others_may_write_to_is_not_used(client, station, tmp_path):
    add(client)
    (tmp_path / "push.json").chmod(0o666)
    with pytest.raises(Exception, match="Others may write"):
        station.subscriptions.load()
    assert list(station.subscriptions.known()) == []


def test_the_page_may_load_its_manifest_and_its_worker_and_nothing_more_than_before(client):
    before = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    now = client.get("/").headers["content-security-policy"].split("; ")
    assert set(now) - set(before.split("; ")) == {"manifest-src 'self'", "worker-src 'self'"}
    assert set(before.split("; ")) - set(now) == set()


def test_the_manifest_names_icons_that_are_there(client):
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    for icon in answer.json()["icons"]:
        found = client.get(f"/{icon['src']}")
        assert found.headers["content-type"] == "image/png"
        size = int.from_bytes(found.content[16:20])  # IHDR's width
        assert (found.content[:4], icon["sizes"]) == (b"\x89PNG", f"{size}x{size}")
