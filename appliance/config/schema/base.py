"""What all settings share."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from appliance.core.model import TransferPolicy

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
ID_ALLOWED = "a name of at most 32 small letters, digits, - and _, beginning with a letter or digit"
Srtp = Literal["off", "optional", "mandatory"]
_FILE = r"^(/[^\x00]{1,1000})?$"
USER = re.compile(r"[A-Za-z0-9._~+*#-]{1,64}")


def setting(
    text: str,
    *,
    allowed: str = "",
    why: str = "",
    unit: str = "",
    example: Any = None,
    secret: bool = False,
    live: bool = False,
    **rest: Any,
) -> Any:
    """A setting; without `default` or `default_factory` in `rest` it is required.

    allowed: the allowed values, if type and range do not say them; why: the reason for a bound; example: a value for
    the example file instead of the default; secret: no message shows the value; live: a change applies
    without a restart.
    """
    extra = {"allowed": allowed, "why": why, "unit": unit, "example": example, "secret": secret, "live": live}
    return Field(description=text, json_schema_extra={key: value for key, value in extra.items() if value}, **rest)


def file_setting(text: str) -> Any:
    """The setting for a file that may be left out."""
    return setting(text, allowed='an absolute path, or ""', default="", pattern=_FILE)


def key_file_setting() -> Any:
    """The setting for the private key of the certificate that the setting before it names."""
    return file_setting(
        "File with the private key of that certificate (PEM, without a password); only the service's user may read it "
        "(mode 0600). Empty: none."
    )


def live_table(**rest: Any) -> Any:
    """A table, all of whose settings are live."""
    return Field(json_schema_extra={"live": True}, **rest)


def transfer_policy_setting(calls: str) -> Any:
    """The setting for transfers that the far end requests, in `calls`."""
    return setting(
        f"How to handle transfers that the other side requests (REFER, INVITE with Replaces) in {calls}. follow: do "
        "as requested; the other side can then make this station call any address, at your cost, and put anybody in "
        "its own place. ask: report the REFER to the clients, one of which decides; a call that replaces another "
        "rings. refuse: refuse both.",
        default=TransferPolicy.REFUSE,
        strict=False,
        live=True,
    )


def ice_setting(calls: str) -> Any:
    """The setting for ICE, in `calls`."""
    return setting(
        f"Whether {calls} use ICE: try all addresses of both sides and select a pair that works, instead of the "
        "first address that each side names. Use it where several networks lead to the other side. Calls with a far "
        "end without ICE work as before. If ICE finds no path, the call ends.",
        default=False,
    )


class Table(BaseModel):
    """A table of the file: no key that it does not know, no value that only looks like the right type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)
