from tests.api.conftest import _current, loop, served, shared, station

__all__ = ["_current", "loop", "served", "shared", "station"]
