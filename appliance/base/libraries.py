"""How to install a missing Python library: by apt for Debian's Python, by pip in a virtual environment."""

import sys


def remedy(debian: str, pip: str) -> str:
    """The remedy as a sentence. debian: names of packages; pip: the packages for pip."""
    if sys.prefix == sys.base_prefix:
        return f"Install what is missing: apt install {debian}"
    return f"Install what is missing: {sys.prefix}/bin/pip install {pip}"
