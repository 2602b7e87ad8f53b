"""Accounts and calls: findings from the state of a running daemon, in the texts of its events."""

from collections.abc import Sequence

from appliance.base.types import Json
from appliance.core.model import AccountState
from appliance.core.views.accounts import Account
from appliance.core.views.appliance import Finding
from appliance.doctor.findings import ok, problem, warning

LOOKED_AT = 20  # calls of the log


def accounts(views: Sequence[Account]) -> list[Finding]:
    """One finding for each account of the snapshot."""
    return [_account(view) for view in views]


def _account(view: Account) -> Finding:
    check = f"account.{view.name}"
    if view.state is AccountState.REGISTERED:
        return ok(check, f"Registered as {view.user} at {view.server}.")
    message = f"Not registered as {view.user}."
    if view.explanation:
        return problem(check, message, view.explanation)
    return warning(check, message, f"It is {view.state}.", "Run this again in a moment, or see intercomctl accounts.")


def calls(logged: Sequence[Json]) -> list[Finding]:
    """Whether our newest outgoing call failed by a fault; `logged`: newest first."""
    newest = next((call for call in logged if call["direction"] == "outgoing"), None)
    if newest is None:
        return []
    who = newest["remote"]["target"] or newest["remote"]["uri"]
    if newest["end"]["explanation"]:
        return [
            warning("calls", f"The last call, to {who} at {newest['created']}, failed.", newest["end"]["explanation"])
        ]
    return [ok("calls", f"The last call, to {who}, had no fault.")]
