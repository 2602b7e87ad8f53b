"""Answers to orders on disc: they outlast a restart and a kill, are bounded, and wait for each other."""

import os
import signal
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.store import database
from appliance.store.answers import Answers
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox

ROOT = Path(__file__).parents[2]
DAY_S = 86_400.0


@contextmanager
def opened(directory, now=lambda: 1_000.0, most=1_000):
    writer = Writer(directory, Inbox())
    answers = Answers(writer, most, now)
    yield answers
    answers.close()
    assert writer.close(PATIENCE_S)


def test_answers_are_there_after_a_restart_oldest_first_with_the_time_that_is_left(tmp_path):
    with opened(tmp_path) as answers:
        answers.keep("b", "second", DAY_S)
        answers.keep("a", "first", DAY_S)
    with opened(tmp_path, lambda: 2_000.0) as answers:
        assert answers.stored() == [("b", "second", DAY_S - 1_000), ("a", "first", DAY_S - 1_000)]


def test_an_answer_whose_time_is_over_does_not_count_and_goes_with_the_next(tmp_path):
    with opened(tmp_path) as answers:
        answers.keep("a", "first", DAY_S)
    with opened(tmp_path, lambda: 1_000 + DAY_S) as answers:
        assert answers.stored() == []
        answers.keep("b", "second", DAY_S)
    assert names(tmp_path) == ["b"]


def test_the_oldest_go_once_there_are_too_many(tmp_path):
    with opened(tmp_path, most=3) as answers:
        for number in range(10):
            answers.keep(str(number), "", DAY_S)
            answers.stored()
    assert names(tmp_path) == ["7", "8", "9"]


def test_without_a_disc_there_is_none_and_the_log_says_what_that_means(tmp_path, caplog):
    (tmp_path / "file").touch()
    writer = Writer(tmp_path / "file", Inbox())
    assert Answers(writer).stored() == []
    assert "may be carried out again" in caplog.text
    writer.close(PATIENCE_S)


KILLED = """
import sys, threading
from appliance.store.answers import Answers
from appliance.store.writer import Writer
answers = Answers(Writer(__import__("pathlib").Path(sys.argv[1]), print))
answers.keep("a", "first", 86400.0)
answers.stored()
print("kept", flush=True)
threading.Event().wait()
"""


def test_an_answer_on_disc_survives_a_kill(tmp_path):
    argv = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as one:
        assert one.stdout.readline() == "kept\n"
        one.send_signal(signal.SIGKILL)
    assert names(tmp_path) == ["a"]


def names(directory):
    with closing(database.reader(directory)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM answers ORDER BY number")]
