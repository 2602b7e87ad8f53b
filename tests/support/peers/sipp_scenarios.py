"""SIPp scenarios, made of a few messages and steps and written out as XML. SCENARIOS: name -> steps by options.

Names: uac-… calls the party under test, uas-… is called by it. Every scenario checks what it receives; what it does not
expect ends the call as failed, and SIPp with status 1.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

TAG = "[pid]T[call_number]"
CONTACT = (
    "Contact: <sip:[$user]@[local_ip]:[local_port];transport=[transport]>\n"
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"
)
TRUE = ' {}="true"'


def sdp(direction: str = "sendrecv", version: int = 1, codecs: str = "8 0") -> str:
    """Direction as in RFC 3264; "zero" is the old hold by c=0.0.0.0.

    An answer gives one codec only: on several, pjsua sends an UPDATE or re-INVITE to settle on one.
    """
    zero = direction == "zero"
    address, direction = ("IP4 0.0.0.0", "sendrecv") if zero else ("IP[media_ip_type] [media_ip]", direction)
    return (
        f"v=0\no=sipp 1 {version} IN IP[media_ip_type] [media_ip]\ns=-\nc=IN {address}\nt=0 0\n"
        f"m=audio [media_port] RTP/AVP {codecs} 101\n"
        f"a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na={direction}\n"
    )


def sdp_without_events() -> str:
    """For G.711 A-law that `plays` sends, and nothing that announces digits."""
    return (
        "v=0\no=sipp 1 1 IN IP[media_ip_type] [media_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n"
        "m=audio [rtpstream_audio_port] RTP/AVP 8\na=sendrecv\n"
    )


def sdp_by_ice() -> str:
    """With candidates (RFC 8839) that nobody is at."""
    candidates = "".join(
        f"a=candidate:1 {component} UDP {2130706432 - component} [media_ip] {port} typ host\n"
        for component, port in ((1, 40), (2, 41))
    )
    body = sdp(codecs="8").replace("[media_port]", "40")
    return f"{body}a=ice-ufrag:dead\na=ice-pwd:nobodyanswershereever12\n{candidates}"


def _send(head: str, body: str = "", kind: str = "application/sdp", retransmit: bool = True) -> str:
    content = f"Content-Type: {kind}\n" if body else ""
    retrans = ' retrans="500"' if retransmit else ""
    return f"<send{retrans}><![CDATA[\n{head.strip()}\n{content}Content-Length: [len]\n\n{body}]]></send>"


def _request(
    method: str,
    uri: str,
    sender: str,
    to: str,
    headers: str = "",
    body: str = "",
    kind: str = "application/sdp",
) -> str:
    contact = CONTACT + "\n" if method in ("INVITE", "REGISTER", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY") else ""
    return _send(
        f"{method} {uri} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        f"From: {sender}\nTo: {to}\nCall-ID: [call_id]\nCSeq: [cseq] {method}\n{contact}Max-Forwards: 70\n{headers}",
        body,
        kind,
        retransmit=method != "ACK",
    )


REMOTE = "sip:[service]@[remote_ip]:[remote_port]"
FROM = "[$display_name]<sip:[$user]@[local_ip]:[local_port]>"


def first(method: str = "INVITE", headers: str = "", body: str = "", kind: str = "application/sdp") -> str:
    """A request outside a dialog."""
    return _request(
        method,
        f"{REMOTE};transport=[transport]",
        f"{FROM};tag={TAG}",
        f"<{REMOTE}>",
        headers,
        body,
        kind,
    )


def caller(method: str, headers: str = "", body: str = "", kind: str = "application/sdp") -> str:
    """A request in the dialog that we began."""
    return _request(
        method,
        REMOTE,
        f"{FROM};tag={TAG}",
        f"<{REMOTE}>[peer_tag_param]",
        "[routes]\n" + headers,
        body,
        kind,
    )


def callee(method: str, headers: str = "", body: str = "", kind: str = "application/sdp") -> str:
    """A request in the dialog that the other side began (what `invited` kept)."""
    return _request(method, "[$contact]", f"[$to];tag={TAG}", "[$from]", "[routes]\n" + headers, body, kind)


def answer(status: str, body: str = "", headers: str = "", tag: bool = True, retransmit: bool = False) -> str:
    """A response to the latest request; `tag` only where that request began the dialog."""
    return _send(
        f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]{';tag=' + TAG if tag else ''}\n[last_Call-ID:]\n"
        f"[last_CSeq:]\n[last_Record-Route:]\n{CONTACT}\n{headers}",
        body,
        retransmit=retransmit,
    )


def ok(**kw: Any) -> str:
    return answer("200 OK", tag=False, **kw)


def recv(what: str, optional: bool = False, action: str = "", begins: bool = False) -> str:
    """`begins`: keeps route set and remote target of the dialog."""
    kind = "response" if what.isdigit() else "request"
    return (
        f'<recv {kind}="{what}"{TRUE.format("optional") if optional else ""}'
        f"{TRUE.format('rrs') if begins else ''}>{f'<action>{action}</action>' if action else ''}</recv>"
    )


def body_has(regexp: str) -> str:
    return f'<ereg regexp="{regexp}" search_in="msg" check_it="true" assign_to="seen"/>'


def pause(seconds: float) -> str:
    return f'<pause milliseconds="{int(seconds * 1000)}"/>'


def plays(sound: str) -> str:
    """A file of samples in A-law, by RTP from now on, once."""
    return f'<nop><action><exec rtp_stream="{sound},1,8,PCMA/8000"/></action></nop>'


TRYING = recv("100", optional=True)
PROVISIONAL = TRYING + recv("180", optional=True) + recv("183", optional=True)
KEEP = "".join(
    f'<ereg regexp="[^ ].*" search_in="hdr" header="{name}:" assign_to="{name.lower()}"/>'
    for name in ("From", "To", "CSeq", "Via")
)
# SIPp's own [next_url] takes a Contact's display name along
KEEP += '<ereg regexp="sip:[A-Za-z0-9@.:]*" search_in="hdr" header="Contact:" assign_to="contact"/>'
ANSWER_TO = {"sendonly": "recvonly", "inactive": "inactive", "zero": "recvonly"}
HELD = {"sendonly": "a=(recvonly|inactive)", "inactive": "a=inactive", "zero": "m=audio", "recvonly": "a=sendonly"}


def typed(o: SimpleNamespace) -> Iterator[Any]:
    """Digits by INFO, each once the one before was answered."""
    for digit in o.digits:
        info = caller("INFO", body=INFO.format(digit), kind="application/dtmf-relay")
        yield info.replace("branch=[branch]", "branch=[branch]-[cseq]")  # SIPp's own is that of a step
        yield recv("200")


def call(o: SimpleNamespace, body: str | None = None, ack_body: str = "") -> list[str]:
    return [
        first(headers="X-Floor: 2\n", body=sdp() if body is None else body),
        PROVISIONAL,
        recv("200", begins=True),
        caller("ACK", body=ack_body),
    ]


def bye(o: SimpleNamespace) -> list[str]:
    return [caller("BYE", o.headers), recv("200")]


def reinvite(side: Callable[..., str], body: str, check: str = "") -> list[str]:
    return [side("INVITE", body=body), TRYING, recv("200", action=body_has(check) if check else ""), side("ACK")]


def invited(o: SimpleNamespace) -> list[str]:
    return [
        recv("INVITE", action=KEEP, begins=True),
        answer("180 Ringing"),
        pause(o.ring),
        *accepts(),
    ]


def accepts(headers: str = "") -> list[str]:
    return [answer("200 OK", sdp(codecs="8"), headers=headers, retransmit=True), recv("ACK")]


def ends(o: SimpleNamespace) -> list[str]:
    """SIPp ends the call that it was asked into."""
    return [callee("BYE", o.headers), recv("200")]


def ends_ours() -> list[str]:
    return [caller("BYE"), recv("200")]


def hangs_up(o: SimpleNamespace) -> list[str]:
    """The party under test ends the call."""
    return [recv("BYE"), ok()]


def hold(side: Callable[..., str], o: SimpleNamespace) -> list[str]:
    return [
        *reinvite(side, sdp(o.hold, 2), HELD[o.hold]),
        pause(o.seconds),
        *reinvite(side, sdp("sendrecv", 3), "m=audio"),
    ]


def again(method: str, to: str = f"<{REMOTE}>", headers: str = "") -> str:
    """CANCEL, or the ACK of a refusal: in the INVITE's own transaction, so with its branch."""
    return _send(
        f"{method} {REMOTE};transport=[transport] SIP/2.0\n[last_Via:]\n"
        f"From: {FROM};tag={TAG}\n"
        f"To: {to}\nCall-ID: [call_id]\nCSeq: [cseq] {method}\nMax-Forwards: 70\n{headers}",
        retransmit=method != "ACK",
    )


def uac_cancel(o: SimpleNamespace) -> list[str]:
    return [
        first(body=sdp()),
        TRYING,
        recv("180"),
        pause(o.seconds),
        again("CANCEL", headers=o.headers),
        recv("200"),
        recv("487"),
        again("ACK", f"<{REMOTE}>[peer_tag_param]"),
    ]


def refused(o: SimpleNamespace) -> list[str]:
    return [
        first(headers=o.headers, body=sdp()),
        PROVISIONAL,
        recv(str(o.code)),
        again("ACK", f"<{REMOTE}>[peer_tag_param]"),
    ]


def moved(o: SimpleNamespace) -> str:
    """302, with where to call instead in place of its own Contact."""
    return answer("302 Moved Temporarily", retransmit=True).replace(CONTACT, f"Contact: <{o.contact}>")


def refuses_reinvite(status: str) -> list[str]:
    return [recv("INVITE"), answer(status, tag=False, retransmit=True), recv("ACK")]


def accepts_reinvite(wanted: str, direction: str, version: int) -> list[str]:
    return [
        recv("INVITE", action=body_has(wanted)),
        ok(body=sdp(direction, version, "8"), retransmit=True),
        recv("ACK"),
    ]


def to_invite(step: str) -> str:
    """An answer not to the latest request, but to the INVITE, as KEEP kept it."""
    step = step.replace("[last_CSeq:]", "CSeq: [$cseq]").replace("[last_Via:]", "Via: [$via]")
    return step.replace("[last_To:]", "To: [$to]").replace("[last_From:]", "From: [$from]")


def uas_asked_to_stop(*then: str, check: str = "") -> list[str]:
    """180, and a CANCEL that is answered; `then` goes on in the INVITE's transaction."""
    return [
        recv("INVITE", action=KEEP, begins=True),
        answer("180 Ringing"),
        recv("CANCEL", action=check),
        answer("200 OK"),
        *map(to_invite, then),
        recv("ACK"),
    ]


def updates(step: str) -> str:
    """With the word that UPDATE (RFC 3311) is understood: pjsua settles on one of several codecs by that."""
    return step.replace("OPTIONS, INFO", "OPTIONS, INFO, UPDATE")


def uas_ice(o: SimpleNamespace) -> list[str]:
    """By ICE, which finds no way."""
    return [
        recv("INVITE", action=KEEP + body_has("a=candidate:"), begins=True),
        answer("180 Ringing"),
        answer("200 OK", sdp_by_ice(), retransmit=True),
        recv("ACK"),
        *hangs_up(o),
    ]


def uas_progress(o: SimpleNamespace, *provisional: str) -> list[str]:
    return [
        recv("INVITE", action=KEEP, begins=True),
        *(step for one in provisional for step in (one, pause(o.seconds))),
        *accepts(),
        *hangs_up(o),
    ]


def notify(side: Callable[..., str], status: str, *, last: bool = False) -> list[str]:
    """How it goes with a REFER (RFC 3515 §2.4.5)."""
    state = "terminated;reason=noresource" if last else "active;expires=60"
    headers = f"Event: refer\nSubscription-State: {state}\n"
    return [side("NOTIFY", headers, f"SIP/2.0 {status}\n", "message/sipfrag;version=2.0"), recv("200")]


def referred(side: Callable[..., str], o: SimpleNamespace) -> list[str]:
    """The party under test has us call somebody, which comes to what `code` says."""
    return [
        recv("REFER", action=body_has("Referred-By: ")),
        answer("202 Accepted", tag=False),
        *notify(side, "100 Trying"),
        *notify(side, "180 Ringing"),
        pause(o.seconds),
        *notify(side, f"{o.code} Outcome", last=True),
    ]


def referred_in_part(side: Callable[..., str], o: SimpleNamespace) -> list[str]:
    """Held and referred, as far as `steps` says: held, asked, agreed, and two reports of how it goes."""
    parts = [
        accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        [recv("REFER")],
        [answer("202 Accepted", tag=False)],
        notify(side, "180 Ringing"),
        notify(side, "200 OK", last=True),
    ]
    return [step for part in parts[: o.steps] for step in part]


def refers(side: Callable[..., str], o: SimpleNamespace) -> list[str]:
    """The party under test is to call somebody; where that goes well, we end our call with it."""
    return [
        *(accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2) if o.held else ()),
        side("REFER", f"Refer-To: <{o.refer_to}>\nReferred-By: <sip:[$user]@[local_ip]>\n"),
        recv("202"),
        *(
            step
            for code in o.notified
            for step in (recv("NOTIFY", action=body_has("Event: refer") + body_has(f"SIP/2.0 {code}")), ok())
        ),
        *([side("BYE"), recv("200")] if 200 in o.notified and o.ends else hangs_up(o)),
    ]


def refers_once(side: Callable[..., str], o: SimpleNamespace, event: str) -> list[str]:
    """The same, which is refused, as is another one meanwhile; `event`: as the NOTIFYs are to name it."""
    refer = side("REFER", f"Refer-To: <{o.refer_to}>\n")
    told = body_has(f"Event: {event}")
    return [
        *(refer, recv("202"), recv("NOTIFY", action=told + body_has("SIP/2.0 100")), ok()),
        *(refer, recv("491")),
        *(recv("NOTIFY", action=told + body_has("SIP/2.0 603")), ok()),
    ]


INFO = "Signal={}\r\nDuration=160\r\n"
SCENARIOS: dict[str, Callable[[Any], list[str]]] = {
    "uac-call": lambda o: [*call(o), pause(o.seconds), *bye(o)],
    "uac-plays": lambda o: [*call(o, sdp_without_events()), plays(o.sound), pause(o.seconds), *bye(o)],
    "uac-ice": lambda o: [*call(o, sdp_by_ice()), *hangs_up(o)],
    "uas-ice": uas_ice,
    "uac-early": lambda o: [
        first(body=sdp()),
        TRYING,
        recv("180", optional=True),
        recv("183", action=body_has("m=audio")),
        recv("180"),
        recv("200", begins=True, action=body_has("X-Flat: 3")),
        caller("ACK"),
        *hangs_up(o),
    ],
    "uac-change-refused": lambda o: [
        *call(o),
        pause(o.seconds),
        caller("INVITE", body=sdp("sendonly", 2)),
        TRYING,
        recv("488"),
        again("ACK", f"<{REMOTE}>[peer_tag_param]"),
        pause(o.seconds),
        *reinvite(caller, sdp("sendrecv", 3), "m=audio"),
        *hangs_up(o),
    ],
    "uac-update": lambda o: [
        *call(o),
        pause(o.seconds),
        caller("UPDATE", body=sdp("sendonly", 2)),
        recv(str(o.code)),
        pause(o.seconds),
        *bye(o),
    ],
    "uac-answered-ends": lambda o: [*call(o), *hangs_up(o)],
    "uac-held": lambda o: [
        *call(o),
        *accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        *accepts_reinvite("RTP/AVP", "sendrecv", 3),
        *hangs_up(o),
    ],
    "uac-timer": lambda o: [
        first(headers="Supported: timer\nSession-Expires: 90;refresher=uac\n", body=sdp()),
        PROVISIONAL,
        recv("200", begins=True, action=body_has("Session-Expires: 90;refresher=uac")),
        caller("ACK"),
        pause(o.seconds),
        *bye(o),
    ],
    "uac-prack": lambda o: [
        first(headers="Supported: 100rel\n", body=sdp()),
        TRYING,
        recv("180", begins=True, action='<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq"/>'),
        caller("PRACK", "RAck: [$rseq] 1 INVITE\n"),
        recv("200"),
        recv("200", begins=True),
        caller("ACK").replace("CSeq: [cseq]", "CSeq: 1"),  # of the INVITE, not of the PRACK
        *hangs_up(o),
    ],
    "uac-asks-answer": lambda o: [
        first(headers=o.headers, body=sdp()),
        PROVISIONAL,
        recv("200", begins=True),
        caller("ACK"),
        pause(o.seconds),
        *ends_ours(),
    ],
    "uac-cancel": uac_cancel,
    "uac-refused": refused,
    "uac-moved": lambda o: [
        first(headers=o.headers, body=sdp()),
        PROVISIONAL,
        recv("302", action=body_has(f"Contact: &lt;{o.contact}&gt;")),
        again("ACK", f"<{REMOTE}>[peer_tag_param]"),
    ],
    "uac-hold": lambda o: [*call(o), pause(o.seconds), *hold(caller, o), *bye(o)],
    "uac-info": lambda o: [*call(o), *typed(o), pause(o.seconds), *bye(o)],
    "uac-info-again": lambda o: [  # and again, for SIPp takes no file of more than some 50 kB
        *call(o),
        '<label id="1"/>',
        *typed(o),
        f"""<nop><action><add assign_to="typed" value="1"/>
        <test assign_to="more" variable="typed" compare="less_than" value="{o.times}"/></action></nop>""",
        '<nop next="1" test="more"/>',
        pause(o.seconds),
        *bye(o),
    ],
    "uac-writes": lambda o: [first("MESSAGE", "X-Floor: 2\n", o.text, o.kind), recv("200")],
    "uac-writes-in-call": lambda o: [
        *call(o),
        caller("MESSAGE", "X-Floor: 2\n", o.text, o.kind),
        recv("200"),
        *hangs_up(o),
    ],
    "uac-informs": lambda o: [*call(o), caller("INFO", "X-Floor: 2\n", o.text, o.kind), recv("200"), *hangs_up(o)],
    "uac-late-offer": lambda o: [*call(o, body="", ack_body=sdp(codecs="8")), pause(o.seconds), *bye(o)],
    "uac-refer": lambda o: [
        *call(o),
        caller("REFER", "Refer-To: <sip:dear@[local_ip]:9>\n"),
        recv("603"),
        pause(o.seconds),
        *bye(o),
    ],
    "uac-options": lambda o: [first("OPTIONS", "Accept: application/sdp\n"), recv("200")],
    "uas-answer": lambda o: [*invited(o), *hangs_up(o)],
    "uas-answers-with": lambda o: [
        recv("INVITE", action=KEEP + body_has("X-Order: 5"), begins=True),
        *accepts(o.headers),
        *hangs_up(o),
    ],
    "uas-ends": lambda o: [*invited(o), pause(o.seconds), *ends(o)],
    "uas-timer": lambda o: [
        recv("INVITE", action=KEEP + body_has("Session-Expires: 90"), begins=True),
        answer("180 Ringing"),
        answer(
            "200 OK",
            sdp(codecs="8"),
            headers="Require: timer\nSupported: timer\nSession-Expires: 90;refresher=uac\n",
            retransmit=True,
        ),
        recv("ACK"),
        *hangs_up(o),
    ],
    "uas-prack": lambda o: [
        recv("INVITE", action=KEEP + body_has("Supported: [^\r\n]*100rel"), begins=True),
        answer("180 Ringing", headers="Require: 100rel\nRSeq: 1\n"),
        recv("PRACK", action=body_has("RAck: 1 [0-9]+ INVITE")),
        ok(),
        *map(to_invite, [answer("200 OK", sdp(codecs="8"), retransmit=True)]),
        recv("ACK"),
        *hangs_up(o),
    ],
    "uac-refers": lambda o: [*call(o), *refers(caller, o)],
    "uas-refers": lambda o: [*invited(o), *refers(callee, o)],
    "uac-refers-again": lambda o: [
        *call(o),
        *refers_once(caller, o, "refer\r"),
        *refers_once(caller, o, "refer;id=[0-9]+\r"),
        *hangs_up(o),
    ],
    "uac-replaces": lambda o: [
        first(headers=o.headers, body=sdp()),
        PROVISIONAL,
        recv("200", begins=True),
        caller("ACK"),
        *hangs_up(o),
    ],
    "uac-referred": lambda o: [*call(o), *referred(caller, o), *hangs_up(o)],
    "uas-referred": lambda o: [*invited(o), *referred(callee, o), *hangs_up(o)],
    "uas-held-referred": lambda o: [
        *invited(o),
        *accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        *referred(callee, o),
        *hangs_up(o),
    ],
    "uas-referred-in-part": lambda o: [*invited(o), *referred_in_part(callee, o), *hangs_up(o)],
    "uas-refuses-refer": lambda o: [*invited(o), recv("REFER"), answer(f"{o.code} No", tag=False), *hangs_up(o)],
    "uas-accepts-refer": lambda o: [*invited(o), recv("REFER"), answer("202 Accepted", tag=False), *hangs_up(o)],
    "uas-refuse": lambda o: [
        recv("INVITE"),
        answer("180 Ringing") if o.rings else "",
        pause(o.ring),
        answer(f"{o.code} Refused", retransmit=True),
        recv("ACK"),
    ],
    "uas-moved": lambda o: [recv("INVITE"), answer("180 Ringing") if o.rings else "", moved(o), recv("ACK")],
    "uas-ring": lambda o: uas_asked_to_stop(answer("487 Request Terminated", retransmit=True)),
    "uas-given-up": lambda o: [  # by a party that is gone by then, and sends no ACK
        recv("INVITE"),
        answer("180 Ringing"),
        recv("CANCEL"),
        answer("200 OK"),
    ],
    "uas-kept-held": lambda o: [
        *invited(o),
        *accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        *hangs_up(o),
    ],
    "uas-elsewhere": lambda o: uas_asked_to_stop(
        answer("487 Request Terminated", retransmit=True), check=body_has("Reason: SIP *; *cause=200")
    ),
    "uas-expires": lambda o: [recv("INVITE", action=body_has("Expires: [1-9]")), answer("486 Busy"), recv("ACK")],
    "uas-confirms": lambda o: [
        *invited(o),
        callee("INFO", body=INFO.format(o.digits), kind="application/dtmf-relay"),
        recv("200"),
        *hangs_up(o),
    ],
    "uas-late": lambda o: [*uas_asked_to_stop(answer("200 OK", sdp(codecs="8"), retransmit=True)), *hangs_up(o)],
    "uas-reads": lambda o: [recv("MESSAGE", action=body_has(o.text)), answer(f"{o.code} Done")],
    "uas-silent": lambda o: [recv("MESSAGE"), pause(60)],
    "uas-reads-in-call": lambda o: [
        *invited(o),
        recv("MESSAGE", action=body_has(o.text)),
        answer(f"{o.code} Done", tag=False),
        *hangs_up(o),
    ],
    "uas-informed": lambda o: [
        *invited(o),
        recv("INFO", action=body_has(f"Content-Type: {o.kind}") + body_has(o.text)),
        answer(f"{o.code} Done", tag=False),
        *hangs_up(o),
    ],
    "uas-early": lambda o: uas_progress(o, answer("183 Session Progress", sdp(codecs="8"))),
    "uas-progress": lambda o: uas_progress(o, answer("183 Session Progress")),
    "uas-tells-all": lambda o: uas_progress(
        o,
        answer("181 Call Is Being Forwarded"),
        answer("182 Queued"),
        answer("182 Queued"),
        answer("183 Session Progress"),
        answer("180 Ringing"),
    ),
    "uas-rings-twice": lambda o: uas_progress(o, answer("180 Ringing"), answer("180 Ringing")),
    "uas-slow": lambda o: [recv("INVITE", action=KEEP, begins=True), pause(1.3), *accepts(), *hangs_up(o)],
    "uas-hold": lambda o: [*invited(o), pause(o.seconds), *hold(callee, o), *ends(o)],
    "uas-held": lambda o: [
        *invited(o),
        *accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        *accepts_reinvite("RTP/AVP", "sendrecv", 3),
        *hangs_up(o),
    ],
    "uas-hold-settled": lambda o: [
        *map(updates, invited(o)),
        recv("INVITE", action=body_has("a=sendonly")),
        updates(ok(body=sdp("recvonly", 2, "8 0"), retransmit=True)),
        recv("ACK"),
        recv("UPDATE", action=body_has("a=sendonly")),
        pause(o.seconds),
        ok(body=sdp("recvonly", 3, "8")),
        *accepts_reinvite("a=sendrecv", "sendrecv", 4),
        *hangs_up(o),
    ],
    "uas-codec": lambda o: [
        *invited(o),
        recv("INVITE", action=body_has("RTP/AVP 0 [0-9]+[^0-9 ]")),
        ok(body=sdp("sendrecv", 2, "0"), retransmit=True),
        recv("ACK"),
        *hangs_up(o),
    ],
    "uas-hold-refused": lambda o: [*invited(o), *refuses_reinvite("488 Not Acceptable Here"), *hangs_up(o)],
    "uas-hold-of-none": lambda o: [*invited(o), *refuses_reinvite("481 Call Does Not Exist"), *hangs_up(o)],
    "uas-hold-glare": lambda o: [
        *invited(o),
        *refuses_reinvite("491 Request Pending"),
        *accepts_reinvite("a=(sendonly|inactive)", ANSWER_TO[o.hold], 2),
        *hangs_up(o),
    ],
}


def xml(name: str, options: SimpleNamespace) -> str:
    """The scenario as SIPp reads it."""
    steps = "\n".join(filter(None, SCENARIOS[name](options))).replace("[$user]", options.user)
    steps = steps.replace("[$display_name]", options.display_name)
    # SIPp refuses a scenario with a variable that is set and never read, unless it is named in <Reference>
    kept = [n for n in ("from", "to", "seen", "cseq", "via", "contact", "rseq") if f'assign_to="{n}"' in steps]
    reference = f'<Reference variables="{",".join(kept)}"/>\n' if kept else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{steps}\n{reference}</scenario>\n'
