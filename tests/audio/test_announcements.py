"""What the station says to a visitor by itself: at which events, and in which languages."""

import subprocess
from typing import get_args

import pytest

from appliance.audio.announcements import languages, sentence
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
    wanted = {said for _, _, said in ANNOUNCED if said}
    assert all(set(texts) == wanted and all(texts.values()) for texts in languages().values())


def test_espeak_ng_speaks_every_language():
    listed = subprocess.run(["espeak-ng", "--voices"], capture_output=True, check=True, text=True).stdout
    spoken = {line.split()[1].partition("-")[0] for line in listed.splitlines()[1:]}
    assert set(languages()) <= spoken
