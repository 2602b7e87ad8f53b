"""The changes that an offer requests (RFC 3264 §8): direction, codec, address."""

import re
from collections.abc import Collection

from appliance.base.record import Record
from appliance.core.model import SoundRefusal, UpdateChange
from appliance.sip.stack.translate import clean

# RFC 3551 §6, as far as telephones offer them
STATIC = {"0": "PCMU", "3": "GSM", "4": "G723", "8": "PCMA", "9": "G722", "13": "CN", "15": "G728", "18": "G729"}
NO_CODECS = {"telephone-event", "cn"}  # RFC 4733, RFC 3389
MOST_NAMED = LONGEST_NAME = 32
MEDIA = re.compile(r"^m=audio (?P<port>\d+)(?:/\d+)? [A-Z/]+(?P<formats>[ \d]*)", re.MULTILINE)
SOUND = re.compile(r"^m=audio (?P<port>\d+)(?:/\d+)? (?P<profile>\S+)", re.MULTILINE)
CRYPTO = re.compile(r"^a=crypto:", re.MULTILINE)
# Tag, suite and key of a line (RFC 4568 §9.1) that can be served: a lifetime, the hint WSH and extensions that begin
# with "-" may be ignored, and nothing else (packaging/pjsua2/patches/sdes-lines-not-served.patch).
SERVED = re.compile(
    r"^a=crypto:(\d+) +(\S+) +inline:([^\s|;]+)(?:\|[^\s|:;]*)?(?: +(?:WSH=\S*|-\S+))* *\r?$", re.MULTILINE
)
FINGERPRINT = re.compile(r"^a=fingerprint:", re.MULTILINE)
DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\b", re.MULTILINE)
CONNECTION = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
CANDIDATE = re.compile(r"^a=candidate:", re.MULTILINE)
NAME = re.compile(r"^a=rtpmap:(\d+) ([^/\s]+)/", re.MULTILINE)
NOWHERE = {"0.0.0.0", "::"}  # noqa: S104 - the old way to hold (RFC 3264 §8.4)


class OfferedAudio(Record):
    """A far end's side of a call's sound: its codec, its address:port for RTP ("" unknown), whether it holds.

    sends: whether it sends; None while we hold, as it then must not.
    """

    codec: str
    address: str
    held: bool
    sends: bool | None = True


def audio(sdp: str, ours: tuple[str, ...], used: int | None = None) -> OfferedAudio | None:
    """The audio stream of a session description (RFC 8866), None without one.

    Its codec is the first offered codec that is among `ours`: the answer will choose it. used: see `_stream`.
    """
    media = _stream(MEDIA, sdp, used)
    if media is None:
        return None
    session, own = sdp[: media.start()], sdp[media.start() :].partition("\nm=")[0]
    direction = DIRECTION.search(own) or DIRECTION.search(session)
    connection = CONNECTION.search(own) or CONNECTION.search(session)
    host = connection[1] if connection else ""
    known = (codec for codec in _codecs(media, own) if codec.lower() in {each.lower() for each in ours})
    written = f"[{host}]" if ":" in host else host
    held = host in NOWHERE or (direction is not None and direction[1] in {"sendonly", "inactive"})
    sends = direction is None or direction[1] in {"sendrecv", "sendonly"}
    address = "" if host in NOWHERE or not host else f"{written}:{media['port']}"
    return OfferedAudio(next(known, ""), address, held, sends)


def _stream(lines: re.Pattern[str], sdp: str, used: int | None = None) -> re.Match[str] | None:
    """The audio stream that counts: line `used` of the media, or else the first one, and none that was refused."""
    found = lines.finditer(sdp)
    return min(found, key=lambda each: (each["port"] == "0", sdp.count("\nm=", 0, each.start()) != used), default=None)


def offered(sdp: str) -> tuple[str, ...]:
    """Return the names of the codecs of the first audio stream, in its order; () without a stream.

    Names of formats that are no codecs are left out: digits and comfort noise.
    """
    media = MEDIA.search(sdp)
    if media is None:
        return ()
    names = _codecs(media, sdp[media.start() :].partition("\nm=")[0])
    named = (clean(name)[:LONGEST_NAME] for name in names if name and name.lower() not in NO_CODECS)
    return tuple(dict.fromkeys(named))[:MOST_NAMED]


def _codecs(media: re.Match[str], own: str) -> list[str]:
    names = {**STATIC, **dict(NAME.findall(own))}
    return [names.get(each, "") for each in media["formats"].split()]


def refusal(offer: str, answer: str, ours: tuple[str, ...]) -> SoundRefusal | None:
    """How the answer to our offer, which had the codecs `ours`, refuses its sound; None if it takes a codec."""
    if not answer:
        return SoundRefusal.NO_ANSWER
    offered, media = _stream(SOUND, offer), _stream(SOUND, answer)
    if media is None:
        return SoundRefusal.NO_AUDIO
    if media["port"] == "0":
        return SoundRefusal.PORT_ZERO
    profile, wanted = media["profile"], "" if offered is None else offered["profile"]
    # Asterisk's WebRTC endpoints answer RTP/AVP by RTP/AVP, and then send DTLS only
    dtls = "TLS" in profile or FINGERPRINT.search(answer) is not None
    crypto, asked = CRYPTO.search(answer) is not None, CRYPTO.search(offer) is not None
    unserved = crypto and asked and not (served(answer) & served(offer))
    unasked = (dtls and not FINGERPRINT.search(offer)) or ("SAVP" in profile and not (dtls or asked))
    if unasked or unserved or ("SAVP" in wanted and not (crypto or dtls)):
        return SoundRefusal.ENCRYPTION
    found = audio(answer, ours)
    return SoundRefusal.OTHER_CODEC if found is not None and not found.codec else None


def served(sdp: str) -> set[tuple[str, str, int]]:
    """Tag, suite and length of the key of each crypto line that can be served; an answer has those of its offer."""
    return {(tag, suite.upper(), len(key.rstrip("="))) for tag, suite, key in SERVED.findall(sdp)}


def unreachable(sdp: str, versions: Collection[int]) -> bool:
    """Whether its sound is at an address of an IP version that we do not use; ICE may have other addresses."""
    found = audio(sdp, ())
    if found is None or not found.address or CANDIDATE.search(sdp):
        return False
    return (6 if found.address.startswith("[") else 4) not in versions


def changes(now: OfferedAudio, wanted: OfferedAudio) -> tuple[UpdateChange, ...]:
    """Return the differences between two offers: hold or resume, codec, address."""
    found = []
    if now.held != wanted.held:
        found.append(UpdateChange.HOLD if wanted.held else UpdateChange.RESUME)
    elif not wanted.held and now.sends is not None and now.sends != wanted.sends:
        found.append(UpdateChange.DIRECTION)
    if now.codec and now.codec.lower() != wanted.codec.lower():  # none yet in a call that was held from its first offer
        found.append(UpdateChange.CODEC)
    if now.address and wanted.address and now.address != wanted.address:
        found.append(UpdateChange.ADDRESS)
    return tuple(found)


def preferring(sdp: str, codec: str) -> str:
    """Return the session description with `codec` first in its list of audio codecs."""
    names = {**STATIC, **dict(NAME.findall(sdp))}

    def sort(media: re.Match[str]) -> str:
        formats = sorted(media["formats"].split(), key=lambda each: names.get(each, "").lower() != codec.lower())
        return f"{media[0].removesuffix(media['formats'])} {' '.join(formats)}"

    return MEDIA.sub(sort, sdp)


def on_hold(sdp: str) -> str:
    """Return the session description with our side on hold: it only sends, or nothing flows (RFC 3264 §8.4)."""
    return sdp.replace("a=sendrecv", "a=sendonly").replace("a=recvonly", "a=inactive")
