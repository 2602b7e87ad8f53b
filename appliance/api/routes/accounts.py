"""/v1/accounts: registrations, read, refreshed and ended."""

from typing import Any

from starlette.responses import JSONResponse

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import AccountId

router = Resource("/v1/accounts", "accounts")


@router.on("GET", "", answers(models.Accounts))
async def list_accounts(daemon: Daemon) -> JSONResponse:
    """All accounts and their registrations."""
    return JSONResponse({"accounts": daemon.snapshot()["accounts"]})


@router.on("GET", "/{account}", answers(models.Account))
async def read_account(account: Id, daemon: Daemon) -> JSONResponse:
    """One account."""
    return JSONResponse(_find(daemon, account))


@router.on("POST", "/{account}/register", answers(models.AccountDone))
async def register_account(account: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Register or refresh now, and stay registered; events report the outcome."""
    return await _order(daemon, account, inputs.RegisterAccount(AccountId(account)), who)


@router.on("POST", "/{account}/unregister", answers(models.AccountDone))
async def unregister_account(account: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """End the registration until the next request to register; events report the outcome."""
    return await _order(daemon, account, inputs.UnregisterAccount(AccountId(account)), who)


async def _order(daemon: HttpPorts, account: str, action: inputs.Action, who: str) -> JSONResponse:
    reply = await ask(daemon, action, who)
    return JSONResponse({"account": _find(daemon, account), "warning": reply.warning or None})


def _find(daemon: HttpPorts, account: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((a for a in daemon.snapshot()["accounts"] if a["name"] == account), None)
    if found is None:
        raise IntercomError(
            ErrorCode.ACCOUNT_NOT_FOUND, f"There is no account {account}.", resolution="GET /v1/accounts lists them."
        )
    return found
