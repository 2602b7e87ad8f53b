"""`python -m appliance.outlet`: see appliance/outlet/process.py."""

import sys

if __name__ == "__main__":
    # msgspec and paho look for it first, though Python's own typing has all that they want. It takes 1 MB of the 15 of
    # this process, with what it imports in turn.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    from appliance.outlet.process import main

    sys.exit(main())
