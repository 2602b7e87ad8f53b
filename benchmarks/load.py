"""Busy HTTP clients: each requests the state again as soon as it has it. At SIGTERM, prints the number of requests."""

import signal
import sys
import threading
from pathlib import Path

from benchmarks.subjects import Local

CLIENTS = 4


def main() -> None:
    """Run the command line: the daemon's Unix socket."""
    asked = [0] * CLIENTS
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())

    def run(number: int) -> None:
        client = Local(Path(sys.argv[1]))
        while not over.is_set():
            client.ask("GET", "/v1/state")
            asked[number] += 1

    clients = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    print("busy", flush=True)  # noqa: T201 - its output protocol
    for client in clients:
        client.join()
    print("asked", sum(asked), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
