"""What apt offers for the service, read from the lists that apt has: nobody in the network is asked."""

import re
from typing import NamedTuple

from appliance.system.packages import NAMES, PROGRAM

QUESTION = ("apt-cache", "policy", *NAMES)
ENGLISH = {"LC_ALL": "C.UTF-8"}  # apt translates its answers
# deb-version(7), and no longer than a person reads: the signer of the repository chooses the text.
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+:~-]{0,63}")
_INSTALLED_FILE = "/var/lib/dpkg/status"
_PACKAGE, _FIELD = re.compile(r"(\S+):"), re.compile(r"  (Installed|Candidate): (\S+)")
_LISTED, _SOURCE = re.compile(r" (?:\*\*\*|   ) (\S+) -?\d+"), re.compile(r" {8,} ?-?\d+ (\S+)")


class Package(NamedTuple):
    """A package as apt knows it. installed: "" for none. versions: all, newest first; whether each can be fetched."""

    installed: str = ""
    candidate: str = ""
    versions: tuple[tuple[str, bool], ...] = ()

    @property
    def offered(self) -> str:
        """The version that apt would install in place of an older one; "": none."""
        order = [version for version, _ in self.versions]
        if self.installed not in order or self.candidate not in order or not _VERSION.fullmatch(self.candidate):
            return ""
        return self.candidate if order.index(self.candidate) < order.index(self.installed) else ""

    @property
    def older(self) -> str:
        """The newest version below the installed one that can be fetched; "": none."""
        order = [version for version, _ in self.versions]
        below = self.versions[order.index(self.installed) + 1 :] if self.installed in order else ()
        return next((version for version, fetched in below if fetched), "")


def read(said: str) -> dict[str, Package]:
    """The packages of an answer to QUESTION (apt-cache(8)), by name."""
    found: dict[str, Package] = {}
    name = ""
    for line in said.splitlines():
        if (start := _PACKAGE.fullmatch(line)) is not None:
            name = start[1]
            found[name] = Package()
        elif name and (field := _FIELD.fullmatch(line)) is not None:
            value = "" if field[2] == "(none)" else field[2]
            one = found[name]
            found[name] = one._replace(installed=value) if field[1] == "Installed" else one._replace(candidate=value)
        elif name and (listed := _LISTED.fullmatch(line)) is not None:
            found[name] = found[name]._replace(versions=(*found[name].versions, (listed[1], False)))
        elif name and (source := _SOURCE.match(line)) is not None and not source[1].endswith(_INSTALLED_FILE):
            *before, (version, _) = found[name].versions
            found[name] = found[name]._replace(versions=(*before, (version, True)))
    return found


def replaced(history: str, version: str) -> dict[str, str]:
    """The versions that the last upgrade to `version` of the program replaced, by package, out of apt's history."""
    for record in reversed(history.split("\n\n")):
        for line in record.splitlines():
            if not line.startswith("Upgrade: "):
                continue
            changes = re.findall(r"([^\s,:]+):\S+ \(([^,()]+), ([^,()]+)[^()]*\)", line)
            before = {name: old for name, old, _ in changes if name in NAMES}
            if (PROGRAM, version) in {(name, new) for name, _, new in changes}:
                return before
    return {}
