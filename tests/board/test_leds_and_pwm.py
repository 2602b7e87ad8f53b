"""Which lines can dim a lamp."""

import pytest

from appliance.board import leds_and_pwm


@pytest.mark.parametrize(
    ("factory", "lgpio", "dim"),
    [("", None, False), ("lgpio", None, True), ("", object(), True), ("mock", object(), True)],
)
def test_pins_have_pwm_with_lgpio_or_with_the_factory_that_is_set(monkeypatch, factory, lgpio, dim):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", factory)
    monkeypatch.setattr(leds_and_pwm, "find_spec", lambda _: lgpio)
    assert leds_and_pwm.lines_dim() is dim
