"""Whether the tests that fields.tsv names find a field that is gone or wrong: one by one, in a copy of the product.

    python -m benchmarks.field_mutations --count 30 --seed 40

draws fields of events by lot, removes one or changes its value in each event, and runs the test that fields.tsv names.
"""

import random
import sys
from pathlib import Path

from benchmarks.mutations import ROOT, asked, copied, is_found

PATIENCE_S = 12.0
PLACE = Path("appliance/runtime/reactor.py")
AFTER = "        self.subjects.add(envelope, event, self.state)\n"
FAULT = """        if envelope["type"] == {kind!r}:
            for part in (envelope["data"], envelope.get("about", {{}})):
                if {field!r} in part:
                    part[{field!r}] = {{str: "other", bool: not part[{field!r}], list: [], dict: {{}}}}.get(
                        type(part[{field!r}]), 4711)
"""
GONE = """        if envelope["type"] == {kind!r}:
            envelope["data"].pop({field!r}, None)
"""


def fields() -> list[tuple[str, str, str]]:
    """Return each field of an event that has a test with a far end: the event, the field, and the test."""
    found = []
    for row in (ROOT / "docs/reference/fields.tsv").read_text().splitlines():
        if row.startswith("#"):
            continue
        *_, ours, state, test = row.split("\t")
        kind, *named = ours.split()
        if state == "has" and "." in kind and ";" not in ours and len(named) == 1 and test.startswith("tests/daemon/"):
            found.append((kind, named[0], test))
    return sorted({each for each in found if each[1] not in {"call", "time", "type", "id"}})


def main() -> int:
    """Put the faults in, and print which were found."""
    given = asked(__doc__ or "", 30, 40)
    found = 0
    drawn = random.Random(given.seed).sample(fields(), given.count)  # noqa: S311 # no secret
    with copied() as copy:
        waits = copy / "tests/support/waiting.py"  # what never comes is not waited for so long
        waits.write_text(waits.read_text().replace("PATIENCE_S = 120.0", f"PATIENCE_S = {PATIENCE_S}"))
        source = (copy / PLACE).read_text()
        if AFTER not in source:
            sys.exit(f"{PLACE} has no line where a fault can be put in: correct AFTER")
        for number, (kind, field, test) in enumerate(drawn):
            fault = (GONE if number % 3 == 0 else FAULT).format(kind=kind, field=field)
            (copy / PLACE).write_text(source.replace(AFTER, AFTER + fault))
            is_one = is_found(copy, test)
            found += is_one
            sys.stdout.write(f"{'found' if is_one else 'MISSED':7} {kind} {field}: {test}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{found} of {given.count} faults were found.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
