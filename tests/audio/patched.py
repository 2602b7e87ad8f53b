"""C code that a patch of the SIP library adds, compiled alone."""

import ctypes
import subprocess
from pathlib import Path

PATCHES = Path(__file__).parents[2] / "packaging/pjsua2/patches"


def compiled(directory: Path, patch: str, source: str, *begins: str) -> ctypes.CDLL:
    """The functions of `source`, a file beside this one, which includes the code as ADDED.

    The code is the macros of the patch, and its declarations and functions that begin with these whole lines.
    """
    text, library = directory / "added.h", directory / "added.so"
    changed = (PATCHES / patch).read_text().splitlines()
    lines = [line[1:] for line in changed if line[:1] in {"+", " "} and line[:3] != "+++"]
    taken = [line[1:] for line in changed if line.startswith("+#define")]
    for each in begins:
        begin = lines.index(each)
        taken += lines[begin : begin + 1 if each.endswith(";") else lines.index("}", begin) + 1]
    text.write_text("\n".join(taken) + "\n")
    words = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", f'-DADDED="{text}"', "-o", library]
    subprocess.run([*words, Path(__file__).with_name(source)], check=True)
    return ctypes.CDLL(str(library))
