"""The core's views as clients get them: plain values, as in JSON."""

from msgspec import json

from appliance.core import snapshot as whole
from appliance.core.access import view as access
from appliance.core.calls import view as calls
from appliance.core.conferences import view as conferences
from appliance.runtime import subjects


def as_sent(view):
    return json.decode(json.encode(view))


def _sent(make):
    return lambda *given, **more: as_sent(make(*given, **more))


snapshot = _sent(whole.snapshot)
codes_view = _sent(access.codes_view)
call_view = _sent(calls.call_view)
logged_call = _sent(calls.logged_call)
ended_conference = _sent(conferences.ended_conference)
facts_in_events = _sent(subjects.facts_in_events)
