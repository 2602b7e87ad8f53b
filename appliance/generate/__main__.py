"""Writes the generated documents, or with --check only lists outdated ones (exit status 1)."""

import argparse
import sys

from appliance import generate


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m appliance.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a document is not up to date")
    check: bool = parser.parse_args().check
    for path in generate.stale() if check else generate.write():
        print(f"{path}: not up to date; run python -m appliance.generate" if check else f"{path}: written")
    return 1 if check and generate.stale() else 0


if __name__ == "__main__":
    sys.exit(main())
