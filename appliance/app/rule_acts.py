"""Gives the orders of rules: each is a request to the station's own HTTP interface, by which all orders are checked.

No socket is between: the request goes to the interface within the process, with the name and the limits of its rule,
which no client can bring. Orders of one rule go one after another; different rules do not wait for each other.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs, orders
from appliance.core.model import Act

log = logging.getLogger(__name__)

Interface = Callable[[Any, Any, Any], Awaitable[None]]  # of ASGI
MOST = 32  # rules that act at once
FAILED = 400  # and higher: the status of a request that did not succeed


class RuleActs:
    """Performs `GiveOrders`. interface: the HTTP interface, once it is loaded."""

    def __init__(
        self, post: Callable[[inputs.Input], None], interface: Callable[[], Awaitable[Interface | None]]
    ) -> None:
        self._post, self._interface = post, interface
        self._acting: set[asyncio.Task[None]] = set()

    def give(self, wanted: orders.GiveOrders) -> None:
        """Begin with the orders."""
        if len(self._acting) >= MOST:
            error = IntercomError(
                ErrorCode.RATE_LIMITED,
                f"The rule {wanted.rule} gives no orders now.",
                f"{MOST} rules act already.",
                "Look for orders that take long, with `intercomctl watch`.",
            )
            self._failed(wanted.rule, wanted.acts[0].order, error)
            return
        task = asyncio.create_task(self._give(wanted), name=f"rule {wanted.rule}")
        self._acting.add(task)
        task.add_done_callback(partial(self._ended, wanted.rule))

    def _ended(self, rule: str, task: "asyncio.Task[None]") -> None:
        self._acting.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:  # a fault of our own: the other rules go on
            log.error("the rule %s failed", rule, exc_info=failure)

    async def stop(self) -> None:
        """Give no more orders."""
        for task in self._acting:
            task.cancel()
        await asyncio.gather(*self._acting, return_exceptions=True)

    async def _give(self, wanted: orders.GiveOrders) -> None:
        interface = await self._interface()
        for act in wanted.acts:
            if interface is None:
                why = "The HTTP interface, by which it gives orders, cannot be loaded."
                error = IntercomError(ErrorCode.UNAVAILABLE, f"{act.order} was not ordered.", why, "See the log.")
                self._failed(wanted.rule, act.order, error)
                continue
            if (problem := await _ask(interface, wanted, act)) is not None:
                self._failed(wanted.rule, act.order, problem)

    def _failed(self, rule: str, order: str, error: IntercomError) -> None:
        self._post(
            inputs.RuleActFailed(
                at=time.monotonic(),
                rule=rule,
                order=order,
                code=error.code,
                message=error.message,
                cause=error.cause,
                resolution=error.resolution,
            )
        )


async def _ask(interface: Interface, wanted: orders.GiveOrders, act: Act) -> IntercomError | None:
    """Make the request of an order; the error of an answer that reports one."""
    from appliance.api.http.auth import RULE, RuleIdentity  # noqa: PLC0415  late: HTTP has loaded them
    from appliance.orders.given import request  # noqa: PLC0415

    try:
        method, path, body = request(act)
    except LookupError as missing:
        why = f"{missing.args[0]} is missing."
        return IntercomError(ErrorCode.PARAMETER_INVALID, f"{act.order} is no order that a rule can give.", why)
    status, answer = 0, bytearray()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # the rule never leaves
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        answer.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"station"), (b"content-length", str(len(body)).encode())]
        + ([(b"content-type", b"application/json")] if body else []),
        "client": None,
        "server": None,
        RULE: RuleIdentity(wanted.rule, wanted.allow, wanted.maker),
    }
    await interface(scope, receive, send)
    if status < FAILED:
        return None
    try:
        said = msgspec.json.decode(bytes(answer), type=dict[str, Any])
    except msgspec.DecodeError:
        said = {}
    code = next((code for code in ErrorCode if code == said.get("code")), ErrorCode.ERROR)
    return IntercomError(
        code,
        str(said.get("detail") or f"The answer is {status}."),
        str(said.get("cause", "")),
        str(said.get("resolution", "")),
    )
