"""Complete delivery: the window, what is sent again, and the cursor that moves by the reader's word alone."""

import pytest

from appliance.base.times import Times
from appliance.outlet.complete import WINDOW, Complete, Cursor

TIMES = Times()
PAGE = 200


class Journal:
    """Events 1 to `last`, of which those before `first` are lost."""

    def __init__(self, last, first=1):
        self.last, self.first, self.asked = last, first, 0

    def page(self, after):
        self.asked += 1
        found = []
        if after + 1 < self.first:
            gap = {"from": after + 1, "to": self.first - 1, "certain": True}
            found, after = [{"id": self.first - 1, "type": "events.lost", "data": gap, "state": {}}], self.first - 1
        return found + [{"id": each, "type": "custom"} for each in range(after + 1, min(self.last, after + PAGE) + 1)]


@pytest.fixture
def cursor(tmp_path):
    return Cursor(tmp_path / "cursor", TIMES)


def ids(complete, now=0.0):
    return [each["id"] for each in complete.due(now)]


def test_no_more_is_on_the_way_than_the_window(cursor):
    complete = Complete(cursor, Journal(1000).page, TIMES)
    assert ids(complete) == list(range(1, WINDOW + 1))
    assert ids(complete) == []
    assert complete.acknowledged(b"40", 0.0)
    assert ids(complete) == list(range(WINDOW + 1, WINDOW + 41))


def test_what_is_not_acknowledged_is_sent_again_ever_more_seldom(cursor):
    complete = Complete(cursor, Journal(3).page, TIMES)
    assert ids(complete) == [1, 2, 3]
    now, pauses = 0.0, []
    for _ in range(7):
        pauses.append(complete.again - now)
        assert ids(complete, complete.again - 0.01) == []
        now = complete.again
        assert ids(complete, now) == [1, 2, 3]
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert complete.acknowledged(b"3", now)
    assert complete.again is None


@pytest.mark.parametrize("word", [b"", b"x", b"-1", b"1e3", "٣".encode(), b"9" * 5000, b"\xff", b"4 5"])
def test_a_word_that_is_no_id_moves_nothing(cursor, word):
    complete = Complete(cursor, Journal(3).page, TIMES)
    ids(complete)
    assert not complete.acknowledged(word, 0.0)
    assert cursor.at == 0


def test_an_id_that_was_not_sent_moves_nothing(cursor):
    complete = Complete(cursor, Journal(3).page, TIMES)
    ids(complete)
    assert complete.acknowledged(b"4", 0.0)
    assert cursor.at == 0


def test_a_reader_that_comes_and_says_so_gets_what_it_lacks_at_once_but_not_a_flood(cursor):
    complete = Complete(cursor, Journal(3).page, TIMES)
    ids(complete)
    complete.acknowledged(b"0", 1.0)
    assert ids(complete, 1.0) == [1, 2, 3]
    complete.acknowledged(b"0", 1.1)
    assert ids(complete, 1.1) == []


def test_a_gap_is_sent_with_from_and_to_and_without_the_state(cursor):
    complete = Complete(cursor, Journal(12, first=10).page, TIMES)
    sent = list(complete.due(0.0))
    place = {"after": 0, "acknowledged": 0}
    assert sent[0] == {"id": 9, "type": "events.lost", "data": {"from": 1, "to": 9, "certain": True}, **place}
    assert [each["id"] for each in sent] == [9, 10, 11, 12]
    assert complete.acknowledged(b"9", 0.0)
    assert cursor.at == 9


def test_each_event_names_the_one_before_it_and_the_place_of_the_reader(cursor):
    complete = Complete(cursor, Journal(4).page, TIMES)
    assert [(each["after"], each["id"]) for each in complete.due(0.0)] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    complete.acknowledged(b"2", 0.0)
    complete.begin(0.0)
    assert [(each["acknowledged"], each["after"]) for each in complete.due(0.0)] == [(2, 2), (2, 3)]


def test_the_daemon_is_asked_only_after_news(cursor):
    journal = Journal(2)
    complete = Complete(cursor, journal.page, TIMES)
    ids(complete)
    asked = journal.asked
    assert ids(complete) == []
    assert journal.asked == asked
    journal.last = 3
    complete.touch()
    assert ids(complete) == [3]


def test_a_new_connection_begins_at_the_cursor(cursor):
    complete = Complete(cursor, Journal(5).page, TIMES)
    ids(complete)
    complete.acknowledged(b"2", 0.0)
    complete.begin(0.0)
    assert ids(complete) == [3, 4, 5]


def test_the_cursor_is_kept_once_in_a_while_and_at_the_end(tmp_path):
    file = tmp_path / "cursor"
    cursor = Cursor(file, TIMES)
    cursor.at = 7
    assert cursor.save(100.0) == ""
    assert file.read_text() == "7\n"
    cursor.at = 8
    cursor.save(100.5)
    assert Cursor(file, TIMES).at == 7
    assert cursor.due == 101.0
    cursor.save(100.6, last=True)
    assert Cursor(file, TIMES).at == 8
    assert cursor.due is None


@pytest.mark.parametrize("kept", ["", "x\n", "-3\n", "9" * 4000])
def test_a_damaged_cursor_begins_with_the_oldest_event(tmp_path, kept):
    (tmp_path / "cursor").write_text(kept)
    assert Cursor(tmp_path / "cursor", TIMES).at == 0


def test_a_cursor_that_cannot_be_kept_is_reported(tmp_path):
    cursor = Cursor(tmp_path / "none" / "cursor", TIMES)
    cursor.at = 1
    assert "No such file" in cursor.save(10.0)
