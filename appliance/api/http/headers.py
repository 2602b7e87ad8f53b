"""The headers of every answer: rules for browsers, and the date.

Also a check for headers of a request that contradict each other.
"""

from email.utils import formatdate

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.api.http.auth import LISTENER, UNKNOWN, Listener
from appliance.api.http.problems import response
from appliance.base.errors import ErrorCode, IntercomError

POLICY = "Content-Security-Policy"
NOT_FRAMED, FRAMED = "frame-ancestors 'none'", "frame-ancestors 'self'"
HEADERS = {
    # Only our own files.
    POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"media-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; {NOT_FRAMED}"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HEADERS_FRAMED = HEADERS | {POLICY: HEADERS[POLICY].replace(NOT_FRAMED, FRAMED)}


class FixedHeaders:
    """ASGI middleware that adds them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the answer.

        Behind a proxy that http.names names, pages of the same origin may show ours in a frame, as Home Assistant does.
        They could send its requests as well, so the frame gives them nothing. No other site may.
        """
        listener: Listener = scope.get(LISTENER, UNKNOWN)
        fixed = HEADERS_FRAMED if listener.proxied else HEADERS

        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in fixed.items():
                    headers[name] = value
                headers["Date"] = formatdate(usegmt=True)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, outgoing)


class OneLength:
    """ASGI middleware that refuses requests whose length is given twice (RFC 9112 §6.1).

    A proxy that goes by the other of the two would see another request behind the first one, past its own rules.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it and close its connection."""
        names = {name for name, _ in scope["headers"]} if scope["type"] == "http" else set()
        if not {b"content-length", b"transfer-encoding"} <= names:
            await self.app(scope, receive, send)
            return
        error = IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "The length of the request is given twice.",
            "It has Content-Length and Transfer-Encoding.",
            "Send only one of these headers.",
        )
        await response(error, scope["path"], {"Connection": "close"})(scope, receive, send)
