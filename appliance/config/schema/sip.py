"""[sip], [account.NAME] and [deadlines]: signalling."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from appliance.config.schema.addresses import (
    LEAST_PORTS,
    ip_address_text,
    ip_place_text,
    port_range,
    registrar_text,
    stun_server_text,
)
from appliance.config.schema.base import (
    USER,
    Name,
    Srtp,
    Table,
    file_setting,
    ice_setting,
    key_file_setting,
    name_setting,
    setting,
    transfer_policy_setting,
)
from appliance.core.model import Announcement, CodecName, DigitsBy, TransferPolicy, UpdatePolicy


class SipTable(Table):
    """Calls: where SIP listens, and the rules for calls without an account."""

    address: Annotated[str, AfterValidator(ip_address_text)] = setting(
        "Address that SIP listens on. 0.0.0.0: all addresses of the machine, IPv4 and IPv6. ::: all of them, IPv6 "
        "only. With either, each far end gets the address of the route to it, even if the machine is in two "
        "networks.",
        allowed="an IPv4 or IPv6 address",
        default="0.0.0.0",  # noqa: S104 - a phone that is called from the network; strangers are refused by `callers`
    )
    port: int = setting("UDP port that SIP listens on. 0: any free one.", default=5060, ge=0, le=65535)
    rtp_ports: Annotated[str, AfterValidator(port_range)] = setting(
        "Range of UDP ports that receive sound (RTP and RTCP). Each call uses a random pair, so that nobody can "
        "send sound into a call by trying the ports in order. A firewall must let all of them through.",
        allowed=f'a range of at least {LEAST_PORTS} ports from 1024 to 65535, such as "10000-19999"',
        default="10000-19999",
    )
    callers: Literal["targets", "anyone"] = setting(
        'Which calls without an account are accepted: only those of the [target.…] tables, or all. "anyone" lets '
        "every machine that reaches the port ring this station.",
        default="targets",
        live=True,
    )
    transfer_policy: TransferPolicy = transfer_policy_setting("calls that go or come through no account")
    ice: bool = ice_setting("calls that go or come through no account")
    stun_server: Annotated[str, AfterValidator(stun_server_text)] = setting(
        "STUN server that reports the public address of this station, for calls with ICE, as browsers make, to and "
        "from other networks. The station checks it every 30 s; while the server does not answer, calls do without it. "
        "Empty: none.",
        allowed='a name or an IPv4 address, and a port if it is not 3478, such as "stun.example", or ""',
        default="",
    )
    turn_server: Annotated[str, AfterValidator(stun_server_text)] = setting(
        "TURN server that relays the sound of calls with ICE, as browsers make, where no direct way works, by UDP. "
        "The station checks it every 30 s; while the server does not answer, calls do without it. Empty: none.",
        allowed='a name or an IPv4 address, and a port if it is not 3478, such as "turn.example", or ""',
        default="",
    )
    turn_user: str = setting(
        "User name at the TURN server.",
        allowed='at most 128 printable characters without " and \\',
        default="",
        pattern=r'^[^\x00-\x1f\x7f"\\]{0,128}$',
    )
    turn_password_file: str = setting(
        "File with the password at the TURN server, with permissions as for account.password_file, or the name of a "
        "systemd credential.",
        allowed='an absolute path, the name of a credential, or ""',
        default="",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})?$",
    )
    max_calls: int = setting(
        "Limit of simultaneous calls, including those that ring, wait or are held; one of them has the speaker and "
        "the microphone. Further calls are refused as busy. 1: no call waits. A conference of up to six counts as "
        "one.",
        default=4,
        ge=1,
        le=24,
        live=True,
    )
    max_call_s: float = setting(
        "Longest duration of a call after its answer. Both sides hear a tone ten seconds before the end. 0: no limit.",
        unit="s",
        default=3600.0,
        ge=0,
        le=86400,
        live=True,
    )
    updates: UpdatePolicy = setting(
        "How to handle changes that a far end requests in a call (hold, resume, codec, address). ask: a client "
        "accepts or refuses each of them within deadlines.update_s; without a decision it is refused. A request by "
        "UPDATE cannot wait and is refused at once.",
        default="accept",
        live=True,
    )
    max_redirects: int = setting(
        "How often a call of this station may be redirected (3xx) before it counts as refused. Redirections lead "
        "only to targets, and to numbers at the account of the call. 0: never.",
        default=4,
        ge=0,
        le=10,
        live=True,
    )
    digits_otherwise: DigitsBy = setting(
        "How to send digits to far ends that do not accept RFC 4733 (telephone-event): by INFO, or as tones in the "
        "sound. none: the request fails with the error digits-unsupported.",
        default=DigitsBy.NONE,
        strict=False,
        live=True,
    )
    codecs: list[CodecName] = setting(
        "Codecs to offer and accept, the preferred one first.",
        default=["opus", "G722", "PCMA", "PCMU"],
        min_length=1,
    )
    opus_complexity: int | None = setting(
        "Effort of Opus to make the sound that it sends better, against time of the processor. Unset: by the board: 2 "
        "on a Raspberry Pi 1 or Zero, 8 on a Raspberry Pi 4 or later, 5 on others.",
        default=None,
        example=5,
        ge=0,
        le=10,
    )
    trace: bool = setting(
        "Write each SIP message to sip.trace in the state directory, to search for faults. It has 10 MB at most, and "
        "sip.trace.1 as much of what was before. Both show who calls whom.",
        default=False,
    )


class AccountTable(Table):
    """An address at a registrar, such as an extension of a PBX. One [account.<name>] for each."""

    name: Name = name_setting("account", "House PBX")
    user: str = setting(
        "User part of the address: the extension.",
        allowed="1 to 64 letters, digits and any of . _ ~ + * # -",
        pattern=f"^{USER}$",
        example="201",
    )
    registrar: Annotated[str, AfterValidator(registrar_text)] = setting(
        "Address of the PBX: a name or an IP address (IPv6 in brackets), and a port. A name without a port is "
        "looked up by SRV records in DNS (RFC 3263); without them the port is 5060, or 5061 for TLS. For TLS, the "
        "certificate of the PBX must be valid for this name or address.",
        allowed='an address such as "pbx.example" or "sip:192.0.2.5:5080"',
        example="sip:pbx.example:5060",
    )
    transport: Literal["udp", "tcp", "tls"] = setting(
        "Transport protocol. tls: encrypted, and only with a PBX whose certificate is valid; see [tls].",
        default="udp",
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted (SRTP with keys in the SDP). optional: if the other side supports it. "
        "mandatory: calls without it fail; use it if the PBX requires SRTP. Unless the transport is tls, the keys "
        "can be read by everyone who can read the SIP messages.",
        default="off",
    )
    proxies: list[Annotated[str, AfterValidator(registrar_text)]] = setting(
        "Outbound proxies, used instead of the registrar's address. The first is used while it answers, then the "
        "second, and so on.",
        allowed='a list of addresses such as "edge1.example" or "192.0.2.5:5080", at most 4',
        default=[],
        max_length=4,
    )
    other_addresses: list[Annotated[str, AfterValidator(ip_place_text)]] = setting(
        "More addresses of the PBX than those of its name. Give them if it answers from another address than the one "
        "that it is asked at (the event answer.doubted shows both). Calls from them count as calls from the PBX.",
        allowed='a list of IP addresses, with a port if it is another, such as "192.0.2.6:5080", at most 4',
        default=[],
        max_length=4,
    )
    domain: str = setting(
        "Domain of the address. Empty: the host of the registrar.",
        allowed='the name of a domain, an IPv4 address, or ""',
        default="",
        pattern=r"^([A-Za-z0-9.-]{1,253})?$",
    )
    auth_user: str = setting(
        "User name for the authentication. Empty: same as `user`.",
        allowed='at most 128 printable characters without " and \\',
        default="",
        pattern=r'^[^\x00-\x1f\x7f"\\]{0,128}$',
    )
    password_file: str = setting(
        "File that contains the password and nothing else; only the service's user may read it (mode 0600). A name "
        "without a slash is the name of a systemd credential (LoadCredential=).",
        allowed="an absolute path, or the name of a credential",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})$",
        example="/etc/intercomd/office.password",
    )
    expires_s: int = setting(
        "Lifetime of the registration, if it is not renewed.",
        unit="s",
        default=300,
        ge=60,
        le=86_400,
    )
    refresh_s: int = setting(
        "How often to renew the registration. After a restart of the registrar, calls arrive again with the next "
        "renewal; the default is therefore short. Use a longer time if a provider requires it.",
        unit="s",
        default=8,
        ge=5,
        le=3600,
        live=True,
    )
    callers: Literal["registrar", "targets", "anyone"] = setting(
        "Which calls to this address are accepted: all from the registrar, only those of this account's targets, or "
        'all. "anyone" lets every machine that reaches the port ring this station; a caller counts as a target only '
        "if the call came from the registrar.",
        default="registrar",
        live=True,
    )
    inband_digits: bool = setting(
        "Whether digits that are detected in the sound may open a door, like digits by RFC 4733 or INFO. Everyone "
        "who can be heard in the call, or can play a sound into it, can send such digits. Use it only if the PBX "
        "has no other way.",
        default=False,
        live=True,
    )
    announce_incoming: Announcement | None = setting(
        "How to announce recordings of calls to this account. Unset: as in [recording].",
        default=None,
        strict=False,
        example="text",
        live=True,
    )
    announce_outgoing: Announcement | None = setting(
        "The same for calls from this account.", default=None, strict=False, example="text", live=True
    )
    transfer_policy: TransferPolicy = transfer_policy_setting("calls through this account")
    ice: bool = ice_setting("calls through this account")


class TlsTable(Table):
    """Certificates, for accounts whose transport is tls. The files are read for each connection."""

    ca_file: str = setting(
        "File with the certificates (PEM) of the trusted authorities: those of the system, or the PBX's own.",
        allowed="an absolute path",
        default="/etc/ssl/certs/ca-certificates.crt",
        pattern=r"^/[^\x00]{1,1000}$",
    )
    verify: bool = setting(
        "Whether the PBX must show a valid certificate for its name, signed by one of these authorities. false: "
        "anyone between the station and the PBX can impersonate the PBX, listen to calls and open doors.",
        default=True,
    )
    certificate_file: str = file_setting(
        "File with the certificate (PEM) of this station, for a PBX that requires one. Empty: none."
    )
    key_file: str = key_file_setting()


def _deadline(text: str, default: float) -> Any:
    return setting(text, unit="s", default=default, ge=1, le=600)


class DeadlinesTable(Table):
    """Longest time of a call in each state; after it the call is ended."""

    dialing_s: float = _deadline("Our call has no answer yet, not even ringing.", 32.0)
    ringing_s: float = _deadline("Our call rings at the far end.", 60.0)
    early_media_s: float = _deadline("The far end sends sound, but does not answer.", 60.0)
    incoming_s: float = _deadline(
        "A call to us is not answered. A caller may set a shorter time by `Expires` in its INVITE.", 60.0
    )
    connecting_s: float = _deadline("The call is answered, but not confirmed (ACK).", 32.0)
    disconnecting_s: float = _deadline("We hung up, and the far end does not confirm.", 5.0)
    update_s: float = _deadline("The far end requests a change of the call, and no client decides.", 10.0)
    rtp_s: float = _deadline(
        "No packet of sound or comfort noise comes from the far end, although it should. A phone that sends nothing "
        "at all while nobody speaks counts as gone: switch its silence suppression off, or set this longer.",
        30.0,
    )
    transfer_s: float = _deadline("A transfer is in progress, and its outcome is not reported.", 90.0)
    transfer_request_s: float = _deadline("A far end requests a transfer, and no client decides.", 60.0)
