"""What each callback of pjsua2 is wrapped in: no exception may pass back into native code."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

Rest = ParamSpec("Rest")
LOG = logging.getLogger(__name__)


def contained(callback: Callable[Rest, None]) -> Callable[Rest, None]:
    """The same, but an exception ends in the log.

    SWIG would print it and keep it in sys.last_traceback, whose frames hold objects past libDestroy: an abort.
    """

    @wraps(callback)
    def wrapped(*args: Rest.args, **kwargs: Rest.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            LOG.exception("%s failed", callback.__qualname__)

    return wrapped
