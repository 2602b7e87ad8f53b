"""Busy HTTP clients: each asks for the state again as soon as it has it. Ends at SIGTERM, and prints how many asked."""

import signal
import sys
import threading
from pathlib import Path

from benchmarks.subjects import Local

CLIENTS = 4


def main() -> None:
    """The command line: the daemon's Unix socket."""
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
    print("busy", flush=True)  # noqa: T201 - that is how it speaks
    for client in clients:
        client.join()
    print("asked", sum(asked), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
