"""HTTP: whatever a body or a query holds, the answer is one of the documented ones, never a failure of the server."""

import json

from hypothesis import given
from hypothesis import strategies as st

from appliance.core import orders
from appliance.core.audio.self_test import findings
from appliance.core.model import RequestId, SoundMeasured, SoundResult
from tests.api.conftest import _current, loop, shared, station
from tests.api.described import description
from tests.fuzz.budget import tried

__all__ = ["_current", "loop", "shared", "station"]

OPERATIONS = sorted(
    (method.upper(), path)
    for path, methods in description()["paths"].items()
    for method in methods
    if method in {"post", "patch", "put", "delete"}
)
NAMES = sorted(
    {name for schema in description()["components"]["schemas"].values() for name in schema.get("properties", {})}
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=8,
)
bodies = (
    st.dictionaries(st.sampled_from(NAMES), values, max_size=5).map(lambda body: json.dumps(body).encode())
    | values.map(lambda body: json.dumps(body).encode())
    | st.binary(max_size=200)
)


def test_any_body_is_answered_as_described(shared, station):
    tested = findings(SoundMeasured(), SoundResult.WORKS)  # what the reply to a test of the sound has
    station.replies = lambda _: orders.Reply(RequestId("q-1"), trial=tested)
    with shared.tcp() as client:

        @given(st.sampled_from(OPERATIONS), bodies)
        def check(operation, body):
            method, path = operation
            plain = path.replace("{", "").replace("}", "")
            answer = client.request(method, plain, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (method, path, body, answer.text)

        tried(check)
