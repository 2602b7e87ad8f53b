"""The wrapper of every pjsua2 callback: no exception may return to native code."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

Rest = ParamSpec("Rest")
LOG = logging.getLogger(__name__)


def contained(callback: Callable[Rest, None]) -> Callable[Rest, None]:
    """Wrap a callback so that its exceptions are logged.

    SWIG would print them and keep them in sys.last_traceback, whose frames hold objects past libDestroy: an abort.
    """

    @wraps(callback)
    def wrapped(*args: Rest.args, **kwargs: Rest.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            LOG.exception("%s failed", callback.__qualname__)

    return wrapped
