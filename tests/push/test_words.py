"""What a notification says, and which answers of a push service count."""

import pytest

from appliance.push.deliver import _status
from appliance.push.settings import News
from appliance.push.words import body


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Answered by Anna."),
        ("de", "Angenommen durch Anna."),
        ("fr", "Répondu par Anna."),
        ("it", "Answered by Anna."),
    ],
)
def test_the_second_line_is_in_the_devices_language_and_in_english_where_there_is_none(language, text):
    assert body(News("answered", "v-1", 0.0, by="Anna"), language) == text


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 201 Created\r\n", 201),
        (b"HTTP/1.0 410\r\n", 410),
        (b"HTTP/1.1 20\r\n", 0),
        (b"HTTP/1.1 abc\r\n", 0),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 0),
    ],
)
def test_only_the_first_line_of_an_answer_has_a_status(line, status):
    assert _status(line) == status
