"""Checks the configuration: its errors, and missing settings."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from appliance.base.errors import IntercomError
from appliance.base.types import Json
from appliance.config import certificates, directory, features, files, secrets
from appliance.config.core_settings import core_settings
from appliance.config.load import load
from appliance.config.schema import Config
from appliance.core import status_line
from appliance.core.views.appliance import Finding
from appliance.doctor import numbered, phones, trust
from appliance.doctor.findings import ok, problem, warning

CHECK = "configuration"


def examine(file: Path) -> tuple[Config | None, list[Finding]]:
    """The configuration in `file`, if it has no errors, and the findings about it."""
    try:
        config = load(file)
    except IntercomError as error:
        return None, _errors(error)
    found = unseen(config)
    for look in looks(config, file.name):
        try:
            look()
        except IntercomError as error:
            found += _errors(error)
    found += hidden(config)
    found += trust.notes(config, _flats(config))
    found += numbered.notes(config)
    settings = core_settings(config)
    found += phones.notes(config, settings)
    if lack := status_line.lacking(settings):
        found.append(warning(CHECK, f"The station is {lack}.", resolution=f"Run intercomd-setup, or edit {file}."))
    if not any(finding.check == CHECK for finding in found):
        found.insert(0, ok(CHECK, f"{file}: OK"))
    return config, found


def looks(config: Config, name: str, but: Collection[Path] = ()) -> Iterator[Callable[[], object]]:
    """Looks at all else without which the daemon does not start, except at the files `but`; each raises IntercomError.

    name: of the configuration's file.
    """
    yield partial(secrets.passwords, config, name, outside=True, but=but)
    yield partial(directory.read, config)
    if any(account.transport == "tls" for account in config.account.values()):
        yield partial(certificates.look, config, name)
    yield partial(features.look, config)


def _flats(config: Config) -> tuple[directory.Flat, ...]:
    try:
        return directory.read(config)
    except IntercomError:
        return ()  # reported by `looks`


def hidden(config: Config) -> list[Finding]:
    """A warning for each file that the installed service does not see, also where its owner is right."""
    return [
        warning(setting, f"The service does not see {file}.", *files.UNSEEN)
        for setting, file in _texts(config.model_dump(mode="json", exclude_none=True))
        if files.hidden(Path(file))
    ]


def _texts(table: Json, at: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{at}{key}.")
        elif isinstance(value, str):
            yield f"{at}{key}", value


def unseen(config: Config) -> list[Finding]:
    """A note on each credential that only the service can look at."""
    return [
        ok(setting, f"The credential {name} was not looked at, as systemd passes it to the service alone.")
        for setting, name in secrets.unseen(config).items()
    ]


def _errors(error: IntercomError) -> list[Finding]:
    """One finding for each line of the error."""
    first, *others = error.message.split("\n")
    return [
        problem(CHECK, first, error.cause, "" if others else error.resolution),
        *(problem(CHECK, other) for other in others),
    ]
