"""Asks the service in a guest, by the client that is installed with it; runs there, by itself or imported.

http_client.py METHOD PATH [BODY] prints the answer, and fails where that is an error.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, "/usr/share/intercomd")

from appliance.base.unixhttp import UnixConnection

PATIENCE_S = 120


def ask(path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, dict]:
    """The status and the answer."""
    connection = UnixConnection(Path("/run/intercomd/http.sock"), PATIENCE_S)
    headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def main(method: str, path: str, *body: str) -> None:
    status, answer = ask(path, method, *body)
    print(json.dumps(answer))
    sys.exit(status >= 400)


if __name__ == "__main__":
    main(*sys.argv[1:])
