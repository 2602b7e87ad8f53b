"""Prometheus' own promtool reads the alerts and queries of monitoring/ and plays series to them.

tests/daemon/appliance/test_metrics.py asks them of a real station.
"""

import json
import subprocess
from pathlib import Path

from tests.support import monitoring

PLAYED = Path(__file__).parent / "alerts.test.yml"


def promtool(*arguments: object) -> str:
    result = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_alerts_are_free_of_errors() -> None:
    assert f"{len(monitoring.alerts())} rules found" in promtool(
        "check", "rules", "--lint=all", "--lint-fatal", monitoring.RULES
    )


def test_an_alert_comes_when_its_time_is_over_and_not_from_a_healthy_station() -> None:
    assert "SUCCESS" in promtool("test", "rules", PLAYED)


def test_each_alert_is_played_in_both_ways() -> None:
    text = PLAYED.read_text()
    for name in monitoring.alerts():
        assert text.count(f"alertname: {name}}}") == 1, f"{name} from a healthy station"
        assert text.count(f"alertname: {name}\n        exp_alerts:") == 1, f"{name} from one that is not"


def test_each_query_of_the_dashboard_is_one_for_prometheus(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(monitoring.queries().values())]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # YAML contains JSON
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_the_dashboard_asks_only_for_what_grafana_can_fill_in() -> None:
    for panel, query in monitoring.queries().items():
        assert "$" not in query, panel
    panels = json.loads(monitoring.DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
