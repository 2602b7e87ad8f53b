"""Where calls of browsers enter pjsua: a UDP transport on loopback for one account, opened when the first offer comes.

The kernel passes to that transport what our own socket sends, and nothing else: both are connected to each other. The
account is chosen for that source and for a user part that is random at each start of the process.
"""

import random
import secrets
import socket
import time

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.accounts.sip_uris import parts
from appliance.core.model import SoundRefusal
from appliance.sip.settings import SipSettings
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.caller_auth import Judgement
from appliance.sip.stack.accounts.direct import sound_by
from appliance.sip.stack.accounts.registration import RegisteredAccount
from appliance.sip.stack.browsers.caller import Caller
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls.call import SipCall
from appliance.sip.stack.calls.ice import SUCCESS
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.routing import port_owner
from appliance.sip.stack.routing.servers import IPV4
from appliance.sip.wire import Offer, OfferAnswered

LOCAL = "127.0.0.1"
PATH = f"state: {SUCCESS}"  # in pjsua's report on a call
LONGEST = 65536
FORBIDDEN = 403


class BrowserCall(SipCall):
    """A call of a browser."""

    browser = True
    agreed = False

    @contained
    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        """Its one offer was answered; or, later, its sound has failed.

        If it has a path all the same, the key there is not the one of the offer: another one answers than has offered.
        """
        if not self.agreed:
            self.agreed = True
            super().onCallMediaState(prm)
        elif PATH in self.dump(True, ""):
            now, why = time.monotonic(), SoundRefusal.ENCRYPTION
            self.table.post(inputs.SoundRefused(at=now, call=self.call, why=why))


class BrowserAccount(RegisteredAccount):
    """The account of all calls from browsers. callers: by their Call-ID."""

    makes = BrowserCall

    def __init__(self, callers: dict[str, Caller]) -> None:
        super().__init__()
        self._callers = callers

    def judge(self, invite: str, source: str) -> Judgement:  # noqa: ARG002
        """Judge an INVITE by the browser's offer behind it."""
        caller = self._callers.get(translate.header(invite, "Call-ID"))
        return Judgement(FORBIDDEN) if caller is None else Judgement(call=caller.call, browser=caller.who)


class Loopback:
    """The transport, its account, and the callers that use it. Raises pj.Error or OSError."""

    def __init__(self, endpoint: pj.Endpoint, config: pj.AccountConfig, name: str) -> None:
        """config: an account's settings with the address for its sound; name: the station's own user part."""
        self._callers: dict[str, Caller] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.address = ".".join(["127", *(str(random.randrange(1, 250)) for _ in range(3))])  # noqa: S311 - no secret
        self.socket.bind((self.address, 0))
        self._place = f"{self.address}:{self.socket.getsockname()[1]}"
        transport = pj.TransportConfig()
        transport.boundAddress = LOCAL
        number = int(endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport))
        port = int(str(endpoint.transportGetInfo(number).localName).rpartition(":")[2])
        for theirs in port_owner.own(port):
            with theirs:
                if theirs.getsockname()[0] == LOCAL:
                    theirs.connect(self.socket.getsockname())
        self.socket.connect((LOCAL, port))
        self._user = secrets.token_hex(16)
        self._uri, self._to = f"sip:{self._user}@{LOCAL}:{port}", f"sip:{name}@{LOCAL}"
        config.idUri, config.sipConfig.transportId = self._uri, number
        self.account = BrowserAccount(self._callers)
        self.account.create(config)

    def sent(self, request: pj.SipRxData) -> bool:
        """Whether a request is the call of a browser."""
        user = (parts(translate.request_uri(str(request.wholeMsg))) or ("", ""))[0]
        return str(request.srcAddress) == self._place and secrets.compare_digest(user.encode(), self._user.encode())

    def call(self, offer: Offer) -> None:
        """Call the station with a browser's offer."""
        caller = Caller(offer, self._uri, self._to, self._place)
        self._callers[caller.id] = caller
        self.socket.send(caller.invite().encode())

    def turn(self, post: Post) -> None:
        """Take what pjsua has sent."""
        while True:
            try:
                message = self.socket.recv(LONGEST).decode("utf-8", "surrogateescape")
            except BlockingIOError:
                return
            caller = self._callers.get(translate.header(message, "Call-ID"))
            if caller is None:
                continue
            waited = not caller.code
            if reply := caller.receive(message):
                self.socket.send(reply.encode("utf-8", "surrogateescape"))
            if waited and caller.code:
                post(OfferAnswered(caller.call, caller.code, caller.reason, caller.answer))
            if caller.over:
                del self._callers[caller.id]

    def close(self) -> None:
        """Free the account, before the endpoint."""
        self.account.shutdown()
        del self.account.calls, self.account.probes
        self.socket.close()


def settings(base: pj.AccountConfig, sip: SipSettings) -> pj.AccountConfig:
    """The settings of the browsers' account: DTLS-SRTP (RFC 5764), and one port for RTP and RTCP (RFC 5761)."""
    sound_by(base, IPV4)
    media = base.mediaConfig
    media.srtpUse, media.srtpSecureSignaling = pj.PJMEDIA_SRTP_MANDATORY, 0
    media.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_DTLS_SRTP)
    media.rtcpMuxEnabled, media.lockCodecEnabled = True, False
    media.transportConfig.boundAddress = sip.address
    return base
