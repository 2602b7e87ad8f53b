"""The panel's own suite on real lines (gpio-sim), against the installed program and both versions of gpiozero."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMES = ("buttons", "sensors", "lamps", "leds", "pwm", "chips", "lines")
FILES = [f"tests/panel/test_{name}.py" for name in NAMES]
EXPECTED = 25  # of them at least are about the chips


@pytest.fixture(scope="module")
def suite(one_processor):
    guest = one_processor
    gpiozero = distribution("gpiozero")
    here = Path(gpiozero.locate_file("."))
    # Debian 13 has 1.6.2; this one, without a line of machine code in it, runs there as well.
    guest.copy_in(here / "gpiozero", *here.glob("gpiozero-*.dist-info"), to="/root/newer")
    guest.copy_in(TESTS / "panel", TESTS / "support", to="/root/suite/tests")
    guest.copy_in(TESTS.parent / "pyproject.toml", to="/root/suite")
    return guest


def test_keypads_and_readers_are_read_on_chips(suite, measured):
    run = "cd /root/suite && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/usr/share/intercomd:. python3"
    told = suite.shell(
        f"{run} -m pytest -v -p no:cacheprovider tests/panel/test_entry_chips.py 2>&1 || true", timeout_s=600
    )
    assert re.search(r"^=+ \d+ passed(, \d+ warnings?)? in ", told, re.MULTILINE), told
    measured("tests of keypads and readers passed on chips", str(told.count(" PASSED")))


@pytest.mark.parametrize(("place", "version"), [("", "1.6."), ("/root/newer:", "2.")])
def test_buttons_and_lamps_do_the_same_on_mock_pins_and_on_chips(suite, measured, place, version):
    run = f"cd /root/suite && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={place}/usr/share/intercomd:. python3"
    found = suite.shell(f"{run} -c 'from importlib.metadata import version; print(version(\"gpiozero\"))'")
    assert found.startswith(version)
    told = suite.shell(f"{run} -m pytest -v -p no:cacheprovider {' '.join(FILES)} 2>&1 || true", timeout_s=600)
    passed = [line for line in told.splitlines() if " PASSED" in line]
    assert re.search(r"^=+ \d+ passed(, \d+ warnings?)? in ", told, re.MULTILINE), told  # none failed, none skipped
    on_chips = [line for line in passed if "[gpio-sim" in line or "test_chips.py" in line]
    assert len(on_chips) >= EXPECTED, told
    measured(f"panel's tests passed with gpiozero {found}, on chips", f"{len(passed)}, {len(on_chips)}")
