"""/v1/accounts: registrations; /v1/contacts: the directory, and the targets with their states."""

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.core.views.accounts import Account

router = Resource("/v1", "accounts")


@router.on("GET", "/accounts", answers(models.Accounts))
async def list_accounts(daemon: Daemon) -> JSONResponse:
    """All accounts and their registrations."""
    return JSONResponse({"accounts": daemon.snapshot().accounts})


@router.on("GET", "/accounts/{account}", answers(Account))
async def read_account(account: Id, daemon: Daemon) -> JSONResponse:
    """One account."""
    return JSONResponse(_find(daemon, account))


@router.on("GET", "/contacts", answers(models.Contacts), "contacts")
async def list_contacts(daemon: Daemon) -> JSONResponse:
    """The directory, and all targets, with the state of each watched target."""
    state = daemon.snapshot()
    return JSONResponse({"directory": state.directory, "contacts": state.contacts})


def done(daemon: HttpPorts, account: str, warning: str) -> Json:
    """Shaped as `models.AccountDone`."""
    return {"account": _find(daemon, account), "warning": warning or None}


def _find(daemon: HttpPorts, account: str) -> Account:
    found = next((each for each in daemon.snapshot().accounts if each.name == account), None)
    if found is None:
        raise IntercomError(
            ErrorCode.ACCOUNT_NOT_FOUND, f"There is no account {account}.", resolution="GET /v1/accounts lists them."
        )
    return found
