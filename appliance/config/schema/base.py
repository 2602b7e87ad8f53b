"""The base class of all tables, and common types of settings."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from appliance.base.printable import JOINERS, printable
from appliance.core.model import TransferPolicy

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
ID_ALLOWED = "a name of at most 32 small letters, digits, - and _, beginning with a letter or digit"
Srtp = Literal["off", "optional", "mandatory"]
LONGEST_NAME = 64
NAME_ALLOWED = (
    f"at most {LONGEST_NAME} printable characters of any language, emoji included, without a space at the begin or end"
)
WORDED = "worded"  # the type of an error whose message says what is wrong
_FILE = r"^(/[^\x00]{1,1000})?$"
USER = r"[A-Za-z0-9._~+*#-]{1,64}"


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
    extra: dict[str, Any] = {}  # not by a loop: each start pays for it 230 times
    if allowed:
        extra["allowed"] = allowed
    if why:
        extra["why"] = why
    if unit:
        extra["unit"] = unit
    if example:
        extra["example"] = example
    if secret:
        extra["secret"] = secret
    if live:
        extra["live"] = live
    # As Field() ends, which looks for 30 arguments of earlier versions first.
    return FieldInfo.from_field(description=text, json_schema_extra=extra, **rest)


def wrong_name(text: str) -> str:
    """Return why a name for people is not allowed, or ""."""
    if len(text) > LONGEST_NAME:
        return f"it has {len(text)} characters, and may have {LONGEST_NAME}"
    wrong = next((each for each in text if not printable(each)), "")
    if wrong:
        from unicodedata import name  # noqa: PLC0415 - only for an error

        return f"the character U+{ord(wrong):04X} ({name(wrong, 'unnamed')}) is not allowed"
    if not text.strip(f" {JOINERS}") and text:
        return "nothing of it can be seen"
    return "" if text == text.strip() else "a space at its begin or end is not allowed"


def name_text(text: str) -> str:
    """Check a name for people."""
    if wrong := wrong_name(text):
        raise PydanticCustomError(WORDED, "{wrong}", {"wrong": wrong})
    return text


Name = Annotated[str, AfterValidator(name_text)]


def name_setting(of: str, example: str) -> Any:
    """The setting for the name that people read in place of the id of such a part."""
    return setting(
        f"Name of the {of} for people: on the page, in the lists of calls and openings, on the command line, and in "
        "events beside its id. Empty: the id is shown.",
        allowed=NAME_ALLOWED,
        default="",
        example=example,
        live=True,
    )


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
