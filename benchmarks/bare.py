"""A phone of pjsua2 and nothing else, controlled by lines on its standard input: call URI, answer, hangup."""

import ctypes
import select
import signal
import sys

import pjsua2 as pj

NULL = "null"
HOST, CODECS = "127.0.0.1", ("opus", "PCMA")
POLL_MS = 50


class Call(pj.Call):
    """A call that plays a file to the far end."""

    phone: "Phone"

    def onCallState(self, prm: object) -> None:  # noqa: N802, ARG002
        """Print its state, and drop it when it is over."""
        state = self.getInfo().state
        if state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.over.append(self)

    def onCallMediaState(self, prm: object) -> None:  # noqa: N802, ARG002
        """Connect the file and the received sound."""
        media = self.getAudioMedia(-1)
        self.phone.player.startTransmit(media)
        media.startTransmit(self.phone.endpoint.audDevManager().getPlaybackDevMedia())


class Account(pj.Account):
    """Accepts every call."""

    phone: "Phone"

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        """Ring, from outside the callback."""
        call = Call(self, prm.callId)
        call.phone = self.phone
        self.phone.came.append(call)


class Phone:
    """The whole phone, in one thread: one poll() on pjsip's descriptor and standard input."""

    def __init__(self, microphone: str, speaker: str) -> None:
        self.came: list[Call] = []
        self.over: list[Call] = []
        self.calls: list[Call] = []
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
        config.medConfig.noVad, config.medConfig.ecTailLen = True, 0
        config.logConfig.consoleLevel = config.logConfig.level = 0
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port, transport.boundAddress = 0, HOST
        number = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        for codec in self.endpoint.codecEnum2():
            name = str(codec.codecId).partition("/")[0]
            self.endpoint.codecSetPriority(codec.codecId, 200 - CODECS.index(name) if name in CODECS else 0)
        self.endpoint.libStart()
        self.open(speaker)
        self.address = str(self.endpoint.transportGetInfo(number).localName)
        account = pj.AccountConfig()
        account.idUri = f"sip:bare@{self.address}"
        account.mediaConfig.transportConfig.boundAddress = HOST
        self.account = Account()
        self.account.phone = self
        self.account.create(account)
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(microphone, 0)

    def open(self, speaker: str) -> None:
        """Play on that ALSA PCM during a call, or nowhere."""
        manager = self.endpoint.audDevManager()
        if speaker == NULL:
            manager.setNullDev()
            return
        devices = manager.enumDev2()  # kept while its parts are read
        number = [str(device.name) for device in devices].index(speaker)
        manager.setEcOptions(0, 0)
        manager.setCaptureDev(number)
        manager.setPlaybackDev(number)
        manager.setSndDevMode(pj.PJSUA_SND_DEV_SPEAKER_ONLY)

    def run(self) -> None:
        """Run until end of file or SIGTERM."""
        poller = select.poll()
        poller.register(ctypes.c_int.from_address(self.endpoint.libGetSipIoqueueHandle()).value, select.POLLIN)
        poller.register(0, select.POLLIN)
        alive = True

        def end(*_: object) -> None:
            nonlocal alive
            alive = False

        signal.signal(signal.SIGTERM, end)
        print(f"ready {self.address}", flush=True)  # noqa: T201 - its output protocol
        while alive:
            said = any(number == 0 for number, _ in poller.poll(POLL_MS))
            self.endpoint.libHandleEvents(0)
            if said:
                alive = self.perform(sys.stdin.readline().split())
            while self.came:
                call = self.came.pop()
                self.calls.append(call)
                call.answer(parameters(180))
            while self.over:
                self.calls.remove(self.over.pop())
        self.calls.clear()
        self.account.shutdown()
        del self.player, self.account
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def perform(self, words: list[str]) -> bool:
        """Perform a line; returns whether to continue."""
        match words:
            case ["call", uri]:
                call = Call(self.account)
                call.phone = self
                self.calls.append(call)
                call.makeCall(uri, parameters(0))
            case ["answer"]:
                self.calls[-1].answer(parameters(200))
            case ["hangup"]:
                self.calls[-1].hangup(parameters(0))
            case _:
                pass
        return bool(words)


def parameters(code: int) -> pj.CallOpParam:
    """Parameters of a call or an answer: sound only."""
    made = pj.CallOpParam(True)
    made.statusCode = code
    made.opt.videoCount = made.opt.textCount = 0
    return made


if __name__ == "__main__":
    Phone(*sys.argv[1:]).run()
