"""What a page of the list of recordings costs, with 100 and with 100,000 rows: `python -m benchmarks.recording_lists`.

Processor time of one page of 50 rows, in milliseconds, median of 20: it depends neither on the disc nor on what else
runs. Times are shown, and held against nothing.
"""

import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from appliance.core.model import RecordingSearch
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from benchmarks import growth

SIZES = (100, 100_000)
ROUNDS = 20
LIMIT = 50
SEARCHES: dict[str, dict[str, str]] = {
    "the newest": {},
    "from the middle": {},
    "outcome that all have": {"outcome": "hangup"},
    "outcome that none has": {"outcome": "busy"},
    "door of two in three": {"door": "front"},
    "door that none has": {"door": "cellar"},
    "party that none has": {"party": "nobody"},
    "note that none has": {"note": "parcel"},
    "the oldest hour": {"before": growth.utc(growth.FIRST + timedelta(hours=1))},
    "later than all": {"after": growth.utc(datetime.max.replace(tzinfo=growth.FIRST.tzinfo))},
}


def main() -> None:
    """Print the table."""
    lines = [f"{'milliseconds':24}" + "".join(f"{size:>10,}" for size in SIZES)]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        columns = [_measured(Path(directory) / str(size), size) for size in SIZES]
    lines += [f"{name:24}" + "".join(f"{column[name]:10.2f}" for column in columns) for name in SEARCHES]
    sys.stdout.write("\n".join([*lines, ""]))


def _measured(directory: Path, size: int) -> dict[str, float]:
    writer = Writer(directory, growth.ignore)
    writer.ask(lambda connection: growth.recordings(connection, size), growth.PATIENCE_S)
    kept = Recordings(directory / "recordings", writer, growth.ignore)
    found = {}
    for name, search in SEARCHES.items():
        cursor = size // 2 if name == "from the middle" else None
        times = []
        for _ in range(ROUNDS):
            before = time.process_time()
            kept.list(LIMIT, cursor, RecordingSearch(**search))
            times.append(time.process_time() - before)
        found[name] = median(times) * 1e3
    writer.close(growth.PATIENCE_S)
    return found


if __name__ == "__main__":
    main()
