"""The QR code by which a phone logs in: as another program draws it, and only where a phone can use it."""

import json

import pytest
import qrcode
from qrcode.util import MODE_8BIT_BYTE, QRData

from tests.api.browser import START_S, log_in
from tests.api.conftest import TOKEN, opened, show
from tests.api.test_behind_proxies import proxied
from tests.support.peers.web_proxies import nginx
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

MOST = 134  # bytes
DRAWN = """import('/qr.js').then(({ modules }) => {
  window.drawn = %s.map((text) => modules(text)?.map((row) => row.map(Number)) ?? null);
}); 0"""
PATH = "document.querySelector('#token-qr path')?.getAttribute('d') ?? ''"


def wanted(text):
    """The modules in the smallest version from 2 on; None if the text is too long for the page's."""
    if len(text.encode()) > MOST:
        return None
    made = qrcode.QRCode(2, qrcode.ERROR_CORRECT_L, border=0, mask_pattern=0)
    made.add_data(QRData(text.encode(), MODE_8BIT_BYTE), optimize=0)
    made.make(fit=True)
    return [[int(each) for each in row] for row in made.get_matrix()]


def test_a_code_has_the_modules_of_the_standard(page, shared):
    texts = [
        "a",
        "https://door.local/#token=" + "x" * 43,
        "Tür",
        *("".join(chr(33 + (place * 7) % 90) for place in range(length)) for length in range(1, MOST + 2, 7)),
        "~" * MOST,
    ]
    page.open(shared.bound.url)
    page.shows("#link-text", "logged out")
    page.value(DRAWN % json.dumps(texts))
    drawn = until(lambda: page.value("window.drawn"), "the modules", START_S)
    assert drawn == [wanted(text) for text in texts]


def test_a_text_that_is_too_long_has_no_code(page, shared):
    page.open(shared.bound.url)
    page.shows("#link-text", "logged out")
    page.value(DRAWN % json.dumps(["~" * MOST, "~" * (MOST + 1)]))
    drawn = until(lambda: page.value("window.drawn"), "the modules", START_S)
    assert [each is None for each in drawn] == [False, True]


def new_token(page):
    page.type("#token-name", "phone")
    page.click("#token-form [type=submit]")
    page.shows("#token-said", "The token of phone. It is not shown again:")
    return page.value("document.querySelector('#token-text').textContent")


def test_a_new_token_has_a_code_until_the_view_changes(page, station, loop, tmp_path):
    with proxied(station, loop, tmp_path, nginx, "door.home.test") as (_, address):
        log_in(page, f"{address}#token={TOKEN}")
        page.shows("#link-text", "live")
        show(page, "access")
        made = wanted(f"{address}#token={new_token(page)}")
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(made) for x, each in enumerate(row) if each)
        assert page.value(PATH) == dark
        page.shows("#token-qr", "Scan it with the camera of a phone")
        show(page, "home")
        assert page.value(PATH) == ""


def test_a_page_that_only_this_device_can_reach_shows_no_code(page, shared, station):
    opened(page, shared, station, "access")
    assert new_token(page)
    assert page.value(PATH) == ""
