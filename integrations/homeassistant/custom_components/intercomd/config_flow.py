"""Set up a station: by an address, or as zeroconf has found it; a new token, and another address."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_TOKEN
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from intercomd_client import IntercomdError, StationUnreachableError, StationUntrustedError
from intercomd_client.answers import Snapshot
from intercomd_client.refusals import ForbiddenError, RateLimitedError, UnauthorizedError

from . import address, parts, station
from .const import CONF_ADDRESS, CONF_CERTIFICATE, DOMAIN, LOGGER

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
# Home Assistant 2026.11 has schemas of another library, and takes these as well.
_TOKEN: Any = vol.Schema({vol.Required(CONF_TOKEN): _SECRET})


class UnknownCertificateError(Exception):
    """A person has to compare the fingerprint first; the token was not sent."""


class IntercomdFlow(ConfigFlow, domain=DOMAIN):
    """Asks for an address and a token, and for trust in the station's own authority."""

    VERSION = 1

    def __init__(self) -> None:
        self._data: dict[str, Any] = {}
        self._shown = ""  # the certificate whose fingerprint is shown
        self._known = ""  # the one that was trusted before

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for address and token."""
        return await self._asked("user", user_input, _schema(self._data))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another address or token. The certificate is compared again, if it has changed."""
        if not self._data:
            self._data = dict(self._get_reconfigure_entry().data)
            self._known = self._data.pop(CONF_CERTIFICATE, "")
        return await self._asked("reconfigure", user_input, _schema(self._data))

    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Take a station that was found: a claim of the network, which is believed only with its certificate."""
        device, scheme = discovery_info.properties.get("device"), discovery_info.properties.get("scheme", "https")
        name = discovery_info.properties.get("name") or device
        if not device or not discovery_info.port or scheme != "https":
            return self.async_abort(reason="not_a_station")
        host = discovery_info.hostname.rstrip(".")
        self._data = {CONF_ADDRESS: address.whole(f"https://{host}:{discovery_info.port}")}
        await self.async_set_unique_id(f"intercomd_{device}")
        known = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, f"intercomd_{device}")
        if known is not None:
            # Only a station that shows the trusted certificate and takes the token moves the entry.
            if known.data.get(CONF_CERTIFICATE) and known.data[CONF_ADDRESS] != self._data[CONF_ADDRESS]:
                state, _ = await self._state_of({**known.data, **self._data})
                if state is not None and parts.identifier(state) == known.unique_id:
                    self._abort_if_unique_id_configured(updates=self._data)
            self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": str(name)}
        return await self.async_step_discovered()

    async def async_step_discovered(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the token of a station that was found."""
        return await self._asked("discovered", user_input, _TOKEN)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for another token: the station refuses the one that is known."""
        self._data = dict(entry_data)
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the token."""
        return await self._asked("reauth_confirm", user_input, _TOKEN)

    async def async_step_trust(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether the fingerprint is the station's."""
        if user_input is None:
            shown = {"address": self._data[CONF_ADDRESS], "fingerprint": address.fingerprint(self._shown)}
            return self.async_show_form(step_id="trust", description_placeholders=shown)
        self._data[CONF_CERTIFICATE] = self._shown
        self._known = ""
        steps = {SOURCE_USER: "user", SOURCE_REAUTH: "reauth_confirm", SOURCE_RECONFIGURE: "reconfigure"}
        step = steps.get(str(self.source), "discovered")
        fields = _TOKEN if step in {"discovered", "reauth_confirm"} else _schema(self._data)
        return await self._asked(step, self._data, fields)

    async def _asked(self, step: str, given: dict[str, Any] | None, fields: Any) -> ConfigFlowResult:
        """Show the form of a step, or end the flow with what was given there."""
        errors: dict[str, str] = {}
        if given is not None:
            self._data |= given
            try:
                self._data[CONF_ADDRESS] = address.whole(self._data[CONF_ADDRESS])
                state, error = await self._state_of(self._data)
            except ValueError:
                state, error = None, "invalid_address"
            except UnknownCertificateError:
                return await self.async_step_trust({} if self._shown == self._known else None)
            if state is not None:
                return await self._ended(state)
            errors = {"base": error}
        shown = {"address": self._data.get(CONF_ADDRESS, "")}
        return self.async_show_form(step_id=step, data_schema=fields, errors=errors, description_placeholders=shown)

    async def _state_of(self, data: dict[str, Any]) -> tuple[Snapshot | None, str]:
        """The state, or why it cannot be read, as a key of the translations.

        Raises UnknownCertificateError, but not where a certificate is trusted already that is still the station's.
        """
        try:
            client = await station.connected(self.hass, data)
        except ValueError:
            return None, "https_only"
        try:
            async with client:
                state = await client.read_state()
            _ = parts.identifier(state), state["appliance"]["station"]  # which another server's answer lacks
        except UnauthorizedError:
            return None, "invalid_auth"
        except ForbiddenError:
            return None, "missing_scope"
        except RateLimitedError:
            return None, "too_many"
        except StationUntrustedError as err:
            return None, await self._untrusted(data, err)
        except StationUnreachableError:
            return None, "cannot_connect"
        except (IntercomdError, KeyError, TypeError):
            LOGGER.exception("The answer of %s is not that of a station", data[CONF_ADDRESS])
            return None, "unknown"
        return state, ""

    async def _untrusted(self, data: dict[str, Any], err: StationUntrustedError) -> str:
        """Why a certificate is not trusted. Raises UnknownCertificateError if a person may trust it."""
        if "mismatch" in err.cause:
            return "wrong_name"
        try:
            pem = await self.hass.async_add_executor_job(address.certificate_of, data[CONF_ADDRESS])
        except (OSError, ValueError):
            return "cannot_connect"
        if pem == data.get(CONF_CERTIFICATE):
            return "invalid_certificate"  # its dates, or what it is for
        if data.get(CONF_CERTIFICATE) and self.source not in {SOURCE_USER, SOURCE_RECONFIGURE}:
            return "other_certificate"
        self._shown = pem
        raise UnknownCertificateError

    async def _ended(self, state: Snapshot) -> ConfigFlowResult:
        """Keep what was given."""
        await self.async_set_unique_id(parts.identifier(state), raise_on_progress=False)
        if self.source == SOURCE_REAUTH:
            self._abort_if_unique_id_mismatch(reason="another_station")
            return self.async_update_reload_and_abort(self._get_reauth_entry(), data=self._data)
        if self.source == SOURCE_RECONFIGURE:
            self._abort_if_unique_id_mismatch(reason="another_station")
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data=self._data)
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title=state["appliance"]["station"], data=self._data)


def _schema(known: Mapping[str, Any]) -> Any:
    return vol.Schema(
        {
            vol.Required(CONF_ADDRESS, default=known.get(CONF_ADDRESS, vol.UNDEFINED)): TextSelector(),
            vol.Required(CONF_TOKEN): _SECRET,
        }
    )
