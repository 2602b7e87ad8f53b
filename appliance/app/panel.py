"""Creates the panel as configured: buttons, lamps, relays, and the simulated panel for simulated lines."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from appliance.app.paths import Places
from appliance.base.errors import IntercomError
from appliance.config.schema import Config
from appliance.config.schema.buttons import ButtonTable
from appliance.config.schema.lamps import LampTable
from appliance.config.schema.panel import SensorTable
from appliance.core.model import ButtonId, DoorId, LampId
from appliance.panel.contacts.buttons import Buttons, ButtonWiring
from appliance.panel.contacts.sensors import Sensors, SensorWiring
from appliance.panel.gpio.factory import Factory, lines
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import ChipLine, KernelLed, LightName, PinName, PwmChannel
from appliance.panel.lamps.lamps import Lamps, LampWiring
from appliance.runtime.reactor import Reactor

if TYPE_CHECKING:
    from appliance.panel.relay import DoorWiring, Relay

FIRST_PIN = 4
LINES = "the panel's lines"


class Panel:
    """Buttons, lamps and relays, and the simulated panel for simulated lines."""

    def __init__(
        self,
        config: Config,
        places: Places,
        reactor: Reactor,
        *,
        simulated: bool,
        spare: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._config, self._places, self._reactor, self._simulated = config, places, reactor, simulated
        self._spare = spare
        self._parts: list[Any] = []
        self._relay: Relay | None = None
        self._simulation: Any = None

    async def start(self) -> None:
        """Claim the lines; a line that is not available is reported and retried."""
        panel, post = self._config.panel, self._reactor.post
        if self._config.door:
            from appliance.panel.relay import Relay  # noqa: PLC0415  late: not every station has a door

            self._relay = Relay(self._doors(), self._guard(), post, self._spare)
            self._reactor.make_so["relays"] = self._relay.desire
            await self._relay.start()
        if not any((panel.button, panel.lamp, panel.keypad, panel.reader, panel.sensor)):
            return
        claims = Claims(None, post)
        self._parts = [claims]
        if not self._simulated and (panel.keypad or panel.reader):
            from appliance.app.keypads_and_readers import entry  # noqa: PLC0415  late: few have any

            self._parts += entry(panel, claims, post)
        try:
            self._make_factory(claims)
        except IntercomError as err:
            claims.lost(LINES, partial(self._claim, claims), err)
            return
        if self._simulated:
            await self._simulate(claims.factory)
        self._claim(claims)

    def _make_factory(self, claims: Claims) -> None:
        """Make the lines available to claims. Raises IntercomError, as where the kernel has not made them ready yet."""
        panel = self._config.panel
        if claims.factory is None and (panel.button or panel.lamp or panel.sensor):
            claims.factory = lines(self._kind())

    def _claim(self, claims: Claims) -> None:
        self._make_factory(claims)
        buttons, lamps, sensors = self._wiring()
        post, shining = self._reactor.post, Lamps(lamps, claims, self._reactor.post)
        self._parts += [Buttons(buttons, claims, post), Sensors(sensors, claims, post), shining]
        self._reactor.make_so["lamps"] = shining.desire
        shining.desire(self._reactor.desired.lamps)

    async def stop(self) -> None:
        """Release the lines; the relays are at rest then."""
        if self._simulation is not None:
            await self._simulation.stop()
        for part in self._parts:
            part.close()
        if self._relay is not None:
            await self._relay.stop()

    def _wiring(self) -> tuple[tuple[ButtonWiring, ...], tuple[LampWiring, ...], tuple[SensorWiring, ...]]:
        panel = self._config.panel
        buttons = tuple(
            ButtonWiring(ButtonId(name), self._pin(button, number), button.pull)
            for number, (name, button) in enumerate(panel.button.items())
        )
        lamps = tuple(
            LampWiring(
                LampId(name),
                (self._pin(lamp, len(buttons) + number),) if self._simulated else self._lights(lamp),
                active_low=lamp.active_low or lamp.common == "anode",
            )
            for number, (name, lamp) in enumerate(panel.lamp.items())
        )
        sensors = tuple(
            SensorWiring(
                name,
                self._pin(sensor, len(buttons) + len(lamps) + number),
                sensor.pull,
                # A simulated line without a source follows its pull, which should mean at rest.
                normally_closed=sensor.normally == "closed" and not self._simulated,
            )
            for number, (name, sensor) in enumerate(panel.sensor.items())
        )
        return buttons, lamps, sensors

    async def _simulate(self, factory: Factory) -> None:
        # Late: for demonstrations only.
        from appliance.simulator.keypads_and_readers import SimulatedEntry  # noqa: PLC0415
        from appliance.simulator.panel import SimulatedPanel, SimulatedPin  # noqa: PLC0415

        panel = self._config.panel
        buttons, lamps, sensors = self._wiring()
        self._simulation = SimulatedPanel(
            self._places.runtime / "panel.sock",
            factory,
            {button.id: SimulatedPin(button.pin, button.active_low) for button in buttons}
            | {f"sensor.{sensor.id}": SimulatedPin(sensor.pin, sensor.active_low) for sensor in sensors},
            {lamp.id: SimulatedPin(lamp.lights[0], lamp.active_low) for lamp in lamps},
            SimulatedEntry(frozenset(panel.keypad), frozenset(panel.reader), self._reactor.post),
        )
        await self._simulation.start()

    def _kind(self) -> Literal["simulated", "gpio", "chips"]:
        """The pin factory of all lines: ours if any line is named by its chip."""
        if self._simulated:
            return "simulated"
        panel = self._config.panel
        chips = [button.chip for button in panel.button.values()] + [lamp.chip for lamp in panel.lamp.values()]
        chips += [sensor.chip for sensor in panel.sensor.values()]
        return "chips" if any(chips) else "gpio"

    def _pin(self, configured: ButtonTable | LampTable | SensorTable, number: int) -> PinName:
        """The line's name; simulated lines need no configured name. GPIO2 and 3 have pull-ups, in the mock too."""
        if self._simulated:
            return number + FIRST_PIN
        if configured.pin is not None:
            return configured.pin
        return ChipLine(configured.chip, configured.line)

    def _lights(self, configured: LampTable) -> tuple[LightName, ...]:
        """The lamp's outputs: its line, its three lines, its PWM channels, or the kernel's LED."""
        if configured.led:
            return (KernelLed(configured.led),)
        if channels := [configured.pwm] if configured.pwm else configured.rgb_pwm:
            split = (channel.split("/") for channel in channels)
            return tuple(PwmChannel(chip, int(number)) for chip, number in split)
        if configured.rgb_lines:
            # Without a chip they are lines of a Raspberry Pi, by gpiozero's names.
            return tuple(
                ChipLine(configured.chip, line) if configured.chip else f"GPIO{line.removeprefix('GPIO')}"
                for line in configured.rgb_lines
            )
        return (self._pin(configured, 0),)

    def _guard(self) -> Path | None:
        """The socket of a guard that runs separately; None: our child process."""
        configured = self._config.guard.socket
        return Path(configured) if configured and not self._simulated else None

    def _doors(self) -> "tuple[DoorWiring, ...]":
        from appliance.panel.relay import DoorWiring, GpioRelayLine, SimulatedRelayLine  # noqa: PLC0415

        return tuple(
            DoorWiring(
                DoorId(name),
                door.max_s,
                SimulatedRelayLine(self._places.runtime / f"relay-{name}")
                if self._simulated
                else GpioRelayLine(door.chip, door.line, door.active_low),
                door.max_hold_s,
            )
            for name, door in self._config.door.items()
        )
