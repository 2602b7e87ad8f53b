"""Routes whose functions say by their parameters what they need; the OpenAPI description comes from the same.

A parameter is a record, which the body is decoded to, the request itself, or `Annotated` with one of the sources here.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import wraps
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from appliance.api.routing.response_schemas import Answers
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.orders.invalid import fault, invalid

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])
JSON = "application/json"
TEXT = 200  # characters of a name that an error repeats
NEEDED = inspect.Parameter.empty


class InPath(Record):
    """A part of the path."""


class InQuery(Record):
    """A parameter of the query."""


class InHeader(Record):
    """A header of the request. shown: in the description."""

    name: str
    shown: bool = True


PATH, QUERY = InPath(), InQuery()


class By(Record):
    """What a function makes of parameters of its own."""

    make: Callable[..., Any]


class Parameter(Record):
    """A parameter that the client gives. kind: path, query or header; default: `NEEDED` if there is none."""

    name: str
    kind: str
    shape: Any
    default: Any

    @property
    def needed(self) -> bool:
        """Whether each request must have it."""
        return self.default is NEEDED

    def take(self, connection: HTTPConnection) -> Any:
        """Its value. Raises IntercomError."""
        texts = {"path": connection.path_params, "query": connection.query_params, "header": connection.headers}
        text = texts[self.kind].get(self.name)
        if text is None:
            if self.needed:
                raise invalid(f"{self.name}: is missing")
            return self.default
        try:
            return _converted(text, self.shape)
        except msgspec.ValidationError as error:
            raise invalid(fault(error, self.shape, self.name)) from None


class Body(Record):
    """The body of a request. needed: it must not be left out."""

    shape: type[Any]
    needed: bool

    async def take(self, request: Request) -> Any:
        """Its value; None if it is left out. Raises IntercomError."""
        text, kind = await request.body(), request.headers.get("content-type")
        if not text and not self.needed:
            return None
        if not _is_json(kind):
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                "The body does not say that it is JSON.",
                f"Content-Type {f'is {kind[:100]}' if kind else 'is missing'}.",
                "Send the header Content-Type: application/json; with curl, -H 'Content-Type: application/json'.",
            )
        if not text:
            raise invalid("body: is missing")
        shape = self.shape if self.needed else self.shape | None
        try:
            return msgspec.json.decode(text, type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise invalid(fault(error, shape)) from None
        except UnicodeError:  # in the text of a value, where msgspec raises it as it is
            raise invalid("body: is not in UTF-8") from None


Take = Callable[[HTTPConnection], Any]
Needs = tuple[list[Parameter], Body | None, dict[str, Take]]


class Endpoint(Route):
    """A route with what the description says of it."""

    def __init__(
        self,
        path: str,
        method: str,
        function: Callable[..., Any],
        described: dict[str, Any],
        needs: Needs | None = None,
    ) -> None:
        self.parameters, self.body, take = needs or _needs(function)
        self.described = described

        @wraps(function)
        async def answer(request: Request) -> Any:
            self.check(request)
            values = {name: each(request) for name, each in take.items()}
            if self.body is not None:
                values["body"] = await self.body.take(request)
            return await function(**values)

        super().__init__(path, answer, methods=[method], name=function.__name__)
        self.method, self.methods = method, {method}  # HEAD is `heads`' business
        self.description = inspect.cleandoc(function.__doc__ or "")

    def check(self, connection: HTTPConnection) -> None:
        """Raise IntercomError for an unknown parameter: one that is misspelt must not count as left out."""
        _check_known(connection, self.parameters)


class Resource:
    """The routes of a part of the interface, under one path."""

    def __init__(self, prefix: str, *tags: str) -> None:
        self.prefix, self.routes = prefix, list[Route | WebSocketRoute]()
        self._tags = tags

    def on(self, method: str, path: str, responses: Answers, *tags: str) -> Callable[[Function], Function]:
        """Add the function below as a route."""

        def add(function: Function) -> Function:
            described = {"tags": [*(tags or self._tags)], "responses": responses}
            self.routes.append(Endpoint(self.prefix + path, method, function, described))
            return function

        return add

    def websocket(self, path: str) -> Callable[[Function], Function]:
        """Add the function below as the route of a WebSocket."""

        def add(function: Function) -> Function:
            parameters, _, take = _needs(function)

            async def serve(socket: WebSocket) -> None:
                _check_known(socket, parameters)
                await function(**{name: each(socket) for name, each in take.items()})

            self.routes.append(WebSocketRoute(self.prefix + path, serve, name=function.__name__))
            return function

        return add


def _check_known(connection: HTTPConnection, parameters: list[Parameter]) -> None:
    known = [each.name for each in parameters if each.kind == "query"] if connection.query_params else ()
    for name in connection.query_params:
        if name not in known:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"There is no parameter {name[:TEXT]!r}.",
                f"This path takes {', '.join(known) or 'none'}.",
                "/docs of the station describes each request.",
            )


def _needs(function: Callable[..., Any]) -> Needs:
    """What a function needs of a request: parameters, a body, and how each argument but the body is made."""
    hints = get_type_hints(function, include_extras=True)
    parameters, others, body, take = list[Parameter](), list[Parameter](), None, dict[str, Take]()
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        if name == "body":
            shape = next(each for each in get_args(hint) or (hint,) if each is not NoneType)
            body = Body(shape, parameter.default is NEEDED)
            continue
        source = next(_sources(hint), None)
        if source is None:
            take[name] = itself
        elif isinstance(source, By):
            inner, _, made_of = _needs(source.make)
            others += inner
            take[name] = _maker(source.make, made_of)
        else:
            kind = {InPath: "path", InQuery: "query", InHeader: "header"}[type(source)]
            named = source.name if isinstance(source, InHeader) else name
            known = Parameter(named, kind, hint, parameter.default)
            take[name] = known.take
            if not (isinstance(source, InHeader) and not source.shown):
                parameters.append(known)
    return [*{each.name: each for each in (*parameters, *others)}.values()], body, take


def _sources(hint: Any) -> Iterator[InPath | InQuery | InHeader | By]:
    """The sources in an annotation, at any depth."""
    if get_origin(hint) is Annotated:
        yield from (each for each in hint.__metadata__ if isinstance(each, InPath | InQuery | InHeader | By))
    for inner in get_args(hint):
        yield from _sources(inner)


def itself(connection: HTTPConnection) -> HTTPConnection:
    """Return the request, for a function that needs it whole."""
    return connection


def _maker(make: Callable[..., Any], take: dict[str, Take]) -> Take:
    return lambda connection: make(**{name: each(connection) for name, each in take.items()})


def _converted(text: str, shape: Any) -> Any:
    """The value of a text of a path, query or header. Raises ValidationError."""
    kinds = set(_kinds(shape))
    if datetime in kinds:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise msgspec.ValidationError("Expected `datetime`, got `str`") from None
    if int in kinds and not text.removeprefix("-").isdecimal():
        raise msgspec.ValidationError("Expected `int`, got `str`")
    if kinds & {int, float, bool}:
        value = msgspec.convert(text, shape, strict=False)
        if value is None or value != value:  # noqa: PLR0124  "null" and "nan" are no numbers
            raise msgspec.ValidationError("Expected `float`, got `str`")
        return value
    return msgspec.convert(text, shape)


def _kinds(shape: Any) -> Iterator[Any]:
    """The plain types in an annotation."""
    if get_origin(shape) is Annotated:
        yield from _kinds(get_args(shape)[0])
    elif get_args(shape):
        for each in get_args(shape):
            yield from _kinds(each)
    else:
        yield shape


def _is_json(content_type: str | None) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))
