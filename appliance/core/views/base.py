"""Types that several views share."""

from typing import Annotated

from msgspec import Meta

Time = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9](\.[0-9]{1,6})?Z\Z",
        description="UTC.",
        examples=["2026-11-20T06:07:08.123456Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Name = Annotated[str | None, Meta(description="Name for people, as configured; null: none, so its id is shown.")]
