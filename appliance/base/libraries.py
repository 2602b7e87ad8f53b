"""How to install a Python library that is missing: by apt for Debian's Python, by pip in a virtual environment."""

import sys


def remedy(debian: str, pip: str) -> str:
    """A sentence. debian: names of packages; pip: what pip installs instead."""
    if sys.prefix == sys.base_prefix:
        return f"Install what is missing: apt install {debian}"
    return f"Install what is missing: {sys.prefix}/bin/pip install {pip}"
