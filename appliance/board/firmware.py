"""The kind of board, and what its kernel does with a released GPIO output."""

import re
from pathlib import Path


def model(root: Path = Path("/")) -> str:
    """The board's name from the device tree, as "Raspberry Pi 4 Model B Rev 1.5"; "" without one."""
    try:
        return (root / "proc/device-tree/model").read_text(encoding="utf-8", errors="replace").rstrip("\0\n")
    except OSError:
        return ""


def outputs_persist(root: Path = Path("/")) -> bool | None:
    """Whether a released output keeps its level, as with Raspberry Pi's kernel unless strict_gpiod is set.

    None: the kernel does not show it. dtparam=strict_gpiod becomes pinctrl_….persist_gpio_outputs=n in the kernel's
    arguments (arch/arm/boot/dts/overlays/README of Raspberry Pi's kernel), which the driver shows in /sys.
    """
    shown = sorted((root / "sys/module").glob("pinctrl_*/parameters/persist_gpio_outputs"))
    for parameter in shown:
        try:
            return parameter.read_text(encoding="ascii").strip() in {"Y", "1"}
        except (OSError, ValueError):
            continue
    try:
        arguments = (root / "proc/device-tree/chosen/bootargs").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    said = re.findall(r"\bpinctrl[_-]\w+\.persist_gpio_outputs=([yYnN01])", arguments)
    return said[-1] in "yY1" if said else None
