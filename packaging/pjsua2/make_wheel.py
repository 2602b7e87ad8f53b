"""Pack pjsua2.py and its compiled module into a wheel.

make_wheel.py VERSION pjsua2.py MODULE COPYING DIRECTORY [BUILD]
make_wheel.py --tag

MODULE: _pjsua2.so for the Python that runs this, or a file whose name says for which Python and machine it is, such as
_pjsua2.cpython-313-aarch64-linux-gnu.so. BUILD: the build tag of the wheel's name. --tag: print this Python's tag.
"""

import base64
import hashlib
import sys
import sysconfig
import zipfile
from pathlib import Path

# By the libraries that the module is linked with: a 32-bit Python on a 64-bit kernel calls its platform linux-aarch64.
PLATFORMS = {
    "x86_64-linux-gnu": "linux_x86_64",
    "aarch64-linux-gnu": "linux_aarch64",
    "arm-linux-gnueabihf": "linux_armv7l",
}


def tag(suffix: str) -> str:
    """Return the tag for a module with that ending: .cpython-313-aarch64-linux-gnu.so is cp313-cp313-linux_aarch64."""
    _, number, machine = suffix.removeprefix(".").removesuffix(".so").split("-", 2)
    platform = PLATFORMS.get(machine) or sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"cp{number}-cp{number}-{platform}"


def main(version: str, module: str, extension: str, licence: str, directory: str, build: str = "") -> None:
    """Write the wheel; its bytes depend on nothing but the arguments' content (wheel format 1.0)."""
    suffix = Path(extension).name.removeprefix("_pjsua2")
    if suffix == ".so":
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
    info = f"pjsua2-{version}.dist-info"
    generated = f"Wheel-Version: 1.0\nGenerator: intercomd\nRoot-Is-Purelib: false\nTag: {tag(suffix)}\n"
    files = {
        "pjsua2.py": Path(module).read_bytes(),
        f"_pjsua2{suffix}": Path(extension).read_bytes(),
        f"{info}/METADATA": (
            f"Metadata-Version: 2.4\nName: pjsua2\nVersion: {version}\nSummary: SIP user agent library\n"
            "Home-page: https://www.pjsip.org/\nLicense-Expression: GPL-2.0-or-later\nLicense-File: COPYING\n"
        ).encode(),
        f"{info}/WHEEL": f"{generated}{f'Build: {build}' if build else ''}".strip().encode() + b"\n",
        f"{info}/licenses/COPYING": Path(licence).read_bytes(),
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, data in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    whole = "-".join(filter(None, ("pjsua2", version, build, tag(suffix))))
    with zipfile.ZipFile(Path(directory) / f"{whole}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, whenever it is made
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)


if __name__ == "__main__":
    if sys.argv[1:] == ["--tag"]:
        print(tag(sysconfig.get_config_var("EXT_SUFFIX")))
    else:
        main(*sys.argv[1:])
