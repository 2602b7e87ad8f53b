"""Why a receiver cannot be used: in a sentence each, with what to do."""

import http
import http.client
import socket
import ssl

from appliance.base.errors import IntercomError, reason
from appliance.outlet.faults import certificate, unavailable
from appliance.outlet.settings import Webhook
from appliance.outlet.webhooks.addresses import RefusedError

_REDIRECTS = range(http.HTTPStatus.MULTIPLE_CHOICES, http.HTTPStatus.BAD_REQUEST)
_CAUSES: dict[type[Exception], tuple[str, str]] = {
    ConnectionRefusedError: ("Nothing listens there.", "Start the receiver, or correct {url}."),
    TimeoutError: ("It does not answer in time.", "Check the receiver, the cable, and the firewall."),
}
_REMEDY = {
    http.HTTPStatus.UNAUTHORIZED: "Give both sides the same secret, and set the clocks of both.",
    http.HTTPStatus.FORBIDDEN: "Give both sides the same secret, and set the clocks of both.",
    http.HTTPStatus.NOT_FOUND: "Correct the path in {url}.",
    http.HTTPStatus.METHOD_NOT_ALLOWED: "Correct the path in {url}: the receiver must take POST there.",
    http.HTTPStatus.GONE: "It wants no more events: remove the table {table}.",
}


def of_request(error: Exception, of: Webhook, host: str) -> IntercomError:
    """Why no answer came."""
    if isinstance(error, IntercomError):
        return error
    message, url = f"The receiver {of.name} cannot be reached.", f"webhook.{of.name}.url"
    match error:
        case RefusedError():
            return _refused(error, of)
        case ssl.SSLCertVerificationError():
            return certificate(
                error,
                f"The certificate of the receiver {of.name} is not trusted.",
                "the receiver",
                host,
                name_setting=url,
                ca_setting=f"webhook.{of.name}.ca_file",
            )
        case socket.gaierror() | UnicodeError():
            cause, resolution = f"The name {host} has no address.", f"Check {url}, and the DNS of this network."
        case ssl.SSLError() if error.reason != "WRONG_VERSION_NUMBER":
            cause, resolution = f"TLS failed: {error.reason or reason(error)}.", "Check its certificate, and its log."
        case _:
            cause, resolution = _CAUSES.get(type(error)) or _otherwise(error)
    return unavailable(message, cause, resolution.format(url=url))


def _otherwise(error: Exception) -> tuple[str, str]:
    if isinstance(error, ssl.SSLError):
        return "It does not speak TLS at this port.", "Correct the port in {url}."
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "It ends the connection.", "See the log of the receiver."
    if isinstance(error, http.client.HTTPException):
        return "Its answer is not HTTP.", "Correct the port in {url}."
    return f"{reason(error)}.", "Check {url}, the cable, and the routes of this machine."


def _refused(error: RefusedError, of: Webhook) -> IntercomError:
    message, url = f"The receiver {of.name} is not connected to.", f"webhook.{of.name}.url"
    if error.forbidden:
        return unavailable(
            message, f"No receiver may have the address {error.address}.", f"Name another machine in {url}."
        )
    if error.plain:
        return unavailable(
            message,
            f"{error.address} is no local address, and everyone on the way could read and change events.",
            f"Use https: in {url}.",
        )
    return unavailable(
        message,
        f"{error.address} is a local address.",
        f"Set webhook.{of.name}.local = true if the receiver is in the local network, or on this machine.",
    )


def of_file(error: OSError | ValueError, of: Webhook) -> IntercomError:
    """Why the file with the authorities cannot be used. Python names no file in these errors."""
    return unavailable(
        f"The authorities for the receiver {of.name} cannot be used.",
        f"{reason(error)}: {of.ca_file or 'those of the system'}.",
        f"Give a file in PEM form that the service's user may read in webhook.{of.name}.ca_file.",
    )


def of_status(status: int, of: Webhook) -> IntercomError:
    """Why an answer is no success."""
    message, url = f"The receiver {of.name} does not take the events.", f"webhook.{of.name}.url"
    if status in _REDIRECTS:
        return unavailable(
            message,
            f"It sends the station elsewhere ({status}), and no such word is followed.",
            f"Write the address where it takes events into {url}.",
        )
    try:
        words = f" {http.HTTPStatus(status).phrase}"
    except ValueError:
        words = ""
    remedy = _REMEDY.get(http.HTTPStatus(status) if words else http.HTTPStatus.OK, "See the log of the receiver.")
    return unavailable(message, f"It answers {status}{words}.", remedy.format(url=url, table=f"webhook.{of.name}"))
