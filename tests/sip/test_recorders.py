"""Recorders over years: what they know of former recordings has an end, and none begins twice."""

from appliance.core.desired import CallMedia
from appliance.core.model import CallId, RecordingId
from appliance.sip.stack.media import recorders
from appliance.sip.stack.media.recorders import ENDED, Recorders

MEDIA = CallMedia(CallId("c-1"), held=False, microphone=False, speaker=False, tone=False, recording=None)


def test_recordings_that_have_ended_are_forgotten_and_none_begins_twice(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(recorders, "_mono", lambda path: begun.append(path) or (None, None))
    its = Recorders(tmp_path, lambda _: None)
    long, last = RecordingId("r-long"), RecordingId(f"r-{10 * ENDED}")
    for number in range(10 * ENDED + 1):
        its.desire({long: MEDIA, RecordingId(f"r-{number}"): MEDIA})
    its.desire({long: MEDIA})
    assert len(its._done) <= ENDED + 2, "one that runs as well, and one that has just ended"
    its.desire({long: MEDIA, last: MEDIA})
    assert len(begun) == len(set(begun)) == 10 * ENDED + 2
