"""/v1/rules: what the station does by itself. A client makes rules within the scopes of its token."""

import re
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, TypeVar

from msgspec import Meta
from msgspec.structs import replace
from starlette.requests import HTTPConnection
from starlette.responses import Response

from appliance.api import models
from appliance.api.http.dependencies import ACTS_AS, Admin, Daemon, Id, Refused, Who, ask
from appliance.api.routing.endpoints import QUERY, By, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base import schedule_text
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.events import EVENTS
from appliance.core.model import Act, Day, Moment, Period, Rule
from appliance.core.views.rules import Rule as RuleView
from appliance.core.views.rules import Verdict
from appliance.orders import given
from appliance.orders.invalid import invalid

router = Resource("/v1/rules", "rules")
Shown = TypeVar("Shown", RuleView, Verdict)


def _token(connection: HTTPConnection) -> str:
    return str(connection.scope.get(ACTS_AS, ""))


Token = Annotated[str, By(_token)]
At = Annotated[
    datetime | None,
    QUERY,
    Meta(
        description="Time of the trial; without an offset, local time of the station. Omitted: now.",
        examples=["2026-12-24T07:30:00"],
    ),
]
Supposed = Annotated[
    str,
    QUERY,
    Meta(
        max_length=1024,
        description="Values of the state that count in place of the present ones, separated by commas.",
        examples=["runtime.do_not_disturb=true,doors.front.state=locked"],
    ),
]
SUPPOSED = re.compile(r"([A-Za-z0-9_.-]{1,128})=(.{0,256})")


@router.on("GET", "", answers(models.Rules))
async def list_rules(daemon: Daemon, admin: Admin, token: Token) -> JSONResponse:
    """All rules. A client without `admin` sees the values of orders, which may be digits, in its own rules alone."""
    tokens = daemon.rule_tokens()
    return JSONResponse({"rules": [_shown(each, each.name, tokens, token, admin=admin) for each in daemon.rules()]})


@router.on("GET", "/try", answers(models.Trial))
async def try_rules(daemon: Daemon, admin: Admin, token: Token, at: At = None, state: Supposed = "") -> JSONResponse:
    """What each rule would do at a time, and why; nothing is done.

    The state is the present one, but for the values that `state` supposes; the clock counts as right.
    """
    if at is not None and not MINYEAR < at.year < MAXYEAR:  # it may have no local time
        raise invalid(f"at: must be in the years {MINYEAR + 1} to {MAXYEAR - 1}")
    tokens, tried = daemon.rule_tokens(), daemon.try_rules(at, _supposed(state))
    return JSONResponse({"rules": [_shown(each, each.rule, tokens, token, admin=admin) for each in tried]})


@router.on("POST", "", answers(models.Done, 201))
async def add_rule(
    body: models.NewRule, daemon: Daemon, who: Who, admin: Admin, refused: Refused, token: Token
) -> Response:
    """Make a rule, or replace one of this name; it is kept over restarts. A client replaces its own rules only.

    The token needs every scope that the orders of the rule need. The rule acts with the rights of that token, and no
    longer acts once the token is removed or has expired.
    """
    rule = _made(body)
    needed = dict.fromkeys(scope for act in rule.then for scope in act.scopes)
    for scope in needed:
        if (refusal := refused(scope)) is not None:
            return refusal
    rule = replace(rule, allow=tuple(needed), maker=token, by=who)
    await ask(daemon, inputs.AddRule(rule, token, admin), who)
    return JSONResponse({"warning": None}, 201)


@router.on("DELETE", "/{rule}", answers(models.Done))
async def remove_rule(rule: Id, daemon: Daemon, who: Who, admin: Admin, token: Token) -> JSONResponse:
    """Remove a rule that a client made: its own one, or with a token for `admin` any."""
    await ask(daemon, inputs.RemoveRule(rule, token, admin), who)
    return JSONResponse({"warning": None})


def _supposed(text: str) -> dict[str, str]:
    """Values by their paths. Raises IntercomError."""
    found = [SUPPOSED.fullmatch(each) for each in text.split(",")] if text else []
    if not all(found):
        raise _invalid("state: write it as runtime.do_not_disturb=true, with commas between several.")
    return {each[1]: each[2] for each in found if each}


def _made(body: models.NewRule) -> Rule:
    """The rule of a request. Raises IntercomError."""
    if body.on and body.on not in EVENTS:
        raise IntercomError(ErrorCode.EVENT_UNKNOWN, f"There is no event {body.on[:64]!r}.")
    acts = list[Act]()
    for each in body.then:
        if why := given.fault_of(each.order, each.values):
            raise _invalid(f"then: {why}.")
        acts.append(given.act(each.order, each.values))
    try:
        return Rule(
            body.name,
            body.on,
            None,
            tuple(body.where.items()),
            tuple(_period(text) for text in body.times),
            body.profile,
            tuple(_moment(text) for text in body.at),
            body.holiday,
            tuple(body.state.items()),
            tuple(acts),
        )
    except ValueError as wrong:
        raise _invalid(f"{wrong.args[0][:100]!r} is no time: write {schedule_text.ALLOWED}.") from None


def _period(text: str) -> Period:
    days, begin, end = schedule_text.parse(text)
    return Period(tuple(map(Day, days)), begin, end)


def _moment(text: str) -> Moment:
    days, time = schedule_text.moment(text)
    return Moment(tuple(map(Day, days)), time)


def _invalid(why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.PARAMETER_INVALID, "The rule is not valid.", why, "docs/how-to/rules.md has examples."
    )


def _shown(shown: Shown, name: str, tokens: dict[str, str], token: str, *, admin: bool) -> Shown:
    """The rule without the values of its orders, unless it is the client's own."""
    if admin or (token and tokens.get(name) == token):
        return shown
    return replace(shown, then=tuple(replace(each, values={}) for each in shown.then))
