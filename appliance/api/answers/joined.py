"""The modules of a page, joined to one file: a phone on a poor line asks once, and does not wait for forty answers.

Each module becomes a function with the names that it exports, in the order in which browsers would run them. The
modules stay as they are, so there is no build step; a browser that asks for one of them gets it.
"""

import posixpath
import re
from pathlib import Path

# The forms of our own modules; tests/api/test_page_texts.py refuses others.
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class)) ([\w$]+)", re.MULTILINE)


def joined(files: Path, entry: str) -> str:
    """The module with all that it imports."""
    found: dict[str, str] = {}
    _add(files, entry, found)
    return "".join(found.values())


def _add(files: Path, module: str, found: dict[str, str]) -> None:
    """Add the modules that this one imports, and then itself."""
    text = (files / module).read_text(encoding="utf-8")
    found[module] = ""  # it is on its way, should it import itself by others
    for _, path in IMPORT.findall(text):
        if (wanted := _beside(module, path)) not in found:
            _add(files, wanted, found)
    del found[module]
    exported = ", ".join(name for _, name in EXPORT.findall(text))
    body = EXPORT.sub(r"\1 \2", IMPORT.sub(lambda line: _taken(module, line), text))
    found[module] = f"const {_name(module)} = await (async () => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"


def _taken(module: str, line: re.Match[str]) -> str:
    """Take the names from the module that exports them."""
    names, path = line.groups()
    if names is None:
        return ""
    return f"const {{{names.replace(' as ', ': ')}}} = {_name(_beside(module, path))};\n"


def _beside(module: str, path: str) -> str:
    """The path of a module that is named in another."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


def _name(module: str) -> str:
    """The name that a module has in the joined file; no module has such names of its own."""
    return "_" + re.sub(r"\W", "_", module)
