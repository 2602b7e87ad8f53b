"""Print what Home Assistant would install at its first start, so that it then needs no network.

Follows the dependencies of the named integrations, and of those that it always loads.
"""

import json
import sys
from pathlib import Path

import homeassistant
from homeassistant import bootstrap

COMPONENTS = Path(homeassistant.__file__).parent / "components"


def needed(domains: set[str]) -> set[str]:
    """Requirements of the domains, and of what they depend on."""
    seen: set[str] = set()
    wanted: set[str] = set()
    todo = sorted(domains)
    while todo:
        domain = todo.pop()
        manifest = COMPONENTS / domain / "manifest.json"
        if domain in seen or not manifest.exists():
            continue
        seen.add(domain)
        said = json.loads(manifest.read_text())
        wanted.update(said.get("requirements", []))
        todo.extend(said.get("dependencies", []))
    return wanted


print("\n".join(sorted(needed({*bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS, *sys.argv[1:]}))))
