"""What the folder monitoring asks of Prometheus: the queries of the dashboard, and each metric that is named."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "monitoring"
RULES, DASHBOARD = FOLDER / "intercomd.rules.yml", FOLDER / "intercomd-dashboard.json"
VARIABLES = {"$station": ".*", "$__rate_interval": "1m"}  # Grafana replaces them before Prometheus sees a query


def metrics() -> set[str]:
    """The names in the queries of both."""
    return set(re.findall(r"\bintercomd_\w+", "\n".join([RULES.read_text(), *queries().values()])))


def alerts() -> list[str]:
    """Their names."""
    return re.findall(r"- alert: (\w+)", RULES.read_text())


def queries() -> dict[str, str]:
    """The dashboard's, by panel and number."""
    found = {}
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for number, target in enumerate(panel.get("targets", ())):
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            found[f"{panel['title']} {number}"] = query
    return found
