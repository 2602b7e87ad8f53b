"""station.txt of the boot partition: the machine's name, network, time zone and source of updates."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path

ZONES = Path("/usr/share/zoneinfo")
NEEDS = (
    ("ROUTER", "ADDRESS"),
    ("NAME_SERVER", "ADDRESS"),
    ("RADIO_PASSWORD", "RADIO_NAME"),
    ("RADIO_NAME", "RADIO_COUNTRY"),
)
PASSWORD = re.compile("pas|psk|key", re.IGNORECASE)  # in a name that is meant for the password, but misspelt
# The radio gets a fixed address if there is one, else the cable.
NETWORK = """[Match]
Type={kind}

[Network]
Address={address}
{more}"""
# pmf and sae_pwe: what WPA 3 asks for, if the radio and the access point have it.
RADIO = """ctrl_interface=/run/wpa_supplicant
country={country}
pmf=1
sae_pwe=2
network={{
    ssid={name}
    {secured}
}}
"""
OPEN = "key_mgmt=NONE"
PASSPHRASE = 'psk="{}"\n    key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE'  # noqa: S105
HASHED = "psk={}\n    key_mgmt=WPA-PSK WPA-PSK-SHA256"  # WPA 3 needs the password
KEY = r"[0-9A-Fa-f]{64}"


def parse(text: str) -> tuple[dict[str, str], list[str]]:
    """The settings by name, and one sentence for each line that is left out because it cannot be right."""
    found: dict[str, str] = {}
    errors = []
    secured = True
    if "\0" in text:
        return found, ["The file is not UTF-8: save it as UTF-8."]
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = (each.strip() for each in line.partition("="))
        if not (error := _error(name, equals, value)):
            found[name] = value
            continue
        errors.append(f"Line {number}: {error}")
        if PASSWORD.search(name):  # without it, an open network would be joined, which anybody can make
            secured = False
    if not secured:
        found = {name: value for name, value in found.items() if not name.startswith("RADIO_")}
    return found, errors + _lonely(found)


def _lonely(found: dict[str, str]) -> list[str]:
    """Remove what has no effect without another setting, or beside it; one sentence for each."""
    errors = []
    for name, needed in NEEDS:
        if name in found and needed not in found:
            errors.append(f"{name} needs {needed}.")
            del found[name]
    if "ROUTER" in found and not (router := ipaddress.ip_address(found["ROUTER"])).is_link_local:
        network = ipaddress.ip_interface(found["ADDRESS"]).network
        if router not in network:
            errors.append(f"ROUTER is not in the network of ADDRESS, {network}.")
            del found["ROUTER"]
    return errors


def _error(name: str, equals: str, value: str) -> str:
    """Why the line is left out; without its value, which may be a password, also where another sign is before it."""
    if equals and name in CHECKS:
        wrong = "is not UTF-8: save the file as UTF-8" if "\ufffd" in value else CHECKS[name](value)
        return f"{name} {wrong}." if wrong else ""
    name = re.match(r"[A-Za-z_-]*", name)[0]
    if name in CHECKS:
        return f"write it as {name}=…"
    return f"there is no setting {name!r}; the settings are {', '.join(CHECKS)}."


def files(found: dict[str, str]) -> dict[str, str]:
    """The files below /run that these settings ask for, with their contents."""
    made = {}
    if "ADDRESS" in found:
        lines = [f"Gateway={found['ROUTER']}"] if "ROUTER" in found else []
        lines += [f"DNS={each}" for each in found.get("NAME_SERVER", "").split()]
        made["systemd/network/50-station.network"] = NETWORK.format(
            kind="wlan" if "RADIO_NAME" in found else "ether",
            # Written with a mask it is right, but networkd reads prefixes alone.
            address=ipaddress.ip_interface(found["ADDRESS"]).with_prefixlen,
            more="\n".join([*lines, ""]),
        )
    if "RADIO_NAME" in found:
        password = found.get("RADIO_PASSWORD", "")
        secured = (HASHED if re.fullmatch(KEY, password) else PASSPHRASE).format(password) if password else OPEN
        made["intercomd-image/radio.conf"] = RADIO.format(
            country=found["RADIO_COUNTRY"], name=found["RADIO_NAME"].encode().hex(), secured=secured
        )
    if "UPDATES" in found:
        made["intercomd-image/updates"] = found["UPDATES"] + "\n"
    return made


def _matches(pattern: str, wrong: str) -> Callable[[str], str]:
    return lambda value: "" if re.fullmatch(pattern, value) else wrong


def _address(value: str) -> str:
    try:
        ipaddress.ip_interface(value.replace("%", " "))  # networkd takes no scope
    except ValueError:
        return "is no address with its prefix, such as 192.0.2.20/24"
    return "" if "/" in value else "has no prefix: write it as in 192.0.2.20/24"


def _addresses(value: str) -> str:
    try:
        parsed = [ipaddress.ip_address(each) for each in value.replace("%", "/").split()]  # networkd takes no scope
    except ValueError:
        parsed = []
    return "" if parsed else "is no address, such as 192.0.2.1"


def _router(value: str) -> str:
    return _addresses(value) or ("" if len(value.split()) == 1 else "has more than one address")


def _zone(value: str) -> str:
    known = re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", value) and (ZONES / value).is_file()
    return "" if known else "is no time zone, such as Europe/Berlin"


def _radio_name(value: str) -> str:
    return "" if 1 <= len(value.encode()) <= 32 else "has not 1 to 32 bytes"  # noqa: PLR2004 - IEEE 802.11


CHECKS: dict[str, Callable[[str], str]] = {
    "HOST_NAME": _matches(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", "has more than letters, digits and -"),
    "ADDRESS": _address,
    "ROUTER": _router,
    "NAME_SERVER": _addresses,
    "RADIO_NAME": _radio_name,
    "RADIO_PASSWORD": _matches(
        rf"[ !#-~]{{8,63}}|{KEY}",
        "has not 8 to 63 characters of ASCII, or a quotation mark, and is no key of 64 hexadecimal digits; "
        "no radio is used",
    ),
    "RADIO_COUNTRY": _matches(r"[A-Z]{2}", "is no country, such as DE"),
    "TIME_ZONE": _zone,
    "UPDATES": _matches(r"https?://[!-~]+\.raucb", "is no address of a bundle: http(s)://….raucb"),
}
