"""Explanations of failed registrations and calls: one sentence that names the setting to check."""

from appliance.core.inputs import RegistrationFailed
from appliance.core.model import AccountSettings, By, Call, Cause, Direction, End, Settings, TlsFault

UNAUTHORIZED = {401, 407}
UNKNOWN = {404, 410, 484, 485, 604}
NO_AGREEMENT = {415, 488, 606}
NOBODY = {0, 408}
PEOPLE = {
    *(Cause.HANGUP, Cause.BUSY, Cause.REJECTED, Cause.CANCELED, Cause.NO_ANSWER, Cause.ANSWERED_ELSEWHERE),
    *(Cause.REPLACED, Cause.TRANSFERRED),
}


def address_of(settings: AccountSettings) -> str:
    """The account's own address (RFC 3261 §10: address of record)."""
    return f"sip:{settings.user}@{settings.domain}"


# -- registrations ---------------------------------------------------------------------------------------------------


def registration(settings: AccountSettings, given: RegistrationFailed) -> str:
    """Explain a REGISTER that failed."""
    field, registrar, reason = f"account.{settings.name}", settings.registrar, given.reason
    if given.tls is not TlsFault.NONE:
        return f"{registrar} cannot be trusted, as {reason}: {mended(field, given.tls)}."
    if given.code in UNAUTHORIZED:
        return f"{registrar} rejects the password: check {field}.password_file and {field}.auth_user."
    match given.code:
        case 0 if given.unresolved:
            return (
                f"{registrar} has no address ({reason}): check {field}.registrar for a slip, and whether the network's "
                "DNS server answers."
            )
        case 0:
            cause = f" ({reason})" if reason else ""
            return (
                f"Nobody answers at {registrar} by {settings.transport.upper()}{cause}: check "
                f"{field}.registrar and {field}.transport, the network, and the firewall."
            )
        case 403:
            return (
                f"{registrar} refuses {address_of(settings)}: check {field}.user, {field}.auth_user and "
                f"{field}.password_file, and whether the PBX lets this address register."
            )
        case 404:
            return f"{registrar} does not know {address_of(settings)}: check {field}.user and {field}.domain."
        case 423:
            return f"{registrar} wants longer registrations: raise {field}.expires_s."
        case _:
            pass
    if given.code // 100 == 3:  # noqa: PLR2004 - RFC 3261 §21.3
        return f"{registrar} has moved, {reason}: set {field}.registrar to its new address."
    if given.code // 100 == 5:  # noqa: PLR2004
        return (
            f"{registrar} reports a fault of its own, {given.code} {reason}: nothing to change here; if it stays so, "
            f"check {field}.registrar."
        )
    return f"{registrar} answers {given.code} {reason}: check {field}.user, {field}.domain and {field}.registrar."


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
    if end.cause is Cause.AUDIO_FAILED:
        return f"The call ended with its sound card, as {end.reason}: check audio.capture, audio.playback and the card."
    if end.cause is Cause.ICE_FAILED and over.media.ice:
        return (
            f"No sound has come from {over.remote.uri} for {settings.deadlines.rtp_s:g} s on the path that ICE found: "
            "check the network, and the TURN server if sip.turn_server is set."
        )
    if end.cause is Cause.ICE_FAILED:
        field = f"account.{over.account}.ice" if over.account else "sip.ice"
        return (
            f"ICE found no path for sound to {over.remote.uri}: check whether firewalls let UDP through between "
            f"here and there; without {field} sound goes to the first address that the far end names."
        )
    if end.cause is Cause.RTP_TIMEOUT:
        return (
            f"No sound has come from {over.remote.uri} for {settings.deadlines.rtp_s:g} s: check the network and "
            "whether a firewall lets UDP through in both directions."
        )
    if over.direction is Direction.INCOMING or over.times.connected_since is not None or end.cause in PEOPLE:
        return ""
    if end.cause in {Cause.SHUTDOWN, Cause.ERROR}:
        return ""  # reported as the station's own failure
    return refused(settings, over, end)


def refused(settings: Settings, over: Call, end: End) -> str:
    """Explain an outgoing call that the far end, the PBX or the network did not accept."""
    account = settings.account(over.account)
    whom = f"target.{over.remote.target}" if over.remote.target else ""
    address = f"{whom}.uri" if whom else "the address that was called"
    peer, said = over.remote.uri, f"{end.code} {end.reason}".rstrip()
    if end.code in UNAUTHORIZED and account is None:
        through = f"set {whom}.account to an account there" if whom else "call it through an account there"
        return f"{peer} wants a password, and the call went through no account: {through}."
    if end.code in UNAUTHORIZED and account is not None:
        field = f"account.{account.name}"
        return f"{account.registrar} rejects the password: check {field}.password_file and {field}.auth_user."
    if end.code == 403:  # noqa: PLR2004 - RFC 3261 §21.4.4
        return f"{peer} refuses the call ({said}): check {address}, and whether the far end lets this station call."
    if end.code in UNKNOWN:
        return f"{peer} is not known there ({said}): check {address}."
    if end.code in NO_AGREEMENT:
        encrypted = "" if account is None else f", and account.{account.name}.srtp"
        return f"{peer} accepts none of the offered codecs and encryption ({said}): check sip.codecs{encrypted}."
    if end.cause is Cause.UNAVAILABLE and (end.code in NOBODY or end.by is not By.REMOTE):
        where = peer if account is None else account.registrar
        cause = f" ({end.reason})" if end.code in NOBODY and end.reason else ""
        return f"Nobody answers at {where}{cause}: check {address}, the network, and the firewall."
    if end.code // 100 == 3:  # noqa: PLR2004 - RFC 3261 §21.3
        return f"{peer} has another address ({said}): set {address} to the new address."
    if end.cause in {Cause.SERVER_ERROR, Cause.UNAVAILABLE}:
        return f"{peer} cannot be reached now ({said}): nothing to change here; if this continues, check {address}."
    return f"{peer} did not accept the call ({said}): check {address}."
