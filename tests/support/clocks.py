"""Programs that see another time of day: libfaketime, without its wrapper.

The wrapper names a semaphore after its process id, and fails if an earlier process with this id left one: one that was
killed. The library does without it.
"""

import sysconfig

LIBRARY = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketime.so.1"


def on_clock(**settings: str) -> tuple[str, ...]:
    """What begins a command that sees another time of day; its monotonic clock is the machine's.

    settings: FAKETIME or FAKETIME_TIMESTAMP_FILE, and others of libfaketime's README.
    """
    given = {"LD_PRELOAD": LIBRARY, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", **settings}
    return ("env", *(f"{name}={value}" for name, value in given.items()))


def behind(days: int) -> tuple[str, ...]:
    """What begins a command whose clock is so many days behind."""
    return on_clock(FAKETIME=f"-{days}d")
