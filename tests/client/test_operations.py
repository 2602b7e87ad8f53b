"""The client library follows the HTTP interface: each operation has its method, each error its class."""

import asyncio
import inspect
import json

import httpx
import pytest

from appliance.base.errors import ErrorCode
from appliance.generate.client import LEFT_OUT
from intercomd_client import IntercomdError, Station, StationUnreachableError
from intercomd_client.connection import refused
from intercomd_client.operations import Operations
from tests.api.described import description


@pytest.fixture(scope="module")
def described():
    """Each operation by its name: method, path, and description."""
    paths = description()["paths"]
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def methods():
    return {name: method for name, method in vars(Operations).items() if inspect.iscoroutinefunction(method)}


def sent(name, *places, **arguments):
    """The one request that a method sends."""
    requests = []

    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={})

    async def ask():
        async with Station("/nowhere") as station:
            station._http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://localhost")
            await getattr(station, name)(*places, **arguments)

    asyncio.run(ask())
    (request,) = requests
    return request


def test_each_operation_has_its_method_or_the_reason_why_not(described):
    assert methods().keys() == described.keys() - LEFT_OUT.keys()
    assert LEFT_OUT.keys() <= described.keys()


def test_each_method_sends_the_request_of_its_operation(described):
    for name, method in methods().items():
        verb, path, operation = described[name]
        arguments = inspect.signature(method).parameters.values()
        places = [each for each in arguments if each.kind is each.POSITIONAL_ONLY and each.name != "self"]
        options = {each.name: "7" for each in arguments if each.kind is each.KEYWORD_ONLY}
        takes_body = any(each.kind is each.VAR_KEYWORD for each in arguments)
        request = sent(name, *("a/b" for _ in places), **options, **({"field": 1} if takes_body else {}))
        given = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
        there = {each.name for each in places}
        assert (request.method, request.url.raw_path.decode().partition("?")[0]) == (
            verb,
            path.format(**dict.fromkeys(there, "a%2Fb")),
        )
        assert {name for where, name in given if where == "query"} == set(request.url.params)
        assert (("header", "Idempotency-Key") in given) == (request.headers.get("Idempotency-Key") == "7")
        assert ("requestBody" in operation) == takes_body
        assert json.loads(request.content or "null") == ({"field": 1} if takes_body else None)


def test_what_is_not_given_is_not_sent():
    assert sent("list_recordings").url.query == b""
    assert "Idempotency-Key" not in sent("open_door", "front").headers


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_leads_to_no_other_path(name):
    with pytest.raises(ValueError, match="is not the id of anything"):
        sent("open_door", name)


@pytest.mark.parametrize("code", ErrorCode)
def test_each_code_of_the_contract_has_its_error(code):
    problem = {"code": code, "detail": "It failed.", "cause": "This is why.", "resolution": "Do that."}
    error = refused(code.http_status, json.dumps(problem).encode())
    assert type(error).__name__ == (
        "IntercomdError" if code == ErrorCode.ERROR else f"{code.title().replace('-', '')}Error"
    )
    assert (error.code, error.status, str(error)) == (code, code.http_status, "It failed. This is why. Do that.")


def test_a_code_that_is_not_known_yet_is_an_error_with_that_code():
    error = refused(409, b'{"code": "door-on-fire", "detail": "It burns."}')
    assert (type(error), error.code, error.cause) == (IntercomdError, "door-on-fire", "")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff", b""])
def test_an_answer_of_another_program_is_an_error_and_its_faults_may_pass(body):
    assert type(refused(404, body)) is IntercomdError
    assert type(refused(502, body)) is StationUnreachableError
