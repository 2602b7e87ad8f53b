# What we use of pjsua2 2.17 (SWIG), written by hand.
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PJSUA_INVALID_ID: int
PJSUA_CALL_UNHOLD: int
PJSUA_SIP_TIMER_OPTIONAL: int
PJSUA_100REL_OPTIONAL: int
PJSUA_CALL_REINIT_MEDIA: int
PJSUA_CALL_UPDATE_CONTACT: int
PJSUA_CALL_UPDATE_VIA: int
PJSUA_DESTROY_NO_RX_MSG: int
PJSUA_SND_DEV_SPEAKER_ONLY: int
PJSUA_DTMF_METHOD_RFC2833: int
PJSUA_DTMF_METHOD_SIP_INFO: int
PJSUA_CALL_MEDIA_NONE: int
PJSUA_CALL_MEDIA_ERROR: int
PJMEDIA_TYPE_AUDIO: int
PJMEDIA_DIR_ENCODING: int
PJMEDIA_DIR_DECODING: int
PJMEDIA_ECHO_AGGRESSIVENESS_CONSERVATIVE: int
PJMEDIA_ECHO_HALF_DUPLEX: int
PJMEDIA_ECHO_USE_NOISE_SUPPRESSOR: int
PJMEDIA_ECHO_WEBRTC_AEC3: int
PJMEDIA_FILE_NO_LOOP: int
PJMEDIA_EVENT_AUD_DEV_ERROR: int
PJSIP_TRANSPORT_UDP: int
PJSIP_TRANSPORT_TCP: int
PJSIP_TRANSPORT_TLS: int
PJSIP_TRANSPORT_UDP6: int
PJSIP_TRANSPORT_TCP6: int
PJSIP_TRANSPORT_TLS6: int
PJSUA_IPV6_DISABLED: int
PJSUA_STUN_USE_DEFAULT: int
PJSUA_STUN_USE_DISABLED: int
PJSUA_IPV6_ENABLED_USE_IPV6_ONLY: int
PJSIP_TP_STATE_DISCONNECTED: int
PJ_SSL_SOCK_PROTO_TLS1_2: int
PJ_SSL_SOCK_PROTO_TLS1_3: int
PJ_SSL_CERT_EISSUER_NOT_FOUND: int
PJ_SSL_CERT_EISSUER_MISMATCH: int
PJ_SSL_CERT_EUNTRUSTED: int
PJ_SSL_CERT_EVALIDITY_PERIOD: int
PJ_SSL_CERT_EIDENTITY_NOT_MATCH: int
PJMEDIA_SRTP_DISABLED: int
PJMEDIA_SRTP_OPTIONAL: int
PJMEDIA_SRTP_MANDATORY: int
PJMEDIA_SRTP_KEYING_DTLS_SRTP: int
PJSIP_REDIRECT_REJECT: int
PJSIP_ROLE_UAC: int
PJSIP_ROLE_UAS: int
PJSIP_EVENT_TSX_STATE: int
PJSIP_EVSUB_STATE_TERMINATED: int
PJSIP_EVENT_RX_MSG: int
PJSIP_EVENT_TX_MSG: int
PJSIP_EVENT_TIMER: int
PJSIP_EVENT_TRANSPORT_ERROR: int
PJSIP_TSX_STATE_CALLING: int
PJSIP_TSX_STATE_TRYING: int
PJSIP_TSX_STATE_COMPLETED: int
PJSIP_TSX_STATE_PROCEEDING: int
PJSIP_TSX_STATE_TERMINATED: int
PJSIP_INV_STATE_EARLY: int
PJSIP_INV_STATE_CONNECTING: int
PJSIP_INV_STATE_CONFIRMED: int
PJSIP_INV_STATE_DISCONNECTED: int

class Error(Exception):
    status: int
    reason: str

class Vector(Generic[T]):
    def __iter__(self) -> Iterator[T]: ...
    def append(self, item: T) -> None: ...

# -- endpoint ---------------------------------------------------------------------------------------------------------

class UaConfig:
    threadCnt: int
    mainThreadOnly: bool
    maxCalls: int
    userAgent: str

class MediaConfig:
    quality: int
    noVad: bool
    ecTailLen: int
    jbMinPre: int
    sndPlayLatency: int
    sndRecLatency: int
    sndUseSwClock: bool
    sndAutoCloseTime: int

class LogConfig:
    level: int
    consoleLevel: int
    msgLogging: int
    filename: str
    fileFlags: int
    decor: int

class EpConfig:
    uaConfig: UaConfig
    medConfig: MediaConfig
    logConfig: LogConfig

class SockOpt:
    level: int
    optName: int
    def setOptValInt(self, value: int) -> None: ...

class SockOptParams:
    sockOpts: Vector[SockOpt]

class TlsConfig:
    CaListFile: str
    certFile: str
    privKeyFile: str
    verifyServer: bool
    proto: int
    ciphers: Vector[int]
    msecTimeout: int
    sockOptParams: SockOptParams

class TransportConfig:
    port: int
    portRange: int
    randomizePort: bool
    boundAddress: str
    sockOptParams: SockOptParams
    tlsConfig: TlsConfig

class TimeVal:
    sec: int

class SslCertName:
    name: str

class SslCertInfo:
    issuerCn: str
    issuerInfo: str
    subjectCn: str
    subjectAltName: Vector[SslCertName]
    validityStart: TimeVal
    validityEnd: TimeVal

class TlsInfo:
    remoteAddr: str
    remoteCertInfo: SslCertInfo
    verifyStatus: int
    verifyMsgs: Vector[str]
    def isEmpty(self) -> bool: ...

class OnTransportStateParam:
    type: str
    state: int
    tlsInfo: TlsInfo

class FloodLimits:
    perS: float
    atOnce: float
    shutS: float
    strangersPerS: float
    strangersAtOnce: float
    knownPerS: float
    knownAtOnce: float
    surplusPerS: float
    surplusAtOnce: float

class StringVector(Vector[str]): ...

class TransportInfo:
    localName: str

class CodecInfo:
    codecId: str

class MediaEvent:
    type: int

class OnMediaEventParam:
    ev: MediaEvent

class CodecOpusConfig:
    sample_rate: int
    packet_loss: int
    complexity: int

class Endpoint:
    @staticmethod
    def instance() -> Endpoint: ...
    def libCreate(self) -> None: ...
    def libInit(self, config: EpConfig) -> None: ...
    def libStart(self) -> None: ...
    def libDestroy(self, flags: int) -> None: ...
    def libHandleEvents(self, timeout_ms: int) -> int: ...
    def libGetSipIoqueueHandle(self) -> int: ...
    def libWakeHandle(self) -> int: ...
    def getCodecOpusConfig(self) -> CodecOpusConfig: ...
    def setCodecOpusConfig(self, config: CodecOpusConfig) -> None: ...
    def libNextTimer(self) -> int: ...
    def transportCreate(self, kind: int, config: TransportConfig) -> int: ...
    def transportGetInfo(self, transport: int) -> TransportInfo: ...
    def audDevManager(self) -> AudDevManager: ...
    def codecEnum2(self) -> Vector[CodecInfo]: ...
    def codecSetPriority(self, codec: str, priority: int) -> None: ...
    def hangupAllCalls(self) -> None: ...
    def floodsLimit(self, limits: FloodLimits) -> None: ...
    def farEndsServers(self, accountId: int, places: StringVector) -> None: ...
    def floodsKnow(self, addresses: StringVector) -> None: ...
    def farEnds(self) -> StringVector: ...
    def floodsShut(self) -> StringVector: ...
    def oversizedRefuse(self) -> None: ...
    def requestsRefused(self) -> StringVector: ...
    def answersDoubted(self) -> StringVector: ...
    def floodsDropped(self) -> int: ...
    def sendingKnow(self, addresses: StringVector) -> None: ...
    def natUpdateStunServers(self, prmServers: StringVector, prmWait: bool) -> None: ...
    def onMediaEvent(self, prm: OnMediaEventParam) -> None: ...
    def onTransportState(self, prm: OnTransportStateParam) -> None: ...
    def onSelectAccount(self, prm: OnSelectAccountParam) -> None: ...
    def onRejectedIncomingCall(self, prm: OnRejectedIncomingCallParam) -> None: ...

# -- account ----------------------------------------------------------------------------------------------------------

class SrtpOpt:
    keyings: list[int]

class AccountMediaConfig:
    transportConfig: TransportConfig
    ipv6Use: int
    srtpUse: int
    srtpSecureSignaling: int
    srtpOpt: SrtpOpt
    rtcpMuxEnabled: bool
    lockCodecEnabled: bool

class AccountRegConfig:
    registrarUri: str
    registerOnAdd: bool
    disableRegOnModify: bool
    timeoutSec: int
    retryIntervalSec: int
    firstRetryIntervalSec: int

class AuthCredInfo:
    def __init__(self, scheme: str, realm: str, username: str, data_type: int, data: str) -> None: ...

class AccountSipConfig:
    authCreds: Vector[AuthCredInfo]
    proxies: Vector[str]
    transportId: int
    ipv6Use: int

class AccountCallConfig:
    timerUse: int
    timerMinSESec: int
    timerSessExpiresSec: int
    prackUse: int

class AccountNatConfig:
    contactRewriteUse: int
    iceEnabled: bool
    sipStunUse: int
    mediaStunUse: int
    turnEnabled: bool
    turnUserName: str
    turnPassword: str
    iceAggressiveNomination: bool
    iceAlwaysUpdate: bool
    iceWaitNominationTimeoutMsec: int

class AccountConfig:
    idUri: str
    callConfig: AccountCallConfig
    mediaConfig: AccountMediaConfig
    natConfig: AccountNatConfig
    regConfig: AccountRegConfig
    sipConfig: AccountSipConfig

class SipRxData:
    wholeMsg: str
    srcAddress: str
    transport: str

class OnSelectAccountParam:
    rdata: SipRxData
    accountIndex: int

class OnRejectedIncomingCallParam:
    localInfo: str
    remoteInfo: str
    statusCode: int
    reason: str
    rdata: SipRxData

class OnIncomingCallParam:
    callId: int
    rdata: SipRxData

class OnIncomingSubscribeParam:
    rdata: SipRxData
    code: int

class OnInstantMessageParam:
    contentType: str
    fromUri: str
    msgBody: str
    rdata: SipRxData

class OnInstantMessageStatusParam:
    code: int
    reason: str
    rdata: SipRxData
    toUri: str

class OnRegStateParam:
    code: int
    reason: str
    expiration: int
    rdata: SipRxData

class SendRequestParam:
    method: str
    txOption: SipTxOption

class OnSendRequestParam:
    userData: int
    e: SipEvent

class Account:
    def sendRequest(self, prm: SendRequestParam) -> None: ...
    def onSendRequest(self, prm: OnSendRequestParam) -> None: ...
    def create(self, config: AccountConfig) -> None: ...
    def modify(self, config: AccountConfig) -> None: ...
    def setRegistration(self, renew: bool) -> None: ...
    def getRegisteredContact(self) -> str: ...
    def setRegisteredContact(self, contact: str) -> None: ...
    def getId(self) -> int: ...
    def onRegState(self, prm: OnRegStateParam) -> None: ...
    def shutdown(self) -> None: ...
    def onIncomingSubscribe(self, prm: OnIncomingSubscribeParam) -> None: ...
    def onInstantMessage(self, prm: OnInstantMessageParam) -> None: ...
    def onInstantMessageStatus(self, prm: OnInstantMessageStatusParam) -> None: ...
    def onIncomingCall(self, prm: OnIncomingCallParam) -> None: ...

class BuddyConfig:
    uri: str

class BuddyInfo:
    subState: int

class OnBuddyEvSubStateParam:
    e: SipEvent

class Buddy:
    def getInfo(self) -> BuddyInfo: ...
    def subscribePresence(self, subscribe: bool) -> None: ...
    def subscribeDlgEvent(self, subscribe: bool) -> None: ...
    def onBuddyEvSubState(self, prm: OnBuddyEvSubStateParam) -> None: ...
    def onBuddyEvSubDlgEventState(self, prm: OnBuddyEvSubStateParam) -> None: ...
    def create(self, account: Account, config: BuddyConfig) -> None: ...
    def sendInstantMessage(self, prm: SendInstantMessageParam) -> None: ...

# -- call -------------------------------------------------------------------------------------------------------------

class SipHeader:
    hName: str
    hValue: str

class SipTxOption:
    contentType: str
    targetUri: str
    headers: Vector[SipHeader]
    msgBody: str

class SendInstantMessageParam:
    content: str
    contentType: str
    txOption: SipTxOption

class CallSendRequestParam:
    method: str
    txOption: SipTxOption

class CallSendDtmfParam:
    method: int
    duration: int
    digits: str

class CallSetting:
    flag: int
    textCount: int
    videoCount: int

class CallOpParam:
    statusCode: int
    reason: str
    opt: CallSetting
    txOption: SipTxOption
    sdp: SdpSession
    def __init__(self, use_default_call_setting: bool = ...) -> None: ...

class SipTransaction:
    method: str
    role: int
    state: int
    statusCode: int
    statusText: str

class SipTxData:
    wholeMsg: str
    dstAddress: str

class TsxStateEventSrc:
    rdata: SipRxData
    tdata: SipTxData

class TsxStateEvent:
    type: int
    prevState: int
    tsx: SipTransaction
    src: TsxStateEventSrc

class RxMsgEvent:
    rdata: SipRxData

class SipEventBody:
    tsxState: TsxStateEvent
    rxMsg: RxMsgEvent

class SipEvent:
    type: int
    body: SipEventBody

class OnCallStateParam:
    e: SipEvent

class OnCallTsxStateParam:
    e: SipEvent

class OnCallMediaStateParam: ...

class OnDtmfEventParam:
    digit: str
    duration: int
    flags: int
    method: int
    timestamp: int

class OnStreamDestroyedParam:
    streamIdx: int

class SdpSession:
    wholeSdp: str

class OnCallRxReinviteParam:
    offer: SdpSession
    rdata: SipRxData
    isAsync: bool

class OnCallRxOfferParam:
    offer: SdpSession
    rdata: SipRxData
    statusCode: int

class OnCallSdpCreatedParam:
    sdp: SdpSession
    remSdp: SdpSession

class OnCallTransferRequestParam:
    dstUri: str
    statusCode: int

class OnCallTransferStatusParam:
    statusCode: int
    reason: str
    finalNotify: bool
    cont: bool

class OnCallRedirectedParam:
    targetUri: str

class OnCallReplaceRequestParam:
    rdata: SipRxData
    statusCode: int

class CallMediaInfo:
    index: int
    type: int
    dir: int
    status: int

class CallInfo:
    state: int
    lastStatusCode: int
    lastReason: str
    remoteUri: str
    localUri: str
    media: Vector[CallMediaInfo]

class StreamInfo:
    remoteRtpAddress: str
    audTxEventPt: int
    codecName: str
    codecClockRate: int

class MathStat:
    n: int
    last: int
    mean: int

class RtcpStreamStat:
    pkt: int
    bytes: int
    loss: int
    jitterUsec: MathStat

class RtcpStat:
    rxStat: RtcpStreamStat
    txStat: RtcpStreamStat
    rttUsec: MathStat

class JbufState:
    avgDelayMsec: int

class StreamStat:
    rtcp: RtcpStat
    jbuf: JbufState
    source: str
    ssrc: int
    txSilentMsec: int
    rxSilentMsec: int
    rxFrames: int
    rxOtherType: int
    rxUnreadable: int
    rxUndecrypted: int
    txSeconds: int
    txRms: int
    txVoiceMsec: int
    rxSeconds: int
    rxRms: int
    rxVoiceMsec: int

class Call:
    def __init__(self, account: Account, call_id: int = ...) -> None: ...
    def getId(self) -> int: ...
    def getInfo(self) -> CallInfo: ...
    def getAudioMedia(self, index: int) -> AudioMedia: ...
    def getStreamInfo(self, index: int) -> StreamInfo: ...
    def getStreamStat(self, index: int) -> StreamStat: ...
    def makeCall(self, uri: str, prm: CallOpParam) -> None: ...
    def answer(self, prm: CallOpParam) -> None: ...
    def hangup(self, prm: CallOpParam) -> None: ...
    def setHold(self, prm: CallOpParam) -> None: ...
    def reinvite(self, prm: CallOpParam) -> None: ...
    def dump(self, with_media: bool, indent: str) -> str: ...
    def xfer(self, dest: str, prm: CallOpParam) -> None: ...
    def xferReplaces(self, dest: Call, prm: CallOpParam) -> None: ...
    def sendDtmf(self, param: CallSendDtmfParam) -> None: ...
    def sendInstantMessage(self, prm: SendInstantMessageParam) -> None: ...
    def sendRequest(self, prm: CallSendRequestParam) -> None: ...
    def onInstantMessage(self, prm: OnInstantMessageParam) -> None: ...
    def onInstantMessageStatus(self, prm: OnInstantMessageStatusParam) -> None: ...
    def onCallState(self, prm: OnCallStateParam) -> None: ...
    def onCallTsxState(self, prm: OnCallTsxStateParam) -> None: ...
    def onCallMediaState(self, prm: OnCallMediaStateParam) -> None: ...
    def onDtmfEvent(self, prm: OnDtmfEventParam) -> None: ...
    def onStreamDestroyed(self, prm: OnStreamDestroyedParam) -> None: ...
    def onCallTransferStatus(self, prm: OnCallTransferStatusParam) -> None: ...
    def onCallTransferRequest(self, prm: OnCallTransferRequestParam) -> None: ...
    def onCallRedirected(self, prm: OnCallRedirectedParam) -> int: ...
    def onCallReplaceRequest(self, prm: OnCallReplaceRequestParam) -> None: ...

# -- media ------------------------------------------------------------------------------------------------------------

class AudioDevInfo:
    name: str
    driver: str

class AudDevManager:
    def setNoDev(self) -> object: ...
    def setNullDev(self) -> None: ...
    def setCaptureDev(self, device: int) -> None: ...
    def setPlaybackDev(self, device: int) -> None: ...
    def setSndDevMode(self, mode: int) -> None: ...
    def setEcOptions(self, tail_ms: int, options: int) -> None: ...
    def refreshDevs(self) -> None: ...
    def enumDev2(self) -> Vector[AudioDevInfo]: ...
    def getCaptureDevMedia(self) -> AudioMedia: ...
    def getPlaybackDevMedia(self) -> AudioMedia: ...
    def getXruns(self, playback: bool) -> int: ...
    def discardQueued(self) -> None: ...
    def forgetEcho(self) -> None: ...

class MediaFormatAudio:
    clockRate: int
    channelCount: int

class ConfPortInfo:
    format: MediaFormatAudio

class AudioMediaPlayerInfo:
    sizeSamples: int

class AudioMediaTransmitParam:
    level: float

class AudioMedia:
    def adjustTxLevel(self, level: float) -> None: ...
    def getPortId(self) -> int: ...
    def getPortInfo(self) -> ConfPortInfo: ...
    def getRxLevel(self) -> int: ...
    def startTransmit(self, sink: AudioMedia) -> None: ...
    def startTransmit2(self, sink: AudioMedia, param: AudioMediaTransmitParam) -> None: ...
    def stopTransmit(self, sink: AudioMedia) -> None: ...

class AudioMediaPlayer(AudioMedia):
    def getInfo(self) -> AudioMediaPlayerInfo: ...
    def createPlayer(self, file_name: str, options: int = ...) -> None: ...

class AudioMediaRecorder(AudioMedia):
    def createRecorder(self, file_name: str) -> None: ...

class AudioMediaStereoRecorder(AudioMedia):
    def createRecorder(self, file_name: str) -> None: ...
    def getRight(self) -> AudioMedia: ...

class ToneDesc:
    freq1: int
    freq2: int
    on_msec: int
    off_msec: int
    volume: int

class ToneDescVector(Vector[ToneDesc]): ...

class ToneDigit:
    digit: str
    on_msec: int
    off_msec: int
    volume: int

class ToneDigitVector(Vector[ToneDigit]): ...

class ToneGenerator(AudioMedia):
    def createToneGenerator(self, clock_rate: int = ..., channels: int = ...) -> None: ...
    def play(self, tones: ToneDescVector, loop: bool = ...) -> None: ...
    def playDigits(self, digits: ToneDigitVector, loop: bool = ...) -> None: ...
    def stop(self) -> None: ...

class HeardDigit:
    digit: str
    begin: int
    end: int

class HeardDigitVector(Vector[HeardDigit]): ...

class DtmfDetector(AudioMedia):
    def createDtmfDetector(self, twist: int = ..., reverseTwist: int = ..., threshold: int = ...) -> None: ...
    def take(self) -> HeardDigitVector: ...

class IntVector(Vector[int]): ...

class HeardTone:
    pattern: int
    begin: int
    end: int
    freq1: int
    freq2: int

class HeardToneVector(Vector[HeardTone]): ...

class ToneListener(AudioMedia):
    def addPattern(self, freq1: int, freq2: int, on: IntVector, off: IntVector) -> None: ...
    def createToneListener(self) -> None: ...
    def take(self) -> HeardToneVector: ...
    def answerer(self) -> str: ...
