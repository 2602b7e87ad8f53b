"""Our own C and C++ in packaging/pjsua2/src: all of it is compiled, and described."""

import re
from pathlib import Path

PJSUA2 = Path(__file__).resolve().parents[2] / "packaging/pjsua2"
SOURCES = sorted(path.name for path in (PJSUA2 / "src").iterdir())


def test_each_source_is_compiled():
    patch = (PJSUA2 / "patches/own-sources.patch").read_text()
    added = " ".join(line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++"))
    compiled = {name.rpartition(".")[0] for name in SOURCES if name.endswith((".c", ".cpp"))}
    assert compiled <= set(re.findall(r"(\w+)\.o", added))


def test_each_source_is_described():
    described = (PJSUA2 / "README.md").read_text()
    assert [name for name in SOURCES if f"`{name}`" not in described] == []
