"""Converts the configuration to the core's settings."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from appliance.base import schedule_text, times
from appliance.base.record import carried
from appliance.config.schema import Config
from appliance.config.schema.addresses import registrar
from appliance.config.schema.buttons import ButtonTable, ChordTable
from appliance.config.schema.doors import RuleTable
from appliance.config.schema.lamps import LampTable, PicturesTable
from appliance.config.schema.policy import ProfileTable
from appliance.config.schema.sip import AccountTable
from appliance.config.schema.targets import PlanTable, TargetTable
from appliance.core import model
from appliance.core.model import (
    BROWSERS,
    NULL,
    AccountId,
    ButtonId,
    DoorId,
    KeypadId,
    LampId,
    Pattern,
    Picture,
    ReaderId,
    SensorId,
)
from appliance.core.panel.colors import WHITE

if TYPE_CHECKING:
    from appliance.config.directory import Flat


def core_settings(config: Config, flats: tuple["Flat", ...] = ()) -> model.Settings:
    """The settings of the core; `flats`: the directory's."""
    announced = model.Announcements(config.recording.announce_incoming, config.recording.announce_outgoing)
    return carried(
        model.Settings,
        config.sip,
        station=config.station.name,
        device=config.mqtt.device,
        user=config.station.user,
        buttons=tuple(_button(name, button) for name, button in config.panel.button.items()),
        chords=tuple(_chord(name, chord) for name, chord in config.panel.chord.items()),
        lamps=tuple(_lamp(name, lamp) for name, lamp in config.panel.lamp.items()),
        night=model.Night(*config.panel.night.split("-")) if config.panel.night else None,
        keypads=tuple(
            model.KeypadSettings(KeypadId(name), doors=tuple(map(DoorId, keypad.doors)))
            for name, keypad in config.panel.keypad.items()
        ),
        readers=tuple(
            model.ReaderSettings(
                ReaderId(name), tell_numbers=reader.tell_numbers, doors=tuple(map(DoorId, reader.doors))
            )
            for name, reader in config.panel.reader.items()
        ),
        doors=tuple(
            carried(model.DoorSettings, door, id=DoorId(name), display_name=door.name)
            for name, door in config.door.items()
        ),
        sensors=tuple(
            carried(
                model.SensorSettings,
                sensor,
                id=SensorId(name),
                door=_door(sensor.door),
                debounce_s=sensor.debounce_ms / 1000,
            )
            for name, sensor in config.panel.sensor.items()
        ),
        rules=tuple(_rule(name, rule) for name, rule in config.rule.items()),
        night_profile=config.panel.night_profile,
        profiles=tuple(_profile(name, profile) for name, profile in config.profile.items()),
        holidays=tuple(config.holidays.dates),
        holidays_of="-".join(filter(None, (config.holidays.country, config.holidays.region))),
        ringer_profile=config.audio.ringer_profile,
        forwarding_profile=config.forwarding.profile,
        targets=(
            *(_target(name, target, config) for name, target in config.target.items()),
            *(target for flat in flats for target in _own_targets(flat, config)),
        ),
        plans=tuple(_plan(name, plan) for name, plan in config.plan.items()),
        directory=tuple(_entry(flat, config) for flat in flats),
        accounts=tuple(_account(name, account, announced) for name, account in config.account.items()),
        ask_updates=config.sip.updates == "ask",
        ring_answer_s=_answer_s(config, "ring.started"),
        call_answer_s=_answer_s(config, "call.incoming"),
        runtime=model.Runtime(
            carried(model.Forwarding, config.forwarding),
            carried(model.QuietHours, config.quiet_hours),
            levels=model.Levels(model.Level(config.audio.volume), model.Level(config.audio.gain)),
        ),
        audio=carried(
            model.AudioSettings,
            config.audio,
            capture=NULL if config.audio.microphone_file else config.audio.capture,
        ),
        record=config.recording.enabled,
        recorded_calls=model.RecordedCalls(config.recording.calls),
        recording_channels=model.RecordingChannels(config.recording.channels),
        announcements=announced,
        must_announce=config.recording.announce_required,
        message_s=config.recording.message_s,
        deadlines=carried(model.Deadlines, config.deadlines),
        times=times.current,
    )


def domain(account: AccountTable) -> str:
    """The domain of an account's address."""
    return account.domain or registrar(account.registrar)[0]


def _account(name: str, account: AccountTable, otherwise: model.Announcements) -> model.AccountSettings:
    return carried(
        model.AccountSettings,
        account,
        name=AccountId(name),
        domain=domain(account),
        registrar=account.registrar.removeprefix("sip:"),
        announcements=model.Announcements(
            account.announce_incoming or otherwise.incoming, account.announce_outgoing or otherwise.outgoing
        ),
        display_name=account.name,
    )


def _target(name: str, target: TargetTable, config: Config) -> model.Target:
    uri = target.uri
    if target.account and not uri.startswith("sip:"):
        uri = f"sip:{uri}@{domain(config.account[target.account])}"
    return carried(
        model.Target,
        target,
        name=name,
        uri=uri,
        doors=tuple(map(DoorId, target.doors)),
        account=AccountId(target.account),
        verify=bool(target.password_file),
        display_name=target.name,
    )


def _own_targets(flat: "Flat", config: Config) -> Iterator[model.Target]:
    """A flat's targets that no table has: addresses, and numbers at the first account."""
    for place, text in enumerate(flat.targets):
        if text == BROWSERS or text in config.target or text in config.plan:
            continue
        account = "" if text.startswith("sip:") else next(iter(config.account))
        uri = f"sip:{text}@{domain(config.account[account])}" if account else text
        doors = tuple(DoorId(door) for door in flat.doors)
        yield model.Target(_name(flat, place), uri, doors, AccountId(account))


def _name(flat: "Flat", place: int) -> str:
    """The name of a flat's own target. No table's name has a blank."""
    return f"flat {flat.number}" if len(flat.targets) == 1 else f"flat {flat.number}, {place + 1}"


def _entry(flat: "Flat", config: Config) -> model.Entry:
    steps: list[model.RingStep] = []
    for place, text in enumerate(flat.targets):
        if text in config.plan:
            steps += _plan(text, config.plan[text]).steps
        else:
            name = text if text == BROWSERS or text in config.target else _name(flat, place)
            steps.append(model.RingStep((name,), config.directory.step_s))
    return model.Entry(flat.number, flat.name, model.Plan(f"flat {flat.number}", tuple(steps)))


def _plan(name: str, plan: PlanTable) -> model.Plan:
    lasting = chain(plan.step_s, repeat(plan.step_s[-1]))
    return model.Plan(
        name,
        tuple(model.RingStep(tuple(targets), seconds) for targets, seconds in zip(plan.steps, lasting, strict=False)),
        plan.cycles,
    )


def _button(name: str, button: ButtonTable) -> model.ButtonSettings:
    return carried(
        model.ButtonSettings,
        button,
        id=ButtonId(name),
        door=_door(button.door),
        digit_s=button.digit_ms / 1000,
        pause_s=button.digit_pause_ms / 1000,
        debounce_s=button.debounce_ms / 1000,
        long_press_s=button.long_press_ms / 1000,
        double_s=button.double_ms / 1000,
        min_press_s=button.min_press_ms / 1000,
        stuck_s=button.stuck_s or None,
        display_name=button.name,
    )


def _chord(name: str, chord: ChordTable) -> model.ChordSettings:
    return carried(
        model.ChordSettings,
        chord,
        id=ButtonId(name),
        buttons=tuple(map(ButtonId, chord.buttons)),
        door=_door(chord.door),
        digit_s=chord.digit_ms / 1000,
        pause_s=chord.digit_pause_ms / 1000,
        within_s=chord.within_ms / 1000,
    )


def _door(name: str) -> DoorId | None:
    return DoorId(name) if name else None


def _periods(texts: Iterable[str]) -> tuple[model.Period, ...]:
    times = (schedule_text.parse(text) for text in texts)
    return tuple(model.Period(tuple(map(model.Day, days)), begin, end) for days, begin, end in times)


def _profile(name: str, profile: ProfileTable) -> model.Profile:
    dates = tuple(schedule_text.dates(text) for text in profile.dates)
    return model.Profile(name, _periods(profile.times), dates, profile.holidays, profile.zone)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """The places of nested tables with their values, as a rule names them."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value).lower() if isinstance(value, bool) else str(value)


def _answer_s(config: Config, kind: str) -> float:
    """How long such an event waits for the receiver that is asked about it; 0: none is."""
    return max((table.answer_s for table in config.webhook.values() if kind in table.ask), default=0.0)


def _rule(name: str, rule: RuleTable) -> model.Rule:
    acts = list[model.Act]()
    if rule.then:
        from appliance.orders import given  # noqa: PLC0415  late: few stations have rules that give orders

        acts = [given.act(each["order"], {key: each[key] for key in each if key != "order"}) for each in rule.then]
    moments = (schedule_text.moment(text) for text in rule.at)
    return model.Rule(
        name,
        rule.on,
        _door(rule.door),
        tuple(
            (name, wanted if isinstance(wanted, str) else str(wanted).lower())
            for name, wanted in (rule.where or {}).items()
        ),
        _periods(rule.times or ()),
        rule.profile,
        tuple(model.Moment(tuple(map(model.Day, days)), time) for days, time in moments),
        rule.holiday,
        tuple(_flat(rule.state)),
        tuple(acts),
        tuple(map(model.AccessScope, rule.allow)),
    )


def _lamp(name: str, lamp: LampTable) -> model.LampSettings:
    named = ((picture, getattr(lamp.colors, picture)) for picture in Picture)
    colors = tuple((picture, color) for picture, color in named if color)
    several = lamp.rgb_lines or lamp.rgb_pwm or colors
    return model.LampSettings(
        LampId(name),
        _pictures(lamp.pictures),
        color=lamp.color or (WHITE if several else None),
        colors=colors,
        brightness=lamp.brightness,
        night_brightness=lamp.brightness if lamp.night_brightness is None else lamp.night_brightness,
        display_name=lamp.name,
    )


def _pictures(pictures: PicturesTable) -> tuple[tuple[Picture, Pattern], ...]:
    named = ((picture, getattr(pictures, picture)) for picture in Picture)
    return tuple((picture, pattern) for picture, pattern in named if pattern is not None)
