"""The settings of the SIP process, from the configuration and the passwords."""

import hashlib
import platform
from pathlib import Path

import appliance
from appliance.app.paths import Places
from appliance.base.record import carried
from appliance.board import processor
from appliance.config.core_settings import domain
from appliance.config.schema import Config
from appliance.config.schema.addresses import ports, registrar, stun_server
from appliance.config.schema.sip import AccountTable
from appliance.config.secrets import TURN
from appliance.core.accounts import sip_uris
from appliance.core.model import SoundMode
from appliance.sip.settings import CallerSettings, RegistrarSettings, SipSettings, TlsSettings, TurnSettings

MACHINE_ID = Path("/etc/machine-id")


def sip_settings(config: Config, passwords: dict[str, str], places: Places) -> SipSettings:
    """Everything that the SIP process receives at its start; `passwords`: by table, as in account.office."""
    return carried(
        SipSettings,
        config.audio,
        address="" if config.sip.address == "0.0.0.0" else config.sip.address,  # noqa: S104 - compared only
        port=config.sip.port,
        rtp_ports=ports(config.sip.rtp_ports),
        user=config.station.user,
        display_name=config.station.name,
        codecs=tuple(config.sip.codecs),
        opus_complexity=processor.opus_complexity() if (set_to := config.sip.opus_complexity) is None else set_to,
        open_canceller=config.audio.echo_canceller == "open",
        half_duplex=config.audio.mode is SoundMode.HALF_DUPLEX,
        boost_db=config.audio.microphone_boost,
        made_sounds=str(places.made_sounds),
        recordings=str(places.recordings),
        trace=str(places.state / "sip.trace") if config.sip.trace else "",
        user_agent=f"intercomd/{appliance.__version__}",
        accounts=tuple(
            _account(name, account, passwords[f"account.{name}"]) for name, account in config.account.items()
        ),
        tls=carried(TlsSettings, config.tls),
        ice=config.sip.ice,
        stun_server=stun_server(config.sip.stun_server),
        turn=_turn(config, passwords),
        callers=tuple(
            CallerSettings(name=name, user=user, host=host, password=password)
            for name, target in config.target.items()
            if (password := passwords.get(f"target.{name}"))
            for user, host in filter(None, [sip_uris.parts(target.uri)])
        ),
        realm=realm(places),
    )


def realm(places: Places) -> str:
    """The realm of challenges to callers: the station's own, so that an answer to another server's means nothing here.

    The machine's id must not be shown (machine-id(5)); two stations of a machine differ by their state directories.
    """
    try:
        machine = MACHINE_ID.read_text().strip()
    except OSError:
        machine = platform.node()
    return "intercom-" + hashlib.sha256(f"{machine} {places.state}".encode()).hexdigest()[:12]


def _turn(config: Config, passwords: dict[str, str]) -> TurnSettings | None:
    server = stun_server(config.sip.turn_server)
    if server is None:
        return None
    return TurnSettings(server=server, user=config.sip.turn_user, password=passwords[TURN])


def _account(name: str, account: AccountTable, password: str) -> RegistrarSettings:
    return carried(
        RegistrarSettings,
        account,
        name=name,
        domain=domain(account),
        servers=tuple(registrar(place) for place in account.proxies or [account.registrar]),
        others=tuple(registrar(place) for place in account.other_addresses),
        auth_user=account.auth_user or account.user,
        password=password,
    )
