"""The station's recordings in the media browser."""

import re
from http import HTTPStatus

from aiohttp import web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.media_player import BrowseError, MediaClass
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from intercomd_client import IntercomdError
from intercomd_client.answers import Recording
from intercomd_client.refusals import NotFoundError, RecordingNotFoundError

from .const import DOMAIN
from .coordinator import IntercomdConfigEntry

PAGE = 100  # recordings that are listed: the newest ones
MIME = {"wav": "audio/wav", "ogg": "audio/ogg", "opus": "audio/ogg"}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """The source of Home Assistant's media browser."""
    return Recordings(hass)


def _entry(hass: HomeAssistant, ident: str) -> IntercomdConfigEntry | None:
    return next((each for each in hass.config_entries.async_loaded_entries(DOMAIN) if each.entry_id == ident), None)


class Recordings(MediaSource):
    """Stations, and the newest recordings of each."""

    name = "intercomd"

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(DOMAIN)
        self.hass = hass

    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Where Home Assistant has the sound of a recording. Raises Unresolvable."""
        ident, _, recording = item.identifier.partition("/")
        entry = _entry(self.hass, ident)
        if entry is None or not _ID.fullmatch(recording):
            raise Unresolvable(f"There is no recording {item.identifier}.")
        try:
            found = await entry.runtime_data.station.read_recording(recording)
        except IntercomdError as err:
            raise Unresolvable(str(err)) from err
        return PlayMedia(f"/api/{DOMAIN}/{ident}/{recording}", MIME.get(found["format"], "audio/wav"))

    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """The stations, or the recordings of one. Raises BrowseError."""
        if not item.identifier:
            found = [
                _folder(each.entry_id, each.title) for each in self.hass.config_entries.async_loaded_entries(DOMAIN)
            ]
            return _folder("", "intercomd", found)
        entry = _entry(self.hass, item.identifier)
        if entry is None:
            raise BrowseError(f"There is no station {item.identifier}.")
        try:
            page = await entry.runtime_data.station.list_recordings(limit=PAGE)
        except IntercomdError as err:
            raise BrowseError(str(err)) from err
        found = [_sound(entry.entry_id, each) for each in page["recordings"] if each["complete"]]
        return _folder(entry.entry_id, entry.title, found)


def _folder(ident: str, title: str, found: list[BrowseMediaSource] | None = None) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=ident,
        media_class=MediaClass.DIRECTORY,
        media_content_type="",
        title=title,
        can_play=False,
        can_expand=True,
        children=found,
        children_media_class=MediaClass.MUSIC,
    )


def _sound(ident: str, of: Recording) -> BrowseMediaSource:
    started = dt_util.parse_datetime(of["started"])
    when = f"{dt_util.as_local(started):%Y-%m-%d %H:%M}" if started else of["started"]
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=f"{ident}/{of['id']}",
        media_class=MediaClass.MUSIC,
        media_content_type=MIME.get(of["format"], "audio/wav"),
        title=f"{when} {of['party'] or of['remote']}",
        can_play=True,
        can_expand=False,
    )


class RecordingView(HomeAssistantView):
    """The sound of a recording, for who is logged in to Home Assistant: the token stays here."""

    url = f"/api/{DOMAIN}/{{entry}}/{{recording}}"
    name = f"api:{DOMAIN}:recording"

    async def get(self, request: web.Request, entry: str, recording: str) -> web.StreamResponse:
        """Send it as it comes from the station."""
        found = _entry(request.app[KEY_HASS], entry)
        if found is None or not _ID.fullmatch(recording):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        station = found.runtime_data.station
        try:
            kind = (await station.read_recording(recording))["format"]
            answer = web.StreamResponse(headers={"Content-Type": MIME.get(kind, "audio/wav")})
            sound = station.read_recorded_sound(recording)
            first = await anext(sound)
        except (NotFoundError, RecordingNotFoundError, StopAsyncIteration):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        except IntercomdError:
            return web.Response(status=HTTPStatus.BAD_GATEWAY)
        await answer.prepare(request)
        await answer.write(first)
        async for piece in sound:
            await answer.write(piece)
        return answer
