"""Why a broker cannot be used: in a sentence each, with what to do."""

import socket
import ssl
from collections.abc import Sequence

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.outlet.settings import Settings

# Reason codes of CONNACK (MQTT 5 §3.2.2.2); paho gives those of MQTT 3.1.1 as these.
MALFORMED, PROTOCOL_ERROR, OLD, NAME, PASSWORD, NOT_ALLOWED = 0x81, 0x82, 0x84, 0x85, 0x86, 0x87
# X509_V_ERR of OpenSSL
_NOT_YET, _EXPIRED, _STRANGERS, _OTHER_NAME = 9, 10, (2, 18, 19, 20, 21), (62, 64)


def unavailable(message: str, cause: str, resolution: str) -> IntercomError:
    """The error."""
    return IntercomError(ErrorCode.SERVER_UNREACHABLE, message, cause, resolution)


def finding(level: str, message: str, cause: str = "", resolution: str = "") -> Json:
    """A finding of an examination, as the daemon reads it."""
    return {"level": level, "message": message, "cause": cause, "resolution": resolution}


def of_connecting(error: OSError | ValueError, of: Settings) -> IntercomError:
    """Why there is no connection."""
    message = f"The broker {of.where} cannot be reached."
    match error:
        case ssl.SSLCertVerificationError():
            return certificate(
                error,
                f"The certificate of the broker {of.where} is not trusted.",
                "the broker",
                of.host,
                name_setting="mqtt.host",
                ca_setting="mqtt.ca_file",
            )
        case ssl.SSLError() if error.reason == "WRONG_VERSION_NUMBER":
            cause, resolution = "It does not speak TLS at this port.", "Give its port for TLS, which mostly is 8883."
        case ssl.SSLError():
            cause = f"TLS failed: {error.reason or reason(error)}."
            resolution = "Check the certificates, and the log of the broker."
        case socket.gaierror():
            cause, resolution = f"The name {of.host} has no address.", "Check mqtt.host, and the DNS of this network."
        case ConnectionResetError():
            cause = f"It ends the connection.{' Perhaps it does not speak TLS at this port.' if of.tls else ''}"
            resolution = "Check mqtt.port: brokers use 8883 for TLS, and 1883 without."
        case ConnectionRefusedError():
            cause, resolution = "Nothing listens there.", "Start the broker, or correct mqtt.host and mqtt.port."
        case TimeoutError():
            cause, resolution = "Nobody answers.", "Check mqtt.host, the cable, and the firewall of the broker."
        case _:
            cause, resolution = f"{reason(error)}.", "Check mqtt.host, the cable, and the routes of this machine."
    return unavailable(message, cause, resolution)


def of_files(error: OSError | ValueError, of: Settings) -> IntercomError:
    """Why the files of TLS cannot be used. Python names no file in these errors."""
    files = ", ".join(filter(None, (of.ca_file, of.certificate_file, of.key_file))) or "the authorities of the system"
    return unavailable(
        "The certificates for the broker cannot be used.",
        f"{reason(error)}: {files}.",
        "Give files in PEM form that the service's user may read, the key without a password.",
    )


def certificate(
    error: ssl.SSLCertVerificationError, message: str, whose: str, host: str, *, name_setting: str, ca_setting: str
) -> IntercomError:
    """Why the certificate of `whose` is not trusted. name_setting, ca_setting: of its name, and of its authorities."""
    code, said = error.verify_code, error.verify_message
    if code == _NOT_YET:
        return unavailable(message, "It is not yet valid.", "Set the clock of this machine, which may be slow.")
    if code == _EXPIRED:
        return unavailable(message, "It has expired.", f"Renew it at {whose}, or set the clock of this machine.")
    if code in _OTHER_NAME:
        return unavailable(
            message,
            f"It is not for {host}: {said}.",
            f"Give a name in {name_setting} that the certificate has, or {whose} a certificate with this name.",
        )
    if "key usage" in said.lower():  # Python 3.13 asks for what many guides leave out
        return unavailable(
            message,
            f"Its authority is not made as RFC 5280 asks: {said}.",
            "Make the authority again, with keyUsage = critical, keyCertSign, cRLSign.",
        )
    if code in _STRANGERS:
        return unavailable(
            message,
            f"Another authority has signed it: {said}.",
            f"Name the file with the authority of {whose} in {ca_setting}.",
        )
    return unavailable(message, f"{said}.", f"Check the certificate of {whose}.")


def of_refusal(code: int, said: str, of: Settings) -> IntercomError:
    """Why the broker refuses the connection."""
    message = f"The broker {of.where} refuses the station."
    if code in {NAME, PASSWORD, NOT_ALLOWED}:
        who = f"the user {of.user}" if of.user else "a client without a user name"
        if code == NAME:
            who = f"the client intercomd-{of.device}"
        return unavailable(
            message,
            f"It does not accept {who}: {said}.",
            "Correct mqtt.user, and the password in mqtt.password_file; mosquitto_passwd sets it at the broker.",
        )
    return unavailable(message, f"It says: {said}.", "See the log of the broker.")


def of_silence(of: Settings) -> IntercomError:
    """The broker ended the connection, and did not say why."""
    cause = "It ended the connection without an answer."
    if of.tls:
        cause += (
            " With TLS it does so where it does not accept the station's certificate."
            if of.certificate_file
            else " With TLS it does so where it asks for a certificate of the station."
        )
    return unavailable(
        f"The broker {of.where} refuses the station.", cause, "See the log of the broker, which says why."
    )


def of_end(said: str, of: Settings) -> IntercomError:
    """A connection that had worked is over."""
    return unavailable(
        f"The connection to the broker {of.where} is lost.", f"{said}.", "The station connects again by itself."
    )


def of_short_ones(cause: str, of: Settings) -> IntercomError:
    """One connection after the other ends soon after the broker has accepted it."""
    return unavailable(
        f"No connection to the broker {of.where} lasts.",
        cause,
        f"See the log of the broker: perhaps another client has the name intercomd-{of.device} (mqtt.device), or it "
        "takes no message as large as one of the station.",
    )


def of_denial(topics: Sequence[str], of: Settings) -> IntercomError:
    """The broker refuses messages on topics."""
    who = f"user {of.user}" if of.user else "clients without a user name"
    above = sorted({f"{of.root}/#" if each.startswith(f"{of.root}/") else f"{each}/#" for each in topics})
    return unavailable(
        f"The broker {of.where} does not let the station use {', '.join(topics)}.",
        "Its access list does not allow it.",
        f"Allow it there; in the file of mosquitto below {who}: topic readwrite {', topic readwrite '.join(above)}",
    )


def of_token(of: Settings) -> IntercomError:
    """The token of orders is not there, or no longer valid."""
    return unavailable(
        "Orders by MQTT are refused.",
        f"There is no valid token {of.token}.",
        f"Make one with intercomctl token add {of.token}, or correct mqtt.token.",
    )
