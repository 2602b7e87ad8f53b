"""The station's own sentences, which are English, on a page in another language: each has its translation in a file."""

import ast
import json
import re
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pytest
from msgspec import convert, to_builtins

from appliance.api.answers.site import FILES
from appliance.base.errors import USUAL, ErrorCode, IntercomError
from appliance.config import files
from appliance.config.load import check
from appliance.core import orders
from appliance.core.model import AccountState, CallState, MixerLevel, RequestId, Target
from appliance.core.views.accounts import Account
from appliance.doctor import lines, logs, networks, numbered, signalling, sound
from appliance.store.lists.examine import Examined
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import TOKEN, hold, log_in, show
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
LANGUAGES = ["de"]
TEXTS = {
    name: json.loads((FILES / "texts" / f"sentences.{name}.json").read_text(encoding="utf-8")) for name in LANGUAGES
}
CORE, API = "appliance/core", "appliance/api"
UNSENT = {  # what these modules only log, or parts of addresses
    *("bearer.", "ASGI callable returned without completing handshake.", "The order %s failed."),
    "an order with an Idempotency-Key may be carried out again, as its answer is damaged: %s",
    *("Sessions are not used.", "Log in again.", "Tokens are not accepted."),
    "%s is damaged, or others could read it: a new token takes its place",
    "Restore it from a copy; or remove {}, restart the service, and make new tokens.",
}
SOURCES = {  # where the sentences of a kind are
    "explanations": [f"{CORE}/diagnosis.py"],
    "findings": [
        *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("appliance/doctor/*.py"))),
        *("appliance/outlet/faults.py", "appliance/outlet/trial.py"),
        *("appliance/outlet/webhooks/faults.py", "appliance/outlet/webhooks/trial.py"),
    ],
    "answers": [
        *(f"{CORE}/access/codes.py", f"{CORE}/accounts/addresses.py", f"{CORE}/accounts/registration.py"),
        *(f"{CORE}/appliance/persistence.py", f"{CORE}/audio/levels.py", f"{CORE}/audio/self_test.py"),
        *(f"{CORE}/calls/forwarding.py", f"{CORE}/calls/recording.py", f"{CORE}/conferences/requests.py"),
        *(f"{CORE}/doors/{name}.py" for name in ("lockdown", "pulses", "requests", "sensors")),
        *(f"{CORE}/lookup.py", f"{CORE}/panel/actions.py", f"{CORE}/transfers/transferor.py"),
        *(f"{CORE}/visitor_ring/press.py", "appliance/base/errors.py", "appliance/app/browsers.py"),
        *(f"{API}/http/{name}.py" for name in ("admission", "auth", "connections", "headers", "idempotency")),
        *(f"{API}/http/{name}.py" for name in ("problems", "sessions", "tokens")),
        *(f"{API}/answers/{name}.py" for name in ("etags", "operations")),
    ],
}
FAULTS = {  # where reasons are why a part does not work; not all texts there are such reasons
    "appliance/audio/pcm.py": ("The card",),
    "appliance/sip/stack/media/devices.py": ("{} hung", "{} was lost", "There is no", "Capture"),
    "appliance/sip/link.py": ("The SIP",),
    "appliance/sip/stack/engine.py": ("SIP cannot",),
    "appliance/store/database.py": ("{} was", "No space", "{} cannot"),
}
PARTS = {  # parts of sentences that other modules make
    f"{CORE}/status_line.py": ["not configured", "{}: it has no target to call"],
    "appliance/audio/pcm.py": ["record", "play", "a program", "{} (process {})"],
    "appliance/config/files.py": list(files.UNSEEN),
    "appliance/store/audit.py": ["newest {}: row {}, hash {}"],
}
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}|[a-z]{2,}\.$|^[a-z]* ?\{\} [a-z]|^[A-Z][a-z]+ \{\}.*\.$")
VALUE = re.compile(r"\{(\d)[?*]?\}")


def template(node):
    """A text in the code with {} for each value."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(template, values))
        case ast.BinOp(op=ast.Add()):
            return template(node.left) + template(node.right)
        case _:
            return "{}"


def texts(node):
    """All texts of a module, without its docstrings; those inside the values of others too."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp) and (found := template(node)) not in {
        "",
        "{}",
        "{}{}",
    }:
        yield found
    for child in ast.iter_child_nodes(node):
        inside = isinstance(node, ast.JoinedStr | ast.BinOp) and not isinstance(
            child, ast.FormattedValue | ast.IfExp | ast.Call
        )
        if not inside:
            yield from texts(child)


def said(path):
    return set(texts(ast.parse((ROOT / path).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", SOURCES)
def test_every_sentence_of_the_station_is_translated(language, kind):
    known = {each for name in (kind, "parts", "lists") for each in TEXTS[language][name]}
    assert {each for path in SOURCES[kind] for each in said(path) if SENTENCE.search(each)} - known - UNSENT == set(), (
        f"Translate them in appliance/api/web/texts/sentences.{language}.json."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_usual_cause_and_remedy_of_each_error_are_translated(language):
    assert {text for pair in USUAL.values() for text in pair} - TEXTS[language]["answers"].keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", FAULTS)
def test_every_reason_why_a_part_does_not_work_is_translated(language, path):
    reasons = {each for each in said(path) if each.startswith(FAULTS[path]) and SENTENCE.search(each)}
    assert reasons and reasons - TEXTS[language]["faults"].keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_of_a_sentence_that_is_gone(language):
    lists = {*(str(each) for each in (*CallState, *AccountState)), "{} and {}", " Newest {}."}
    for kind, known in TEXTS[language].items():
        paths = [*FAULTS, *SOURCES.get(kind, chain(*SOURCES.values())), *PARTS]
        there = {each for path in paths for each in said(path)} | set(chain(*PARTS.values()))
        assert known.keys() - there - (lists if kind in {"parts", "lists"} else set()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_no_value_that_its_sentence_lacks(language):
    for known in TEXTS[language].values():
        for sentence, text in known.items():
            assert text.strip()
            assert {int(number) for number in VALUE.findall(text)} <= set(range(1, sentence.count("{}") + 1)), sentence


# -- in a browser ------------------------------------------------------------------------------------------------------

ROUTES = {"10.9.0.1": "10.9.0.7", "10.8.0.2": "10.8.0.7"}
MUTED = MixerLevel("USB", element="Mic", muted=True, percent=50)
LOUD = MixerLevel("USB", element="Mic", muted=False, percent=50)


def findings():
    """What parts of the doctor find for real."""
    addresses, kitchen = ["10.8.0.7", "10.9.0.7"], Target("kitchen", "sip:kitchen@10.8.0.2:5062")
    office, home = convert([fake.account("office", server="10.9.0.1:5060"), fake.account("home")], list[Account])
    return [
        *networks.examine(addresses, [office], [kitchen], "0.0.0.0", ROUTES.__getitem__),
        *logs.stored(
            [Examined("log.doors", rows=3, oldest="a.1", newest="b.2", erased=2, heads="newest opening: row 1")]
        ),
        *logs.stored([Examined("log.calls")]),
        *sound.muted(MUTED, LOUD),
        *signalling.accounts([home]),
        lines.fail_safe("front"),
        *numbered.notes(check({"door": {"front": {"chip": "gpiochip4", "line": "17"}}}, "station.toml")),
        *numbered.notes(check({"audio": {"capture": "plughw:1,0"}}, "station.toml")),
    ]


GERMAN = """
Die Station hat 10.8.0.7, 10.9.0.7. In Anrufen steht: 10.9.0.7 für Konto office, 10.8.0.7 für kitchen.
Das Protokoll der Türen ist vollständig. Zeilen: 3, davon 2 gelöscht, von a.1 bis b.2. Prüfsummen: opening: row 1.
Die Anrufliste ist vollständig. Zeilen: 0.
Das Mikrofon ist stumm. Niemand hört den Besuch. Der Regler Mic der Karte USB ist ausgeschaltet.
Schalten Sie den
Angemeldet als 201 bei 192.0.2.5:5060.
Ein Ruhestrom-Türöffner gehört an den Öffner des Relais (NC)
door.front.chip bezeichnet einen GPIO-Chip durch eine Nummer: gpiochip4. Nach einem Neustart, einer neuen Version oder
audio.capture bezeichnet eine Soundkarte durch eine Nummer: plughw:1,0.
"""


@contextmanager
def german(page, shared, station, view="home"):
    with page.languages("de"):
        log_in(page, f"{shared.bound.url}#token={TOKEN}")
        page.shows("#link-text", "verbunden")
        show(page, view)
        yield


@pytest.mark.far_end
def test_what_the_doctor_finds_is_said_in_the_language_of_the_page(page, shared, station):
    station.findings = [to_builtins(each) for each in findings()]
    with german(page, shared, station, "system"):
        page.click("#examine")
        until(
            lambda: page.value("document.querySelector('#findings details').open = true"), "what is in order", START_S
        )
        for text in GERMAN.strip().splitlines():
            page.shows("#findings", text)
        assert page.value("document.querySelectorAll('#findings [lang=en]').length") == 0
        station.findings = [
            {"check": "x", "level": "problem", "message": "Nobody thought of <b>it</b>", "cause": "", "resolution": ""}
        ]
        page.click("#examine")
        page.shows("#findings [lang=en]", "Nobody thought of <b>it</b>")


@pytest.mark.far_end
def test_why_a_call_and_an_account_failed_is_said_in_the_language_of_the_page(page, shared, station):
    called = fake.logged(
        "c-1",
        end={
            "cause": "unavailable",
            "code": 408,
            "reason": "",
            "by": "device",
            "explanation": (
                "The call did not get through to sip:kitchen@192.0.2.9 (Connection refused): check "
                "target.kitchen.uri, and the network."
            ),
        },
    )
    station.call_log.rows.append(called)
    refused = {
        "state": "failed",
        "code": 401,
        "reason": "Unauthorized",
        "explanation": (
            "pbx.example rejects the password: check account.office.password_file and account.office.auth_user."
        ),
    }
    station.state["accounts"] = [fake.account("office") | refused]
    with german(page, shared, station, "history"):
        page.shows(
            "#history",
            "Der Anruf kam nicht bis zu sip:kitchen@192.0.2.9 (Connection refused): Prüfen Sie target.kitchen.uri und",
        )
        show(page, "system")
        page.shows("#accounts", "pbx.example lehnt das Passwort ab: Prüfen Sie account.office.password_file und")


@pytest.mark.far_end
def test_a_refusal_and_a_warning_are_said_in_the_language_of_the_page(page, shared, station):
    with german(page, shared, station):
        station.replies = fake.redundant("Door front is open already, for longer than this.")
        hold(page, "#doors button", lambda: station.requests)
        page.shows("#banner", "Nichts hat sich geändert. front ist schon offen, und länger als so.")
        assert page.value("document.querySelector('#banner-why').lang") == "de"
        locked = IntercomError(
            ErrorCode.DOOR_BLOCKED, "Door front stays locked for 9 s.", "Sensor case reported tampering.", "Unknown."
        )
        station.replies = lambda _: orders.Reply(RequestId("q-1"), error=locked)
        hold(page, "#doors button", lambda: len(station.requests) == 2)
        page.shows("#banner", "Die Tür ist blockiert. front bleibt noch 9 s lang zu. Der Sensor case meldet")
        assert page.value("document.querySelector('#banner-why').lang") == "en"  # not all of it is known


@pytest.mark.far_end
def test_what_does_not_work_is_named_in_the_language_of_the_page(page, shared, station):
    station.state["appliance"]["failed"] = [
        {"part": "audio", "why": "plughw:CARD=USB was lost while in use"},
        {"part": "http", "why": "Nobody thought of it"},
    ]
    with german(page, shared, station):
        page.shows(
            "#failed-part", "Funktioniert nicht: Ton: plughw:CARD=USB ging während der Benutzung verloren; diese"
        )
        assert page.value("document.querySelector('#failed [lang=en]').innerText") == "Nobody thought of it"


@pytest.mark.far_end
def test_the_display_at_the_door_says_in_the_visitors_language_that_the_station_is_in_use(page, shared, station):
    station.replies = fake.redundant("The station is in use already.")
    with page.languages("de"):
        page.open(f"{shared.bound.url}display#token={TOKEN}")
        page.shows("#directory", "Miller")
        page.click("[data-flat='12']")
        page.shows("#status", "Die Station wird schon benutzt.")
