"""What a day of recorded calls writes: counted from a call and a second of rest."""

import os
from types import SimpleNamespace

from benchmarks import disc_writes
from benchmarks.disc_writes import Written


def test_a_day_has_fifty_calls_and_the_rest(capsys):
    found = Written(rest_bytes_s=10.0, call_bytes=1_200_000, file_bytes=960_000)
    assert found.day_bytes == 864_000 + 60_000_000
    disc_writes.report(found, 30)
    assert "a day of 50 such calls: 61 MB" in capsys.readouterr().err


def test_what_a_process_has_written_is_read():
    assert disc_writes.so_far(SimpleNamespace(pid=os.getpid())) >= 0
