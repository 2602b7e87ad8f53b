"""The configuration: the TOML file, read and checked as a whole, with errors in plain sentences."""

import os

# pydantic would read the metadata of every installed package at each start, in search of plug-ins to run in the daemon.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# It imports zoneinfo, which would read all of Python's build settings for this one: Debian's, in their order.
os.environ.setdefault("PYTHONTZPATH", "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo")
