"""Types that every folder may name."""

from typing import Any

Json = dict[str, Any]  # an object of JSON or a table of TOML, as read or to be written
