"""[station]: the station itself."""

from appliance.config.schema.base import Table, setting


class StationTable(Table):
    """The name and the address of the station."""

    name: str = setting(
        "Display name of the station: on the page, in events, and in its calls.",
        allowed="1 to 64 printable characters",
        default="Intercom",
        pattern=r'^[^\x00-\x1f\x7f"\\<>]{1,64}$',
    )
    user: str = setting(
        "User part of the station's SIP address, as in sip:intercom@192.0.2.7.",
        allowed="1 to 32 letters, digits and any of . _ ~ + -",
        default="intercom",
        pattern=r"^[A-Za-z0-9._~+-]{1,32}$",
    )
