"""Times of stations under test. appliance/base/times.py has the table, and the two kinds of times.

- patient: a limit of the kind `Hang` is twenty times as long, so that no load of this machine can trip it. Each station
  of a test has these times, as have the parts that run in the tests' own process.
- hasty: in addition, a pause of the kind `Again` is a twentieth, for tests that would wait for retries and checks.
- real: as installed, for the tests of a limit. Such a test takes its own limit from them, and no other.
"""

import sys
from typing import Any, get_args, get_type_hints

from msgspec import Meta, json
from msgspec.structs import replace

from appliance.base import times
from appliance.base.times import Times

FACTOR = 20.0
REAL = Times()


def kinds() -> dict[str, str]:
    """Return the kind of each time, hang or again, by its name."""
    return {name: _kind(hint) for name, hint in get_type_hints(Times, include_extras=True).items()}


def patient(**single: Any) -> Times:
    """Return patient times, except for those that are given."""
    return replace(_scaled(REAL, "hang", FACTOR), **single)


def hasty(**single: Any) -> Times:
    """Return hasty times, except for those that are given."""
    return replace(_scaled(patient(), "again", 1 / FACTOR), **single)


def _scaled(before: Times, kind: str, factor: float) -> Times:
    wanted = [name for name, its in kinds().items() if its == kind]
    return replace(before, **{name: _times(getattr(before, name), factor) for name in wanted})


def _times(value: Any, factor: float) -> Any:
    return tuple(each * factor for each in value) if isinstance(value, tuple) else value * factor


def _kind(hint: Any) -> str:
    for part in get_args(hint):
        if isinstance(part, Meta):
            return str((part.extra or {})["kind"])
    return _kind(get_args(hint)[0])


def main() -> int:
    """Run `python -m appliance OPTION…` with the times of the first argument: what `program` returns."""
    from appliance import __main__ as daemon

    times.use(json.decode(sys.argv.pop(1), type=Times))
    return daemon.main(sys.argv[1:])


def program(wanted: Times) -> list[str]:
    """Return the words that run the daemon with these times, to be followed by its options."""
    if wanted == REAL:
        return [sys.executable, "-m", "appliance"]
    return [sys.executable, "-m", "tests.support.times", json.encode(wanted).decode()]


if __name__ == "__main__":
    sys.exit(main())
