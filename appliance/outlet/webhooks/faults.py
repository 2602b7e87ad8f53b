"""Why a receiver cannot be used: in a sentence each, with what to do."""

import http
import http.client
import socket
import ssl

from appliance.base.errors import IntercomError, reason
from appliance.outlet.faults import certificate, unavailable
from appliance.outlet.settings import Webhook
from appliance.outlet.webhooks.addresses import RefusedError

SIGNATURES = "Give both sides the same secret, and set the clocks of both."
_REDIRECTS = range(http.HTTPStatus.MULTIPLE_CHOICES, http.HTTPStatus.BAD_REQUEST)


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
            cause, resolution = _otherwise(error, url)
    return unavailable(message, cause, resolution)


def _otherwise(error: Exception, url: str) -> tuple[str, str]:
    match error:
        case ConnectionRefusedError():
            return "Nothing listens there.", f"Start the receiver, or correct {url}."
        case TimeoutError():
            return "It does not answer in time.", "Check the receiver, the cable, and the firewall."
        case ssl.SSLError():
            return "It does not speak TLS at this port.", f"Correct the port in {url}."
        case http.client.RemoteDisconnected() | ConnectionError():
            return "It ends the connection.", "See the log of the receiver."
        case http.client.HTTPException():
            return "Its answer is not HTTP.", f"Correct the port in {url}."
        case _:
            return f"{reason(error)}.", f"Check {url}, the cable, and the routes of this machine."


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


def of_age(of: Webhook) -> IntercomError:
    """Why an event does not go to another station."""
    return unavailable(
        f"The station {of.name} does not get the event.",
        "It could not be reached while the event was new.",
        f"Look for the reason in what appliance.degraded says of webhook.{of.name}.",
    )


def of_delay(of: Webhook) -> IntercomError:
    """Why a receiver is not asked: the ring or the call waits no longer."""
    return unavailable(
        f"The receiver {of.name} was not asked.",
        "The station was so busy that the wait for an answer was over before.",
        f"Look what keeps the station busy, or set webhook.{of.name}.answer_s higher.",
    )


def of_room(of: Webhook, most: int) -> IntercomError:
    """Why a receiver is not asked: it is busy with other questions."""
    return unavailable(
        f"The receiver {of.name} was not asked.",
        f"It has not answered {most} other questions.",
        "Have it answer sooner; see its log.",
    )


def of_status(status: int, of: Webhook, *, clocks_apart: bool) -> IntercomError:
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
    return unavailable(message, f"It answers {status}{words}.", _remedy(status, of, clocks_apart=clocks_apart))


def _remedy(status: int, of: Webhook, *, clocks_apart: bool) -> str:
    name, url = of.name, f"webhook.{of.name}.url"
    match status:
        case http.HTTPStatus.UNAUTHORIZED | http.HTTPStatus.FORBIDDEN if of.to_station:
            return f"Write a token of that station, with the scope call, into webhook.{name}.secret_file."
        case http.HTTPStatus.UNAUTHORIZED | http.HTTPStatus.FORBIDDEN:
            return SIGNATURES
        case http.HTTPStatus.NOT_FOUND:
            return f"Correct the path in {url}."
        case http.HTTPStatus.METHOD_NOT_ALLOWED:
            return f"Correct the path in {url}: the receiver must take POST there."
        case http.HTTPStatus.GONE:
            return f"It wants no more events: remove the table webhook.{name}."
        case _:
            return SIGNATURES if clocks_apart else "See the log of the receiver."
