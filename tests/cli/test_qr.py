"""The QR code of `intercomctl page`: as another program draws it."""

from types import SimpleNamespace

import pytest
import qrcode
from qrcode.util import MODE_8BIT_BYTE, QRData

from appliance.cli.page import address, qr

MOST = 134  # bytes
TEXTS = [
    "a",
    "https://door.local:8443/trust",
    "Tür",
    *("".join(chr(33 + n * 7 % 90) for n in range(length)) for length in range(1, MOST + 1, 7)),
    "~" * MOST,
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_code_has_the_modules_of_the_standard(text):
    made = qrcode.QRCode(2, qrcode.ERROR_CORRECT_L, border=0, mask_pattern=0)
    made.add_data(QRData(text.encode(), MODE_8BIT_BYTE), optimize=0)
    made.make(fit=True)
    wanted = {(x, y): dark for y, row in enumerate(made.get_matrix()) for x, dark in enumerate(row)}
    assert qr.modules(text) == wanted


def test_a_text_that_is_too_long_has_no_code():
    assert qr.drawing("~" * MOST)
    assert qr.drawing("~" * (MOST + 1)) == ""


def test_the_drawing_has_two_rows_in_each_line_and_a_margin_of_four():
    lines = [line.removeprefix(qr.BLACK_ON_WHITE).removesuffix(qr.PLAIN) for line in qr.drawing("a").splitlines()]
    assert {len(line) for line in lines} == {25 + 8}
    assert [line.strip() for line in (*lines[:2], *lines[-2:])] == [""] * 4
    above = {" ": 0, "▄": 0, "▀": 1, "█": 1}
    assert [above[each] for each in lines[2]][4:11] == [1] * 7, "the top of the first finder"


FOUND = {
    "address": "https://door.local:8443/#token=x",
    "trust": "https://door.local:8443/trust",
    "authority": "AA",
    "fingerprint": "BB",
}


@pytest.mark.parametrize(
    ("terminal", "encoding", "drawn"), [(True, "utf-8", True), (False, "utf-8", False), (True, "ascii", False)]
)
def test_the_page_draws_its_address_without_a_token_on_a_terminal_alone(monkeypatch, terminal, encoding, drawn):
    monkeypatch.setattr("sys.stdout", SimpleNamespace(isatty=lambda: terminal, encoding=encoding))
    said = address.words(FOUND)
    assert (qr.drawing(FOUND["trust"]) in said) == drawn and (qr.BLACK_ON_WHITE in said) == drawn
    assert all(each in said for each in FOUND.values())
