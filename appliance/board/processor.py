"""How much the board's processor can do beside a call."""

import re
from pathlib import Path

from appliance.board import firmware

SLOW = r"Raspberry Pi (Zero(?! 2)|Compute Module Rev|(Model [AB])( Plus)? Rev)"  # one ARMv6 core of 0.7 to 1 GHz
FAST = r"Raspberry Pi (Compute Module )?([4-9]|\d{2})"  # 4, 400, 5, 500 and later
SLOW_COMPLEXITY, USUAL_COMPLEXITY, FAST_COMPLEXITY = 2, 5, 8


def opus_complexity(root: Path = Path("/")) -> int:
    """The complexity of Opus' encoder that leaves most of the processor free."""
    model = firmware.model(root)
    if re.match(SLOW, model):
        return SLOW_COMPLEXITY
    return FAST_COMPLEXITY if re.match(FAST, model) else USUAL_COMPLEXITY
