"""The configuration: the TOML file, read and checked as a whole, with errors in plain sentences."""

import os

# pydantic would read the metadata of every installed package at each start, in search of plug-ins to run in the daemon.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
