"""The modules of a page, joined to one file: a phone on a poor line asks once, and does not wait for forty answers.

Each module becomes a function with the names that it exports, in the order in which browsers would run them. The
modules stay as they are, so there is no build step, and a browser can load each of them alone. What only people read
is left out of the joined file: comments and indentation.
"""

import posixpath
import re
from collections.abc import Collection, Iterable
from pathlib import Path

# The forms of our own modules; tests/api/test_page_texts.py refuses others.
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class)) ([\w$]+)", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/)[ \t]*$", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r" // [^\"'`]*$")  # behind a line; what has quotes might be a string


def lean(text: str) -> str:
    """The text without comments and indentation."""
    lines = (REMARK.sub("", line.strip()) for line in COMMENT.sub("", text).splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def order(files: Path, entry: str) -> list[str]:
    """The module and its imports, direct or not. Each module stands behind its own imports."""
    found: dict[str, bool] = {}  # whether it stands where it belongs
    _add(files, entry, found)
    return list(found)


def _add(files: Path, module: str, found: dict[str, bool]) -> None:
    found[module] = False  # it is on its way, should it import itself by others
    for wanted in imported(files, module):
        if wanted not in found:
            _add(files, wanted, found)
    del found[module]
    found[module] = True


def imported(files: Path, module: str) -> list[str]:
    """The modules that this one imports by itself."""
    return [_beside(module, path) for _, path in IMPORT.findall(_read(files, module))]


def names(files: Path, module: str) -> list[tuple[str, list[str]]]:
    """The imports of a module: each imported module, with the imported names."""
    return [
        (_beside(module, path), [each.partition(" as ")[0].strip() for each in taken_names.split(",") if each.strip()])
        for taken_names, path in IMPORT.findall(_read(files, module))
    ]


def joined(files: Path, modules: Iterable[str], others: Collection[str] = ()) -> str:
    """The modules as one file. others: the names that later files import."""
    exports = f"export {{ {', '.join(map(_name, others))} }};\n" if others else ""
    return "".join(_function(files, module) for module in modules) + exports


def taken(address: str, modules: Collection[str]) -> str:
    """The line by which a file that comes later takes these modules from the joined file at an address."""
    return f'import {{ {", ".join(map(_name, modules))} }} from "./{address}";\n'


def _function(files: Path, module: str) -> str:
    text = _read(files, module)
    exported = ", ".join(name for _, name in EXPORT.findall(text))
    body = lean(EXPORT.sub(r"\1 \2", IMPORT.sub(lambda line: _names(module, line), text)))
    return f"const {_name(module)} = await (async () => {{\n{body}return {{ {exported} }};\n}})();\n"


def _names(module: str, line: re.Match[str]) -> str:
    """Take the names from the module that exports them."""
    names, path = line.groups()
    if names is None:
        return ""
    return f"const {{{names.replace(' as ', ': ')}}} = {_name(_beside(module, path))};\n"


def _read(files: Path, module: str) -> str:
    return (files / module).read_text(encoding="utf-8")


def _beside(module: str, path: str) -> str:
    """The path of a module that is named in another."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


def _name(module: str) -> str:
    """The name that a module has in the joined file; no module has such names of its own."""
    return "_" + re.sub(r"\W", "_", module)
