"""Explanations of failed registrations and calls: one sentence that names the setting to check.

A sentence reports the observation (whether an answer arrived, whether it was readable, what we sent), not the usual
meaning of a code.
"""

import re

from appliance.core.inputs import RegistrationFailed
from appliance.core.model import (
    AccountSettings,
    By,
    Call,
    Cause,
    Direction,
    End,
    Settings,
    SilenceCause,
    SoundRefusal,
    TlsFault,
    Unanswered,
)

UNAUTHORIZED = {401, 407}
UNKNOWN = {404, 410, 484, 485, 604}
TIMEOUT = 408
NOBODY = {0, TIMEOUT}
# Why the SIP process drops an answer (packaging/pjsua2/src/answers.cpp).
NEVER_HEARD = "No sound has come from the browser of {}: check the network of that device, and firewalls on the way."
LOST = "The sound of the browser of {} stopped: check the network of that device."
BROWSERS = {
    Cause.AUDIO_FAILED: "The call of {} ended with the sound card: check audio.capture, audio.playback and the card.",
    Cause.MEDIA_FAILED: "The browser of {} has another key than its offer named: check whether a proxy changes pages.",
}
UNSPOKEN = "(PJSIP_EUNSUPTRANSPORT)"  # the end of pjsip's words where SIP has no such transport
OTHER_TRANSPORT = re.compile(r"(?i)sip:.*;transport=(?!udp\b)(\w+)")
SILENT = "(?i)No answer|.*time(d )?-?out.*|"  # reasons that say only that nothing came
STALE = "stale"  # of a challenge
ELSEWHERE, UNREADABLE, LACKING = "Not From Where The Request Went", "Unreadable ", "Missing Header"
PEOPLE = {
    *(Cause.HANGUP, Cause.BUSY, Cause.REJECTED, Cause.CANCELED, Cause.NO_ANSWER, Cause.ANSWERED_ELSEWHERE),
    *(Cause.REPLACED, Cause.TRANSFERRED),
}


def address_of(settings: AccountSettings) -> str:
    """The account's own address (RFC 3261 §10: address of record)."""
    return f"sip:{settings.user}@{settings.domain}"


# -- registrations ---------------------------------------------------------------------------------------------------


def registration(settings: AccountSettings, given: RegistrationFailed, *, accepted_before: bool = False) -> str:
    """Explain a REGISTER that failed. accepted_before: the registrar has accepted one of this account before."""
    if given.tls is not TlsFault.NONE:
        cure = mended(f"account.{settings.name}", given.tls)
        return f"{settings.registrar} cannot be trusted, as {given.reason}: {cure}."
    if given.code in UNAUTHORIZED:
        return challenged(settings, given.challenge)
    if given.code == 0:
        if not given.doubt:
            return unanswered(settings, given)
        return doubted(settings.registrar, f"account.{settings.name}", given.doubt, given.doubted)
    return answered(settings, given, accepted_before=accepted_before)


def answered(settings: AccountSettings, given: RegistrationFailed, *, accepted_before: bool) -> str:
    """Explain a refusal, but for that of a password."""
    field, registrar, said = f"account.{settings.name}", settings.registrar, f"{given.code} {given.reason}".rstrip()
    match given.code:
        case 403:
            return forbidden(settings, said, accepted_before=accepted_before)
        case 404:
            return f"{registrar} does not know {address_of(settings)} ({said}): check {field}.user and {field}.domain."
        case 405 | 501:
            return (
                f"{registrar} takes no registrations ({said}): check {field}.registrar, which may be a proxy or a "
                "telephone."
            )
        case 408 | 504:
            return (
                f"{registrar} answers that nobody answered it ({said}): check {field}.domain, and whether the PBX "
                "behind it runs."
            )
        case 423:
            return f"{registrar} wants longer registrations ({said}): raise {field}.expires_s."
        case 200:
            return (
                f"{registrar} takes the registration for no time ({said}): check how long the PBX lets this user be "
                f"registered, and {field}.expires_s."
            )
        case _:
            pass
    if given.code // 100 == 3:  # noqa: PLR2004 - RFC 3261 §21.3
        return (
            f"{registrar} sends this station elsewhere ({said}): set {field}.registrar to the server that takes its "
            "registrations."
        )
    if given.code // 100 == 5:  # noqa: PLR2004
        return (
            f"{registrar} reports a fault of its own, {said}: nothing to change here; if it stays so, check "
            f"{field}.registrar."
        )
    return f"{registrar} answers {said}: check {field}.user, {field}.domain and {field}.registrar."


def unanswered(settings: AccountSettings, given: RegistrationFailed) -> str:
    """Explain that no answer came: nothing arrived, or the REGISTER did not even go out."""
    field, registrar, transport = f"account.{settings.name}", settings.registrar, settings.transport.upper()
    cause = f" ({given.reason})" if given.reason else ""
    match given.unanswered:
        case Unanswered.NO_NAME:
            return f"DNS knows no {registrar}{cause}: check {field}.registrar for a slip."
        case Unanswered.NO_DNS:
            return f"No name server says where {registrar} is{cause}: check the network, and its DNS server."
        case Unanswered.NO_ADDRESS:
            return f"{registrar} has no address that can be used{cause}: check {field}.registrar and sip.address."
        case Unanswered.REFUSED:
            return (
                f"{registrar} refuses a connection by {transport}{cause}: check whether the PBX runs, and "
                f"{field}.registrar and {field}.transport."
            )
        case Unanswered.HANDSHAKE:
            return (
                f"{registrar} takes the connection and then refuses TLS{cause}: check {field}.transport, whether the "
                "PBX speaks TLS 1.2 or later at that port, and whether it wants a certificate (tls.certificate_file)."
            )
        case Unanswered.NO_ROUTE:
            return f"No network leads to {registrar}{cause}: check this station's network, and {field}.registrar."
        case _:
            if re.fullmatch(SILENT, given.reason):
                return (
                    f"Nobody answers at {registrar} by {transport}{cause}: check {field}.registrar and "
                    f"{field}.transport, the network, and the firewall."
                )
            return (
                f"{registrar} gave no answer by {transport}{cause}: check whether the PBX runs, and {field}.registrar "
                f"and {field}.transport."
            )


def doubted(registrar: str, field: str, doubt: str, source: str) -> str:
    """Explain that an answer of a registrar came which did not count. source: the answer's sender."""
    if doubt == ELSEWHERE:
        return (
            f"{registrar} does not answer, but {source} does, which is not believed: if it belongs to the PBX, "
            f"add it to {field}.other_addresses."
        )
    if doubt.startswith(UNREADABLE):
        header = doubt.removeprefix(UNREADABLE)
        return (
            f"{registrar} answers, but what it says in {header} cannot be read: check the PBX, and whether a router "
            "between changes SIP."
        )
    if doubt == LACKING:
        return lacking(registrar)
    return (
        f"{registrar} asks for the password in another way than before ({doubt}), and does not get it yet: check "
        "whether it is your PBX; if it goes on, this station follows after ten minutes."
    )


def challenged(settings: AccountSettings, challenge: str) -> str:
    """Explain a refusal by 401 or 407: the password is wrong, or the registrar asks for it in an unknown way."""
    field, registrar = f"account.{settings.name}", settings.registrar
    if not challenge:
        return f"{registrar} rejects the password: check {field}.password_file and {field}.auth_user."
    if challenge == STALE:
        return (
            f"{registrar} takes each answer with the password for an old one (stale): check the PBX's clock, and "
            "whether one of its servers asks, and another one reads the answer."
        )
    return (
        f"{registrar} wants a password, but {challenge}: let the PBX offer Digest by MD5 or SHA-256 with qop "
        f"auth to {address_of(settings)}."
    )


def forbidden(settings: AccountSettings, said: str, *, accepted_before: bool) -> str:
    """Explain a refusal by 403."""
    field, registrar = f"account.{settings.name}", settings.registrar
    if not accepted_before:
        return (
            f"{registrar} refuses {address_of(settings)} ({said}): check {field}.user, {field}.auth_user and "
            f"{field}.password_file, and whether the PBX lets this address register."
        )
    return (
        f"{registrar} refuses {address_of(settings)} ({said}), which it has accepted before: it may allow one contact "
        "and keep the former one until it expires. Let the PBX replace the former contact, as Asterisk does by "
        f"remove_existing=yes; if this stays so, check {field}.user and {field}.password_file."
    )


def mended(field: str, tls: TlsFault) -> str:
    """How to resolve a certificate error."""
    match tls:
        case TlsFault.NAME:
            return f"set {field}.registrar to a name that the certificate has, or give the PBX one for that name"
        case TlsFault.ISSUER:
            return "add the certificate of the PBX's own authority to tls.ca_file"
        case TlsFault.TIME:
            return "have the PBX's certificate renewed, or this station's clock set"
        case _:
            return f"check tls.ca_file, {field}.registrar and the PBX's certificate"


# -- calls -----------------------------------------------------------------------------------------------------------


def call(settings: Settings, over: Call, end: End) -> str:
    """Explain a call that a fault ended; "" if people ended it, or chose not to talk."""
    if over.browser:
        return of_browser(over, end).format(over.remote.display_name)
    return of_phone(settings, over, end)


def of_browser(over: Call, end: End) -> str:
    """Explain a call with a browser, whose user's name goes into the braces."""
    if end.cause in {Cause.ICE_FAILED, Cause.RTP_TIMEOUT}:
        counted = over.media.quality
        return LOST if counted is not None and counted.received else NEVER_HEARD
    return BROWSERS.get(end.cause, "")


def of_phone(settings: Settings, over: Call, end: End) -> str:
    """Explain a call with a phone."""
    if end.cause is Cause.AUDIO_FAILED:
        return f"The call ended with its sound card, as {end.reason}: check audio.capture, audio.playback and the card."
    if end.cause is Cause.ICE_FAILED:
        return no_path(settings, over)
    if end.cause is Cause.RTP_TIMEOUT:
        return no_sound(settings, over)
    if end.cause is Cause.MEDIA_FAILED:
        return no_agreement(over, end)
    if end.cause is Cause.NETWORK_LOST and end.by is By.NETWORK:
        return (
            f"{over.remote.uri} no longer answered this station's messages during the call: check the network, and "
            "whether the far end still runs."
        )
    if end.cause is Cause.NETWORK_LOST:
        return "This station was without a network during the call: check its cable or its radio link."
    if is_misunderstood(over, end):
        return misunderstood(settings, over)
    if over.direction is Direction.INCOMING or over.times.connected_since is not None or end.cause in PEOPLE:
        return ""
    if end.cause in {Cause.SHUTDOWN, Cause.ERROR}:
        return ""  # reported as the station's own failure
    return refused(settings, over, end)


def no_path(settings: Settings, over: Call) -> str:
    """Explain a call for whose sound ICE found no path, or lost it."""
    if over.media.ice:
        return (
            f"No sound has come from {over.remote.uri} for {settings.deadlines.rtp_s:g} s on the path that ICE found: "
            "check the network, and the TURN server if sip.turn_server is set."
        )
    return (
        f"ICE found no path for sound to {over.remote.uri}: check whether firewalls let UDP through between "
        f"here and there; without {ice_field(over)} sound goes to the first address that the far end names."
    )


def no_sound(settings: Settings, over: Call) -> str:
    """Explain a call that ended because no packet came that could be counted."""
    peer, counted, silent = over.remote.uri, over.media.quality, f"{settings.deadlines.rtp_s:g}"
    if over.media.watch.unplayed is SilenceCause.UNDECRYPTED:
        return (
            f"Sound comes from {peer}, but the agreed keys do not decrypt it: check {encryption(over)}, and whether a "
            "PBX between changes the keys."
        )
    if counted is not None and counted.received:
        return (
            f"The sound of {peer} stopped after {counted.received} packets, and none has come for {silent} s: check "
            "the network, and whether the far end still runs."
        )
    if counted is not None and counted.sent_lost is not None:
        return (
            f"{peer} reports that it receives this station's sound, but none of its own has come for {silent} s: check "
            "whether a firewall lets UDP through to this station."
        )
    return (
        f"No sound has come from {peer} for {silent} s: check the network and whether a firewall lets UDP through in "
        "both directions."
    )


def encryption(over: Call) -> str:
    """The setting of a call's encryption."""
    if over.account:
        return f"account.{over.account}.srtp"
    return f"target.{over.remote.target}.srtp" if over.remote.target else "the srtp of a target for that address"


def ice_field(over: Call) -> str:
    """The setting of a call's ICE."""
    return f"account.{over.account}.ice" if over.account else "sip.ice"


def no_agreement(over: Call, end: End) -> str:
    """Explain a call without a codec or encryption that both sides take."""
    peer, said, settings = over.remote.uri, f"{end.code} {end.reason}".rstrip(), f"sip.codecs, and {encryption(over)}"
    if over.media.refusal is not None:
        seen, check = {
            SoundRefusal.NO_ANSWER: ("without an answer to its offer of sound", "the far end"),
            SoundRefusal.NO_AUDIO: ("without a line for sound", "the far end"),
            SoundRefusal.PORT_ZERO: ("but refuses its sound (port 0)", f"{settings}, and the far end's"),
            SoundRefusal.OTHER_CODEC: ("with a codec that was not offered", "sip.codecs, and the far end's"),
            SoundRefusal.ENCRYPTION: (
                "with other encryption than was offered",
                f"{encryption(over)}, and whether the far end is set to WebRTC",
            ),
            SoundRefusal.ADDRESS: (
                "with sound at an address of an IP version that this station has not",
                "sip.address, and the far end's",
            ),
            SoundRefusal.USED_KEY: ("with a key that an earlier call has used", "the far end"),
        }[over.media.refusal]
        if over.direction is Direction.INCOMING and over.times.connected_since is None:
            return f"{peer} called {seen}: check {check}."
        if over.times.connected_since is not None:
            return f"{peer} accepted a change of the call {seen}: check {check}."
        return f"{peer} accepted the call {seen}: check {check}."
    if end.by is By.LOCAL and end.code == 415:  # noqa: PLR2004 - RFC 3261 §21.4.13
        return f"{peer} called with a message of which this station can read no part ({said}): check the far end."
    if over.direction is Direction.INCOMING and over.times.connected_since is None:
        return f"{peer} offered no sound that this station takes: check {settings}."
    if end.by is By.LOCAL:
        return f"The answer of {peer} left no codec or encryption that this station takes: check {settings}."
    return f"{peer} accepts none of the offered codecs and encryption ({said}): check {settings}."


def locked(over: Call, account: AccountSettings | None) -> str:
    """Explain a call for which a password was wanted."""
    if account is not None:
        return challenged(account, over.placing.challenge)
    target = over.remote.target
    through = f"set target.{target}.account to an account there" if target else "call it through an account there"
    return f"{over.remote.uri} wants a password, and the call went through no account: {through}."


def lacking(peer: str) -> str:
    """Explain that an answer came without a header that every answer has (RFC 3261 §8.1.1)."""
    return (
        f"{peer} answers, but without a header that each answer must have: check the other side, and whether a router "
        "between changes SIP."
    )


def is_misunderstood(over: Call, end: End) -> bool:
    """Whether an answer that did not count is the cause: it cannot be read, or no other answer came."""
    doubt, _ = over.placing.doubt
    unread = doubt.startswith((UNREADABLE, LACKING))
    if end.cause is Cause.NO_ANSWER:
        return unread
    return (
        end.cause is Cause.UNAVAILABLE and end.code in NOBODY and (unread or (doubt != "" and not over.placing.tried))
    )


def misunderstood(settings: Settings, over: Call) -> str:
    """Explain a call to which an answer came that did not count."""
    peer, (doubt, source), account = over.remote.uri, over.placing.doubt, settings.account(over.account)
    if account is not None:
        return doubted(account.registrar, f"account.{account.name}", doubt, source)
    if doubt == ELSEWHERE:
        return (
            f"{peer} does not answer, but {source} does, which is not believed: if that is the far end, call it at "
            "that address."
        )
    if doubt == LACKING:
        return lacking(peer)
    return (
        f"{peer} answers, but what it says in {doubt.removeprefix(UNREADABLE)} cannot be read: check the far end, and "
        "whether a router between changes SIP."
    )


def refused(settings: Settings, over: Call, end: End) -> str:
    """Explain an outgoing call that the far end, the PBX or the network did not accept."""
    account = settings.account(over.account)
    whom = f"target.{over.remote.target}" if over.remote.target else ""
    address = f"{whom}.uri" if whom else "the address that was called"
    peer, said = over.remote.uri, f"{end.code} {end.reason}".rstrip()
    if end.code in UNAUTHORIZED:
        return locked(over, account)
    if end.code == 403:  # noqa: PLR2004 - RFC 3261 §21.4.4
        return f"{peer} refuses the call ({said}): check {address}, and whether the far end lets this station call."
    if end.code == 513:  # noqa: PLR2004 - RFC 3261 §21.5.7
        return (
            f"{peer} finds this station's INVITE too long ({said}), which codecs, ICE and headers of the order make "
            f"long: offer fewer in sip.codecs, and see whether {ice_field(over)} is needed."
        )
    if end.code in UNKNOWN:
        return f"{peer} is not known there ({said}): check {address}."
    where = peer if account is None else account.registrar
    answered = over.placing.tried or end.by is By.REMOTE
    late = end.code in NOBODY and end.by is not By.NETWORK
    if end.cause is Cause.UNAVAILABLE and answered and late:
        return (
            f"{where} took the call, but nothing rang there in time: check {address}, and whether that telephone is "
            "registered."
        )
    if end.cause is Cause.UNAVAILABLE and (end.code in NOBODY or end.by is not By.REMOTE):
        return no_answer(end, where, address if account is None else f"account.{account.name}.registrar")
    if end.code // 100 == 3:  # noqa: PLR2004 - RFC 3261 §21.3
        return f"{peer} has another address ({said}): set {address} to the new address."
    if end.cause is Cause.SERVER_ERROR:
        return f"{peer} reports a fault there ({said}): nothing to change here; if this continues, check {address}."
    if end.cause is Cause.UNAVAILABLE:
        return f"{peer} cannot be reached now ({said}): nothing to change here; if this continues, check {address}."
    return f"{peer} did not accept the call ({said}): check {address}."


def no_answer(end: End, where: str, address: str) -> str:
    """Explain an outgoing call to which nothing came, as nobody answered, or as it did not get there."""
    reason = end.reason if end.by is By.NETWORK and end.code in NOBODY else ""
    if re.fullmatch(SILENT, reason):
        return f"Nobody answers at {where}: check {address}, the network, and the firewall."
    if reason.endswith(UNSPOKEN):
        return unspoken(reason, where, address)
    return f"The call did not get through to {where} ({reason}): check {address}, and the network."


def unspoken(reason: str, where: str, address: str) -> str:
    """Explain an outgoing call by a transport, or to an address of an IP version, that SIP does not use here."""
    found = OTHER_TRANSPORT.match(where)
    transport = "TLS" if where.startswith("sips:") else found[1].upper() if found else ""
    if transport:
        return (
            f"The call did not get through to {where} ({reason}): SIP has no {transport} here, as no account uses it: "
            f"let {address} name UDP, or call through an account."
        )
    version = "IPv6" if "[" in where else "IPv4"
    return (
        f"The call did not get through to {where} ({reason}): SIP has no {version} here: check {address}, and "
        "sip.address."
    )
