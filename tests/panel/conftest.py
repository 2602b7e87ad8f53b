"""Tests of the panel that are coroutines each run in a loop of their own."""

import asyncio
import inspect

import pytest

from tests.panel.boards import BOARDS, CHIPS

collect_ignore = [] if CHIPS else ["test_chips.py", "test_entry_chips.py"]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(params=BOARDS)
def board(request):
    board = BOARDS[request.param]()
    yield board
    board.close()
