"""Converts pjsua2's data to ours: clean texts, addresses, headers, codecs."""

import re

import pjsua2 as pj

from appliance.core.inputs.bounds import SHOWN
from appliance.core.model import Codec, Content

ADDRESS = re.compile(r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^<"]*?))\s*<(?P<uri>[^>]*)>')
NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # surrogates that stand for no byte (PEP 383)
JOINERS = "\u200c\u200d"  # parts of words and of emoji, though not printable by themselves
PASSWORD = re.compile(r"^(sips?:[^@:;?]*):[^@]*@", re.IGNORECASE)
ANSWER_AFTER = re.compile(r";\s*answer-after\s*=\s*(\d{1,3})\b", re.IGNORECASE)
AUTO_ANSWER = re.compile(r"(?:^|info\s*=\s*\"?)\s*(?:(?:alert|ring)[- ])?(?:auto[- ]?)?answer\b", re.IGNORECASE)
INTERCOM = re.compile(r"\binfo\s*=\s*\"?intercom\b|;\s*auto-answer\b", re.IGNORECASE)
DELAY = re.compile(r";\s*delay\s*=\s*(\d{1,3})\b", re.IGNORECASE)
BRACKETED = re.compile(r"<([^<>]*)>")
ESCAPED = re.compile(r"\\(.)")
# pjsip accepts a single CR or LF as a line end as well
LINE_END = r"(?:\r\n|\n|\r(?!\n))"
LINE, FOLD, BLANK = re.compile(LINE_END), re.compile(LINE_END + r"[ \t]+"), re.compile(LINE_END + "{2}")
OPUS_HZ = 48000
NAMES = {name.lower(): name for name in SHOWN}
COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
"""Compact names of headers (RFC 3261 §7.3.3, and IANA's registry for those that came later)."""


Headers = tuple[tuple[str, str], ...]


def clean(text: str) -> str:
    """Valid UTF-8 in one line: a peer's text may hold any byte (as surrogates) and control characters."""
    if text.isascii() and text.isprintable():  # the usual case
        return text.strip()
    text = NO_BYTE.sub("\ufffd", text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in JOINERS else " " for each in text).strip()


def text(raw: str) -> str:
    """Valid UTF-8 in any number of lines: the body of a message."""
    return "\n".join(clean(line) for line in raw.replace("\r\n", "\n").split("\n"))


def content(message: str) -> Content:
    """The content of a message, and its headers."""
    kind = header(message, "Content-Type").partition(";")[0]
    return Content(clean(kind).lower(), text(body(message)), own_headers(message))


def to_header(name: str, value: str) -> pj.SipHeader:
    """A header for our message, in one line: a line end would begin another header."""
    made = pj.SipHeader()
    made.hName, made.hValue = clean(name), clean(value)
    return made


def address(header: str) -> tuple[str, str]:
    """URI without brackets, and display name, of a From, To or Contact value (RFC 3261 §20.10)."""
    found = ADDRESS.match(header)
    if found is None:
        return clean(header.partition(";")[0]), ""
    name = ESCAPED.sub(r"\1", found["quoted"]) if found["quoted"] is not None else found["token"]
    return clean(found["uri"]), clean(name)


def party(header: str) -> tuple[str, str]:
    """URI and display name of a From or To value, for people: without a password in the URI (RFC 3261 §19.1.1)."""
    uri, name = address(header)
    return PASSWORD.sub(r"\1@", uri), name


def split(message: str) -> tuple[str, str]:
    """Head and body of a SIP message."""
    head, *rest = BLANK.split(message, maxsplit=1)
    return head, rest[0] if rest else ""


def body(message: str) -> str:
    """The body of a SIP message, as far as its Content-Length reaches (RFC 3261 §18.3)."""
    rest, length = split(message)[1], header(message, "Content-Length")
    if not (length.isascii() and length.isdigit()):
        return rest
    return rest.encode("utf-8", "surrogateescape")[: int(length[:9])].decode("utf-8", "surrogateescape")


def headers(message: str) -> list[tuple[str, str]]:
    """Long names and values of a SIP message's headers, folded lines joined (RFC 3261 §7.3.1)."""
    lines = LINE.split(FOLD.sub(" ", split(message)[0]))[1:]
    pairs = (line.partition(":") for line in lines)
    return [(long_name(clean(name)), clean(value)) for name, colon, value in pairs if colon]


def long_name(name: str) -> str:
    """The long name of a header."""
    return COMPACT.get(name.lower(), name)


def header(message: str, wanted: str) -> str:
    """The first value of a header, "" without the header."""
    return next((value for name, value in headers(message) if name.lower() == wanted.lower()), "")


def request_uri(message: str) -> str:
    """The URI in a request's first line (RFC 3261 §7.1), "" without one."""
    words = LINE.split(message, maxsplit=1)[0].split(" ")
    return clean(words[1]) if len(words) > 1 else ""


def transport(message: str) -> str:
    """The transport of a message's last hop (RFC 3261 §18.1.1), in lower case."""
    return header(message, "Via").partition(" ")[0].rpartition("/")[2].lower()


def own_headers(message: str) -> Headers:
    """The headers of a message that events show; the lines of one name joined (RFC 3261 §7.3.1)."""
    found: dict[str, list[str]] = {}
    for name, value in headers(message):
        known = name if name[:2].upper() == "X-" else NAMES.get(name.lower())
        if known is not None:
            found.setdefault(known, []).append(value)
    return tuple((name, ", ".join(values)) for name, values in found.items())


def diverted(message: str) -> tuple[str, ...]:
    """The addresses that diverted the call: from Diversion (RFC 5806), else from History-Info (RFC 7044)."""
    found: dict[str, list[str]] = {"diversion": [], "history-info": []}
    for name, value in headers(message):
        if name.lower() in found:
            found[name.lower()] += [clean(uri) for uri in BRACKETED.findall(value)]
    # the last entry of History-Info is the present destination
    return tuple(found["diversion"] or found["history-info"][:-1])


def answer_after(message: str) -> float | None:
    """In how many seconds the caller requests an automatic answer; None if it does not.

    By answer-after in Call-Info or Alert-Info, as most telephones and PBXs send, by an Alert-Info that names it, by
    Answer-Mode or Priv-Answer-Mode (RFC 5373), or by P-Auto-Answer.
    """
    for name, value in headers(message):
        match name.lower():
            case "call-info" | "alert-info" if found := ANSWER_AFTER.search(value):
                return float(found[1])
            case "alert-info" if AUTO_ANSWER.search(value) or INTERCOM.search(value):
                return float(found[1]) if (found := DELAY.search(value)) else 0.0
            case "answer-mode" | "priv-answer-mode" if value.partition(";")[0].strip().lower() == "auto":
                return 0.0
            case "p-auto-answer" if value.partition(";")[0].strip().lower() == "normal":
                return 0.0
    return None


def expires(message: str) -> float | None:
    """The seconds for which a request is valid, by its Expires (RFC 3261 §20.19); None without a readable Expires."""
    value = header(message, "Expires")
    return float(value) if re.fullmatch(r"[0-9]{1,10}", value) else None


def received(event: pj.SipEvent) -> str:
    """The message behind a transaction's event, "" if a timer or a lost transport caused it."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return ""
    return str(event.body.tsxState.src.rdata.wholeMsg)


def nothing_came(event: pj.SipEvent) -> bool:
    """Whether pjsip made up a final response because a timer expired or the transport failed."""
    return event.type == pj.PJSIP_EVENT_TSX_STATE and event.body.tsxState.type in {
        pj.PJSIP_EVENT_TIMER,
        pj.PJSIP_EVENT_TRANSPORT_ERROR,
    }


def codec(stream: pj.StreamInfo) -> Codec:
    """The codec of a stream, its name as in SDP; the clock rate is the audio's (G.722: 16 kHz, though SDP says 8).

    For Opus it is the clock rate of its RTP (RFC 7587 §4.1), as pjsua2 reports its own decoder's rate.
    """
    name = clean(stream.codecName)
    return Codec(name=name, clock_rate_hz=OPUS_HZ if name == "opus" else int(stream.codecClockRate))
