"""intercomd: a Raspberry Pi-class board as a SIP intercom or door phone."""

import os

__version__ = "0.1.0"


def environment() -> dict[str, str]:
    """The environment of a further `python -m appliance.…`, which finds this package wherever we were started."""
    from pathlib import Path  # noqa: PLC0415  late: few processes start another

    paths = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
