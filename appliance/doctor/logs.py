"""The lists on disc: journal, call log and audit of doors."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem

_NAMES = {
    "log.events": "The journal",
    "log.calls": "The call log",
    "log.doors": "The audit of doors",
    "recording": "The list of recordings",
}


class Examined(Protocol):
    """A list as its store has examined it. check: the settings of its limits; oldest, newest: times of its rows.

    heads: the newest hashes of a list whose rows are chained, in words. erased: how many rows were emptied on order.
    """

    @property
    def check(self) -> str: ...  # noqa: D102
    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def oldest(self) -> str: ...  # noqa: D102
    @property
    def newest(self) -> str: ...  # noqa: D102
    @property
    def faults(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def heads(self) -> str: ...  # noqa: D102
    @property
    def erased(self) -> int: ...  # noqa: D102


def stored(lists: Iterable[Examined]) -> list[Finding]:
    """One finding for each list."""
    return [_list(each) for each in lists]


def _list(found: Examined) -> Finding:
    name = _NAMES[found.check]
    if found.faults:
        return problem(
            found.check,
            f"{name} is damaged{', or was changed' if found.heads else ''}.",
            f"{'; '.join(found.faults)}.",
            "Check the disc or SD card, and save a copy by `intercomctl backup`. The rows named here are left out of "
            "lists. intercomd.sqlite3 has all codes and cards too: move it away only if nothing in it can be read.",
        )
    span = f", from {found.oldest} to {found.newest}" if found.rows else ""
    heads = f" {found.heads[0].upper()}{found.heads[1:]}." if found.heads else ""
    erased = f", of which {found.erased} were erased" if found.erased else ""
    return ok(found.check, f"{name} is whole: {found.rows} rows{erased}{span}.{heads}")
