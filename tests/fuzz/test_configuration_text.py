"""The configuration: whatever its text says, it is read, or an error names what is wrong."""

from contextlib import suppress
from pathlib import Path

import tomli
from hypothesis import given
from hypothesis import strategies as st

from appliance.base.errors import IntercomError
from appliance.config.core_settings import core_settings
from appliance.config.load import check as checked
from appliance.config.load import load
from appliance.config.schema import Config
from tests.fuzz.budget import tried

ROOT = Path(__file__).parents[2]
# Not all of the checkout: tools make and remove folders of their own in it meanwhile, as .hypothesis.
PLACES = ("appliance", "benchmarks", "docs", "hardware", "packaging", "tests")
TEXTS = [path.read_bytes() for place in PLACES for path in sorted((ROOT / place).rglob("*.toml"))]
TEXTS += [(ROOT / name).read_bytes() for name in ("pyproject.toml", "client/pyproject.toml")]
values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_spoiled_text_is_read_or_is_an_error(tmp_path):
    file = tmp_path / "intercomd.toml"

    @given(st.sampled_from(TEXTS), st.data())
    def check(text, data):
        spoiled = bytearray(text)
        for _ in range(data.draw(st.integers(1, 6))):
            place = data.draw(st.integers(0, len(spoiled) - 1))
            spoiled[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
        file.write_bytes(bytes(spoiled))
        with suppress(IntercomError):
            core_settings(load(file))

    tried(check)


def test_any_value_of_any_setting_is_taken_or_is_an_error():
    tables = sorted(Config.model_fields)

    @given(st.sampled_from(TEXTS), st.lists(st.tuples(st.sampled_from(tables), st.data()), max_size=1), values)
    def check(text, where, value):
        raw = dict(tomli.loads(text.decode()))
        for table, data in where:
            inner = raw.get(table)
            while isinstance(inner, dict) and inner and data.draw(st.booleans()):
                key = data.draw(st.sampled_from(sorted(inner)))
                if not isinstance(inner[key], dict):
                    inner[key] = value
                    break
                inner = inner[key]
            else:
                raw[table] = value
        with suppress(IntercomError):
            core_settings(checked(raw, "intercomd.toml"))

    tried(check)
