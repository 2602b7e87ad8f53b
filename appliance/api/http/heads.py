"""HEAD for every GET (RFC 9110 §9.3.2): the same status and headers, without the body."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI middleware that answers HEAD by the head of GET. A GET that would stream on ends with its head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; HEAD as GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})
                begun.set()

        serving = asyncio.ensure_future(self.app({**scope, "method": "GET"}, receive, outgoing))
        waiting = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (serving, waiting):
                each.cancel()
            results = await asyncio.gather(serving, waiting, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]
