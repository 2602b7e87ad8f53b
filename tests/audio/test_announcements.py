"""What the station says by itself: at which events, and in which languages."""

import subprocess
from typing import get_args

import pytest

from appliance.audio.announcements import languages, sentence, texts
from appliance.config.schema.audio import SpeechTable

ANNOUNCED = [
    ("door.unlocked", {"means": "dtmf"}, "opened"),
    ("door.unlocked", {"means": "api"}, "opened"),
    ("door.unlocked", {"means": "keypad"}, "opened"),
    ("door.unlocked", {"means": "exit"}, None),
    ("door.unlocked", {"means": "rule"}, None),
    ("door.denied", {"means": "card"}, "denied"),
    ("door.denied", {"means": "dtmf"}, None),
    ("door.denied", {"means": "api"}, None),
    ("ring.ended", {"result": "unanswered"}, "unanswered"),
    ("ring.ended", {"result": "answered"}, None),
    ("ring.ended", {"result": "canceled"}, None),
    ("call.ended", {}, None),
]


@pytest.mark.parametrize(("kind", "data", "said"), ANNOUNCED)
def test_a_visitor_hears_what_concerns_a_visitor(kind, data, said):
    assert sentence({"type": kind, "data": data}) == said


def test_every_language_that_may_be_configured_has_every_sentence():
    ((configured,),) = (get_args(each) for each in [SpeechTable.model_fields["announce"].annotation])
    assert set(get_args(configured)) == set(languages())
    wanted = {said for _, _, said in ANNOUNCED if said} | {"recorded", "message"}
    assert all(set(said) == wanted and all(said.values()) for said in languages().values())


def test_a_sentence_is_spoken_in_each_language_and_in_the_form_of_it_that_is_configured():
    said = texts("recorded", ["de", "en"], "en-GB")
    assert list(said) == [("de", "Dieses Gespräch wird aufgezeichnet."), ("en-GB", "This call is recorded.")]


def test_espeak_ng_speaks_every_language():
    listed = subprocess.run(["espeak-ng", "--voices"], capture_output=True, check=True, text=True).stdout
    spoken = {line.split()[1].partition("-")[0] for line in listed.splitlines()[1:]}
    assert set(languages()) <= spoken
