"""Writes a station into a directory of a disc, with a mark in everything that a wipe must erase; prints the marks.

Arguments: the directory, and the file system's device. Some marks are in files that were replaced or removed before.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, "/usr/share/intercomd")

from appliance.base import durable
from appliance.store.writer import Writer

MARKS = {
    name: f"MARK-{name}-{os.urandom(12).hex()}"
    for name in (
        *("owner", "digest", "caller", "text", "key", "password", "setting", "earlier-setting", "trace"),
        *("recording", "removed-recording", "restore"),
    )
}
place = Path(sys.argv[1])
state, config = place / "state", place / "etc/intercomd.toml"
(state / "recordings").mkdir(parents=True)
config.parent.mkdir()


def fill(connection: object) -> None:
    code = {"id": "k-1", "owner": MARKS["owner"], "digest": MARKS["digest"]}
    connection.execute("INSERT INTO codes VALUES (?, ?)", ("k-1", json.dumps(code)))
    call = {"id": "c-1", "remote": {"display_name": MARKS["owner"], "uri": MARKS["caller"]}}
    connection.execute("INSERT INTO calls (id, boot, over, call) VALUES (?, 'b', 1, ?)", ("c-1", json.dumps(call)))


writer = Writer(state, lambda _given: None)
writer.ask(fill, 120.0)
assert writer.close(120.0)
text = '[station]\nname = "{}"\n[account.office]\nuser = "1"\nregistrar = "pbx.example"\npassword_file = "p"\n'
for mark in ("earlier-setting", "setting"):
    durable.replace(config, text.format(MARKS[mark]))
(config.parent / "p").write_text(MARKS["password"])
(state / "device.key").write_text(MARKS["key"])
(state / "sip.trace").write_text(f"{MARKS['trace']} {MARKS['text']}\n" * 1000)
left = place / "intercomd-restore-0"
left.mkdir()
(left / "device.key").write_text(MARKS["restore"])
removed = state / "recordings/removed"
removed.write_text(MARKS["removed-recording"] * 5000)
(state / "recordings/r-0123456789.wav").write_text(MARKS["recording"] * 5000)
os.sync()
removed.unlink()
os.sync()
print(json.dumps(MARKS))
