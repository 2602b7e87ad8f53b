"""Rules: converts the options of `intercomctl rules` to requests of the HTTP interface."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.cli.client import Client, WrongUsageError, resource

FORM = 'A file of a rule has one table [rule.NAME], as the configuration has it; "-" is the standard input.'


def run(client: Client, given: argparse.Namespace) -> Json:
    """Perform the command; returns the answer. Raises IntercomError."""
    match given.act:
        case "list":
            return {"rules": client.ask("GET", "/v1/rules")["rules"]}
        case "try":
            return _tried(client, given)
        case "remove":
            return client.ask("DELETE", resource("rules", _named(given, "Name it; `intercomctl rules` lists them.")))
        case _:
            return client.ask("POST", "/v1/rules", new(_named(given, FORM)))


def _tried(client: Client, given: argparse.Namespace) -> Json:
    tried = client.ask("GET", resource("rules", "try", at=given.at, state=",".join(given.state or [])))
    rules = [each for each in tried["rules"] if given.rule in {None, each["rule"]}]
    if given.rule and not rules:
        raise IntercomError(
            ErrorCode.RULE_NOT_FOUND, f"There is no rule {given.rule}.", resolution="`intercomctl rules` lists them."
        )
    return {"rules": rules, "tried": True}


def new(file: str) -> Json:
    """The rule of a file. Raises IntercomError."""
    import tomli  # noqa: PLC0415  late: for this alone

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        rules: Any = tomli.loads(text).get("rule", {})
    except (OSError, ValueError, RecursionError) as error:
        raise WrongUsageError(f"{file} cannot be read: {reason(error)}.", FORM) from None
    if not isinstance(rules, dict) or len(rules) != 1:
        raise WrongUsageError(f"{file} has {len(rules) if isinstance(rules, dict) else 0} rules.", FORM)
    ((name, rule),) = rules.items()
    if not _is_rule(rule):
        raise WrongUsageError(f"{file} is no rule.", FORM)
    wanted = {key: value for key, value in rule.items() if key != "allow"}  # the token says what it may do
    wanted["where"] = {key: _text(value) for key, value in rule.get("where", {}).items()}
    wanted["state"] = {key: _text(value) for key, value in rule.get("state", {}).items()}
    wanted["then"] = [
        {"order": each.get("order", ""), "values": {key: value for key, value in each.items() if key != "order"}}
        for each in rule.get("then", [])
    ]
    return {"name": name, **wanted}


def _is_rule(table: Any) -> bool:
    """Whether the parts that are looked into are what they have to be; the station judges the others."""
    if not isinstance(table, dict) or not all(isinstance(table.get(each, {}), dict) for each in ("where", "state")):
        return False
    then = table.get("then", [])
    return isinstance(then, list) and all(isinstance(each, dict) for each in then)


def words(answer: Json) -> str:
    """The rules, or what they would do, for people."""
    if "rules" not in answer:
        return str(answer.get("warning") or "done")
    if not answer["rules"]:
        return "No rules."
    return "\n".join(_verdict(each) if answer.get("tried") else _rule(each) for each in answer["rules"])


def _rule(rule: Json) -> str:
    when = f"when {rule['on']}" if rule["on"] else f"at {', '.join(rule['at'])}"
    fields = " and ".join(f"{name} = {value}" for name, value in rule["where"].items())
    conditions = [
        *([f"within {', '.join(rule['times'])}"] if rule["times"] else []),
        *([f"within {rule['profile']}"] if rule["profile"] else []),
        *([f"{'' if rule['holiday'] else 'not '}on holidays"] if rule["holiday"] is not None else []),
        *(f"{path} = {value}" for path, value in rule["state"].items()),
    ]
    if_ = f", if {', '.join(conditions)}" if conditions else ""
    by = f"  ({rule['by']})" if rule["by"] else ""
    off = "" if rule["effective"] else "  (not in force: the configuration has a rule of this name)"
    return f"{rule['name']}  {when}{f' with {fields}' if fields else ''}{if_}: {_orders(rule)}{by}{off}"


def _verdict(verdict: Json) -> str:
    return f"{verdict['rule']}  {f'acts: {_orders(verdict)}' if verdict['acts'] else 'does not act'}: {verdict['why']}"


def _orders(rule: Json) -> str:
    return ", then ".join(
        " ".join([each["order"], *(f"{name}={_shown(value)}" for name, value in each["values"].items())])
        for each in rule["then"]
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> Any:
    """A value of the configuration as a rule has it; nested tables, which no client sends, stay and are refused."""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, dict) else str(value)


def _named(given: argparse.Namespace, resolution: str) -> str:
    if not given.rule:
        raise WrongUsageError("No rule is given.", resolution)
    return str(given.rule)
