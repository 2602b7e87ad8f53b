"""What the tests of the store share: a collecting `post`, and waiting with a deadline."""

import threading
from typing import Any

from appliance.core.inputs import Input

PATIENCE_S = 120.0


class Inbox:
    """Collects what is posted, from any thread."""

    def __init__(self) -> None:
        self.all: list[Input] = []
        self._changed = threading.Condition()

    def __call__(self, what: Input) -> None:
        with self._changed:
            self.all.append(what)
            self._changed.notify_all()

    def of(self, kind: type) -> list[Any]:
        with self._changed:
            return [what for what in self.all if isinstance(what, kind)]

    def wait(self, kind: type, count: int = 1) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(
                lambda: sum(isinstance(what, kind) for what in self.all) >= count, PATIENCE_S
            ), f"{count} {kind.__name__} did not come; there were {self.all}"
        return self.of(kind)


def envelope(number: int, kind: str = "call.connected") -> dict[str, Any]:
    return {"id": number, "type": kind, "time": "2026-11-20T06:07:08.123456Z", "uptime": 1.0, "boot": "b", "data": {}}
