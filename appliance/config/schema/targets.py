"""[target.NAME], [plan.NAME] and [directory]."""

import re
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from appliance.config.schema.addresses import sip_uri
from appliance.config.schema.base import USER, Name, Srtp, Table, file_setting, name_setting, setting
from appliance.core.model import Watch


class TargetTable(Table):
    """A person or phone that a button rings, and that may call. One [target.<name>] for each."""

    name: Name = name_setting("target", "Kitchen")
    account: str = setting(
        "Account for calls to and from the target: the name of an [account.…] table. Empty: none; calls go directly "
        "to its address.",
        default="",
    )
    uri: str = setting(
        "SIP address; with an account, a number is enough. Calls and messages count as the target's only if they "
        "come from this IP address, from an address of this name (if the name cannot be resolved, the caller is a "
        "stranger), or, with an account, from the account's registrar.",
        allowed='a SIP address such as "sip:kitchen@192.0.2.8:5060"',
        example="sip:kitchen@192.0.2.8",
    )
    doors: list[str] = setting(
        "Doors that this target may open with digits: names of [door.…] tables.", default=[], example=["front"]
    )

    password_file: str | None = setting(
        "File that contains the password of the target's calls (digest; the user name is the user of its uri), from "
        "every address; for a target without an account. At least 8 characters. After 5 wrong passwords from one "
        "address, or 15 from addresses that the target has not called from, no password is accepted for 30 s; the "
        "time doubles with each further failure, up to an hour. Permissions as for account.password_file. Without this "
        "setting: none.",
        allowed="an absolute path, or the name of a credential",
        default=None,
        example="kitchen-password",
        pattern=r"^(/[^\x00]{1,1000}|[A-Za-z0-9_.-]{1,100})$",
    )

    accept_address: bool = setting(
        "Accept the address as the only proof of who calls, for what this target may do: open `doors` with digits, "
        "and hear the room with `auto_answer`. Without it, --check and the doctor warn about such a target, because "
        "machines in the network can forge an address. A password_file or an account is better proof.",
        default=False,
    )
    srtp: Srtp = setting(
        "Whether sound is encrypted in calls to and from this target, if it has no account (SRTP with keys in the "
        "SDP). optional: if the other side supports it. mandatory: calls without it fail; use it if the phone "
        "requires SRTP. Set the same at two stations: optional calls mandatory in vain (488). Calls from the target "
        "are recognized by their address, or by its password. Then only machines that see the SIP messages can listen, "
        "or send sound and digits into the call.",
        default="off",
    )
    auto_answer: bool = setting(
        "Answer calls from the target automatically if they ask for it (Call-Info answer-after, Alert-Info or "
        "Answer-Mode), after a tone of at least a second, and only while no other call is in the foreground. The "
        "caller then hears the room.",
        default=False,
    )
    watch: Watch = setting(
        "Whether to check from time to time that the target can be reached, before it is rung. options: by the SIP "
        "request of that name, which every phone answers. subscribe: by a subscription at its PBX (SUBSCRIBE), "
        "which reports at once whether the target is available or talking; for a target with an account.",
        default=Watch.OFF,
        strict=False,
    )
    watch_s: int = setting(
        "How often to check. With subscribe this is the longest time until a PBX that has lost the subscription "
        "gets a new one.",
        unit="s",
        default=60,
        ge=5,
        le=3600,
    )
    confirm: str = setting(
        "Digit that must be pressed within 15 s of the answer to a visitor's ring, while a tone asks for it; only "
        "then is sound connected. This excludes answering machines. Empty: none.",
        allowed='one of 0 to 9, * and #, or ""',
        default="",
        pattern=r"^[0-9*#]?$",
    )

    @field_validator("uri")
    @classmethod
    def _is_address(cls, text: str, known: ValidationInfo) -> str:
        return text if known.data.get("account") and re.fullmatch(USER, text) else sip_uri(text)


class DirectoryTable(Table):
    """The directory: flats that visitors ring by their number at a keypad, or from the list on the display."""

    file: str = file_setting(
        'CSV file with a line for each flat: flat, name, targets, and optionally doors. The target "browsers" is the '
        "station's page. Empty: none. It is read again with the configuration."
    )
    step_s: int = setting(
        "How long each target of a flat rings before the next one. At most deadlines.ringing_s.",
        unit="s",
        default=30,
        ge=2,
        le=600,
    )


class PlanTable(Table):
    """Targets that a press rings, step after step until one answers. One [plan.<name>] for each."""

    steps: list[Annotated[list[str], Field(min_length=1, max_length=8)]] = setting(
        "Targets of each step: names of [target.…] tables, which ring at the same time. The next step begins when "
        "the time of the step is over, or when all its targets have refused or cannot be reached; a step whose "
        'targets are known to be unavailable lasts 4 s. The page shows each ring; "browsers" in a step gives people '
        "the time of the step to answer there, though no phone rings.",
        allowed='1 to 8 lists of 1 to 8 names, as in [["kitchen", "hall"]]',
        example=[["kitchen"]],
        min_length=1,
        max_length=8,
    )
    step_s: list[Annotated[int, Field(ge=2, le=600)]] = setting(
        "How long each step rings; the last number applies to all further steps. At most deadlines.ringing_s.",
        unit="s",
        allowed="a list of whole numbers from 2 to 600",
        default=[30],
        min_length=1,
        max_length=8,
    )
    cycles: int = setting("How often to repeat all steps until a target answers.", default=1, ge=1, le=10)
