"""The public holidays of a country, by python3-holidays, as a program of its own: the library's memory ends with it.

`python -m appliance.system.public_holidays COUNTRY REGION YEAR...` writes a JSON object: `dates`, as YYYY-MM-DD, or
`why` and `resolution`, for people.
"""

import json
import sys
from importlib import import_module
from typing import Any


def main(words: list[str]) -> None:
    """Write the holidays of the country, and of its region unless that is empty."""
    country, region, *years = words
    sys.stdout.write(f"{json.dumps(found(country, region, [int(year) for year in years]))}\n")


def found(country: str, region: str, years: list[int]) -> dict[str, Any]:
    """The dates of these years; `why` and `resolution` if they cannot be known."""
    try:
        library = import_module("holidays")
    except ImportError:
        return {"why": "python3-holidays is not installed.", "resolution": "sudo apt install python3-holidays"}
    known: dict[str, list[str]] = library.list_supported_countries()
    if country not in known:
        return {
            "why": f"python3-holidays knows no country {country}.",
            "resolution": "Correct holidays.country, or list the days as holidays.dates.",
        }
    if region and region not in known[country]:
        there = ", ".join(known[country]) or "no regions"
        return {
            "why": f"python3-holidays knows no region {region} of {country}.",
            "resolution": f"It knows {there}: correct holidays.region, or list the days as holidays.dates.",
        }
    days = library.country_holidays(country, subdiv=region or None, years=years)
    return {"dates": sorted(day.isoformat() for day in days)}


if __name__ == "__main__":
    main(sys.argv[1:])
