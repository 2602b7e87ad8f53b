"""The support bundle: `intercomctl support-bundle` writes it into a file that only its user may read."""

import argparse
import json
import os
from contextlib import ExitStack

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.cli.client import EXAMINED_S, Client

OWNER_ONLY = 0o600


def run(client: Client, given: argparse.Namespace) -> Json:
    """Write the bundle; returns the file's name and size. Raises IntercomError."""
    text = json.dumps(client.ask("GET", "/v1/support-bundle", wait_s=EXAMINED_S), indent=1)
    try:
        descriptor = os.open(given.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with ExitStack() as undo, os.fdopen(descriptor, "w", encoding="utf-8") as written:
            undo.callback(given.file.unlink)  # half of it would stand in the way of the next one
            written.write(text)
            written.flush()
            undo.pop_all()
    except OSError as err:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{given.file} cannot be written.",
            reason(err),
            "Name a file that does not exist yet, in a directory of yours.",
        ) from err
    return {"file": str(given.file), "bytes": len(text.encode())}


def words(written: Json) -> str:
    """The written file, and its personal data, of which the user must know before sending it."""
    return (
        f"{written['file']}: {written['bytes']} bytes. It has no passwords, tokens, codes or texts, but names, numbers "
        "and addresses of people: read it before you send it."
    )
