"""Pack pjsua2.py and its compiled module into a wheel for the Python that runs this.

make_wheel.py VERSION pjsua2.py _pjsua2.so COPYING DIRECTORY
"""

import base64
import hashlib
import sys
import sysconfig
import zipfile
from pathlib import Path


def main(version: str, module: str, extension: str, licence: str, directory: str) -> None:
    """Write the wheel; its bytes depend on nothing but the arguments' content (wheel format 1.0)."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    tag = f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    info = f"pjsua2-{version}.dist-info"
    files = {
        "pjsua2.py": Path(module).read_bytes(),
        f"_pjsua2{sysconfig.get_config_var('EXT_SUFFIX')}": Path(extension).read_bytes(),
        f"{info}/METADATA": (
            f"Metadata-Version: 2.4\nName: pjsua2\nVersion: {version}\nSummary: SIP user agent library\n"
            "Home-page: https://www.pjsip.org/\nLicense-Expression: GPL-2.0-or-later\nLicense-File: COPYING\n"
        ).encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: intercomd\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
        f"{info}/licenses/COPYING": Path(licence).read_bytes(),
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, data in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(Path(directory) / f"pjsua2-{version}-{tag}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, whenever it is made
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
