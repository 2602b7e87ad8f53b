import os
import signal

import pytest

from appliance.base import apart


def test_work_apart_gives_its_result_from_another_process():
    result = apart.begin(lambda: (os.getpid(), {"a": [1, 2]}))
    pid, found = result()
    assert (pid != os.getpid(), found) == (True, {"a": [1, 2]})


def test_an_exception_of_work_apart_is_raised_where_its_result_is_wanted():
    result = apart.begin(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        result()


def test_work_whose_process_was_killed_is_done_here():
    ours = os.getpid()

    def work():
        if os.getpid() != ours:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert apart.begin(work)() == "done"


def test_work_apart_leaves_no_process():
    pids = []
    fork = os.fork
    try:
        os.fork = lambda: pids.append(fork()) or pids[-1]
        apart.begin(lambda: None)()
    finally:
        os.fork = fork
    with pytest.raises(ChildProcessError):
        os.waitpid(pids[0], os.WNOHANG)
