"""The configuration: the TOML file, read and checked as a whole, with errors in plain sentences."""

import os
import sys
from types import ModuleType

# In search of plug-ins to run in the daemon, pydantic would load the library that reads the metadata of installed
# packages, and read all of it at each start. It finds this module in place of its own, which knows no plug-in; where a
# later pydantic has none of that name, the setting still keeps plug-ins out.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
_loader = sys.modules["pydantic.plugin._loader"] = ModuleType("pydantic.plugin._loader")
vars(_loader)["get_plugins"] = tuple
# pydantic imports zoneinfo, which would read all of Python's build settings for this one: Debian's, in their order.
os.environ.setdefault("PYTHONTZPATH", "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo")
