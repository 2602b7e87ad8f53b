"""The methods that follow from the list of orders."""

from types import NoneType
from typing import Any, get_args

import msgspec
from msgspec import structs

from appliance.bus.shapes import Asked, BusMethod, signature
from appliance.bus.texts import bounded
from appliance.orders.invalid import fault, invalid
from appliance.orders.order import Order, Subject, body, named
from appliance.orders.table import ORDERS


def methods(*subjects: Subject) -> tuple[BusMethod, ...]:
    """The methods of the orders about these subjects."""
    return tuple(_method(order) for order in ORDERS if named(order.bus) and order.of in subjects)


def _method(order: Order) -> BusMethod:
    """An argument has the type of its field; nothing, as 0 or an empty text, stands for null."""
    name, _, written = order.bus.rstrip(")").partition("(")
    arguments = [each for each in written.split(", ") if each]
    shape = body(order)
    fields = {each.name: each.type for each in structs.fields(shape)} if shape is not None else {}
    optional = {argument for argument in arguments if NoneType in get_args(fields.get(argument))}

    async def act(asked: Asked, *given: Any) -> list[Any]:
        values = {
            name: bounded(value) if isinstance(value, str) else value
            for name, value in zip(arguments, given, strict=True)
        }
        values = {name: value or None if name in optional else value for name, value in values.items()}
        places = {part: values.pop(part, asked.id) for part in order.parts}
        if shape is not None:
            try:
                values = msgspec.to_builtins(msgspec.convert(values, shape))
            except msgspec.ValidationError as error:
                raise invalid(fault(error, shape)) from None
        await asked.do(order.action({**values, **places}))
        return []

    return BusMethod(name, act, tuple((argument, signature(fields.get(argument, str))) for argument in arguments))
