"""OPTIONS to watched contacts (RFC 3261 §11): reports each answer, or that none came."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.orders import Probe
from appliance.sip.stack import translate
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.calls.texts import Towards
from appliance.sip.stack.routing.failover import ELSEWHERE


@dataclass(slots=True)
class Asked:
    """A contact that is asked; left: how many of its servers have not answered yet, 0 once it is reported."""

    contact: str
    left: int


class Probes:
    """The probes without an answer. pjsua returns a probe's parameters with the answer, by their address."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._out: dict[int, tuple[Asked, pj.SendRequestParam]] = {}

    def send(self, account: pj.Account, probe: Probe, *ways: Towards) -> None:
        """Send a probe, to each of several servers: a call to the contact would be taken by any of them."""
        whom = Asked(probe.contact, max(len(ways), 1))
        for way in ways or (nullcontext,):
            with way():
                self._ask(account, probe, whom)

    def _ask(self, account: pj.Account, probe: Probe, whom: Asked) -> None:
        asked: Any = pj.SendRequestParam()
        asked.method, asked.txOption.targetUri = "OPTIONS", probe.uri
        asked.userData = asked.this
        self._out[int(asked.this)] = whom, asked
        try:
            account.sendRequest(asked)
        except pj.Error as error:
            if self._out.pop(int(asked.this), None):  # else it is reported already, as if no route leads there
                self._came(whom, 0, translate.clean(error.reason))

    def answered(self, prm: pj.OnSendRequestParam) -> None:
        """The final response, or the one that pjsip makes up if none came."""
        whom, _ = self._out.pop(int(prm.userData), (None, None))
        if whom is None:
            return
        transaction = prm.e.body.tsxState.tsx
        code = 0 if translate.nothing_came(prm.e) else int(transaction.statusCode)
        self._came(whom, code, translate.clean(transaction.statusText))

    def failed(self, contact: str, why: str) -> None:
        """Report a probe that could not be sent."""
        self._came(Asked(contact, 1), 0, why)

    def _came(self, whom: Asked, code: int, reason: str) -> None:
        if not whom.left:
            return
        whom.left -= 1
        if code in ELSEWHERE and whom.left:
            return
        whom.left = 0
        self._post(inputs.ContactAnswered(at=time.monotonic(), contact=whom.contact, code=code, reason=reason))
