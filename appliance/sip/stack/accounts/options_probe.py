"""OPTIONS to watched contacts (RFC 3261 §11): reports each answer, or that none came."""

import time
from typing import Any

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.orders import Probe
from appliance.sip.stack import translate
from appliance.sip.stack.calls.operations import Post


class Probes:
    """The probes without an answer. pjsua returns a probe's parameters with the answer, by their address."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._out: dict[int, tuple[str, pj.SendRequestParam]] = {}

    def send(self, account: pj.Account, probe: Probe) -> None:
        """Send a probe."""
        asked: Any = pj.SendRequestParam()
        asked.method, asked.txOption.targetUri = "OPTIONS", probe.uri
        asked.userData = asked.this
        self._out[int(asked.this)] = probe.contact, asked
        try:
            account.sendRequest(asked)
        except pj.Error as error:
            if self._out.pop(int(asked.this), None):  # else it is reported already, as if no route leads there
                self.failed(probe.contact, translate.clean(error.reason))

    def answered(self, prm: pj.OnSendRequestParam) -> None:
        """The final response, or the one that pjsip makes up if none came."""
        contact, _ = self._out.pop(int(prm.userData), ("", None))
        if not contact:
            return
        transaction = prm.e.body.tsxState.tsx
        code = 0 if translate.nothing_came(prm.e) else int(transaction.statusCode)
        reason = translate.clean(transaction.statusText)
        self._post(inputs.ContactAnswered(at=time.monotonic(), contact=contact, code=code, reason=reason))

    def failed(self, contact: str, why: str) -> None:
        """Report a probe that could not be sent."""
        self._post(inputs.ContactAnswered(at=time.monotonic(), contact=contact, code=0, reason=why))
