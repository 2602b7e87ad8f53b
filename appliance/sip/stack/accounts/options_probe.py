"""OPTIONS to contacts that are watched (RFC 3261 §11): each answer, or that none came, is told."""

import time
from typing import Any

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.orders import Probe
from appliance.sip.stack import translate
from appliance.sip.stack.calls.operations import Post


class Probes:
    """The questions that are out. pjsua gives back with the answer what it was asked with, by its address."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._out: dict[int, tuple[str, pj.SendRequestParam]] = {}

    def send(self, account: pj.Account, probe: Probe) -> None:
        """Ask."""
        asked: Any = pj.SendRequestParam()
        asked.method, asked.txOption.targetUri = "OPTIONS", probe.uri
        asked.userData = asked.this
        self._out[int(asked.this)] = probe.contact, asked
        try:
            account.sendRequest(asked)
        except pj.Error as error:
            del self._out[int(asked.this)]
            self.failed(probe.contact, translate.clean(error.reason))

    def answered(self, prm: pj.OnSendRequestParam) -> None:
        """The final response, or what pjsip makes of none."""
        contact, _ = self._out.pop(int(prm.userData), ("", None))
        if not contact:
            return
        transaction = prm.e.body.tsxState.tsx
        code = 0 if translate.nothing_came(prm.e) else int(transaction.statusCode)
        reason = translate.clean(transaction.statusText)
        self._post(inputs.ContactAnswered(at=time.monotonic(), contact=contact, code=code, reason=reason))

    def failed(self, contact: str, why: str) -> None:
        """It could not even be asked."""
        self._post(inputs.ContactAnswered(at=time.monotonic(), contact=contact, code=0, reason=why))
