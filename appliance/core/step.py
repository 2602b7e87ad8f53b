"""The only entry point into the core: `step(state, input)`."""

from dataclasses import dataclass, replace

from appliance.core import events, inputs, requests
from appliance.core.access import card_readers, codes, dtmf, keypads, lockouts
from appliance.core.accounts import contacts, network, registration, subscriptions
from appliance.core.appliance import error_events, faults, persistence
from appliance.core.calls import call_log, call_timers, focus, forwarding, recording, session, texts, updates
from appliance.core.conferences import conference, mixing
from appliance.core.doors import pulses, rules, sensors
from appliance.core.inputs import AnyInput
from appliance.core.model import AccessScope, Cause, LampKind, NoticeCode, State, WarningCode
from appliance.core.orders import Order
from appliance.core.panel import buttons, indications, self_tests
from appliance.core.transfers import transferee, transferor
from appliance.core.transition import Turn
from appliance.core.visitor_ring import ring

DENIED_TOLD_S = 60.0
DENIED_KEPT = 16


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one input: the next state, orders to perform once, and events to report."""

    state: State
    orders: tuple[Order, ...]
    events: tuple[events.Event, ...]


def step(state: State, given: AnyInput) -> Step:
    """Process one input. Deadlines before it come first, as if their Tick had been on time.

    Never raises for any input, in any order; time never runs backwards, whatever an input says.
    """
    turn = Turn(state, max(state.now, given.at), given.fresh, given.taken)
    due(turn)
    settle(turn)
    take(turn, given)
    settle(turn)
    due(turn)
    settle(turn)
    transferor.settle(turn)
    transferee.settle(turn)
    dtmf.ended(turn)
    rules.settle(turn, state)
    persistence.settle(turn, state)
    mixing.report(turn, state)
    call_log.write(turn, state)
    if turn.state is not state:
        lamps = indications.lamps(state)
        for lamp, shine in indications.lamps(turn.state):
            if (lamp, shine) not in lamps:
                turn.emit(events.LampChanged(lamp, shine.pattern, shine.color, shine.brightness))
    return Step(turn.state, tuple(turn.orders), tuple(turn.events))


def settle(turn: Turn) -> None:
    """Derive rings, the conference and the foreground from the calls."""
    ring.settle(turn)
    conference.settle(turn)
    focus.settle(turn)


def due(turn: Turn) -> None:
    """Act on every deadline that has passed."""
    session.due(turn)
    call_timers.due(turn)
    updates.due(turn)
    registration.due(turn)
    contacts.due(turn)
    subscriptions.due(turn)
    dtmf.due(turn)
    keypads.due(turn)
    codes.due(turn)
    sensors.due(turn)
    persistence.due(turn)
    self_tests.due(turn)
    texts.due(turn)
    transferor.due(turn)
    transferee.due(turn)
    if turn.state.error_until is not None and turn.now >= turn.state.error_until:
        turn.state = replace(turn.state, error_until=None)


def take(turn: Turn, given: AnyInput) -> None:  # noqa: C901, PLR0912, PLR0915 - a table of inputs
    """Pass an input to the rule that decides about it."""
    if isinstance(given, inputs.OfCall):
        of_call(turn, given)
        return
    if isinstance(given, inputs.OfAccount):
        before = turn.state.account(given.account).state
        registration.told(turn, given)
        if isinstance(given, inputs.Registered) and turn.state.account(given.account).state is not before:
            subscriptions.registered(turn, given.account)
        return
    match given:
        case inputs.Started(version=version, kept=found, kept_fault=fault):
            persistence.restore(turn, found, fault)
            turn.emit(events.ApplianceStarted(station=turn.settings.station, version=version))
        case inputs.Tick(edges=edges):  # `due` has done all else
            pulses.due(turn)
            for button in turn.settings.buttons:
                requests.act_all(turn, buttons.due(turn, button, turn.now if edges is None else edges))
        case inputs.StopRequested():
            stop(turn)
        case inputs.ConfigChanged():
            configured(turn, given)
        case inputs.QuietChanged(quiet=quiet):
            forwarding.quiet_changed(turn, quiet=quiet)
        case inputs.ConfigRejected(errors=errors):
            turn.state = replace(turn.state, rejected=True)
            turn.emit(events.ConfigRejected(errors))
        case inputs.ClockSet(by_s=by_s):
            way = "forward" if by_s > 0 else "back"
            turn.emit(events.NoticeTold(NoticeCode.CLOCK_SET, f"The clock was set {way} by {abs(by_s):.1f} s."))
        case inputs.ClockTold(clock=clock):
            turn.state = replace(turn.state, clock=clock)
        case inputs.BookRead(book=book, lockouts=locked):
            codes.read(turn, book)
            lockouts.read(turn, locked)
        case inputs.CredentialKept(id=wanted):
            codes.kept(turn, wanted)
        case inputs.CredentialNotKept(id=wanted, why=why):
            codes.not_kept(turn, wanted, why)
        case inputs.ButtonEdge(at=at, button=name, active=active, lost=lost):
            pressed = turn.settings.button(name)
            if pressed is not None:
                requests.act_all(turn, buttons.edge(turn, pressed, active=active, at=at, lost=lost))
        case inputs.KeypadKey(keypad=keypad, key=key):
            keypads.pressed(turn, keypad, key)
        case inputs.CardRead():
            card_readers.read(turn, given)
        case inputs.ReadingDiscarded():
            card_readers.discarded(turn, given)
        case inputs.PartFailed(part=part, why=why, resolution=resolution):
            faults.failed(turn, part, why, resolution)
        case inputs.PartRecovered(part=part):
            faults.recovered(turn, part)
        case inputs.GuardReady():
            turn.state = replace(turn.state, relay_ready=True)
            pulses.guard_ready(turn)
            faults.recovered(turn, "relay")
        case inputs.GuardLost(why=why):
            turn.state = replace(turn.state, relay_ready=False)
            pulses.guard_lost(turn)
            faults.failed(turn, "relay", why, "")
        case inputs.RelayChanged(door=door, energised=energised, pulse=pulse):
            pulses.relay_changed(turn, door, energised=energised, pulse_id=pulse)
        case inputs.LampFound(lamp=name, dims=dims, colors=colors):
            known = dict(turn.state.lamp_kinds) | {name: LampKind(dims, colors)}
            turn.state = replace(turn.state, lamp_kinds=tuple(known.items()))
        case inputs.SensorEdge(sensor=wanted, active=level):
            sensor = turn.settings.sensor(wanted)
            if sensor is not None:
                sensors.edge(turn, sensor, active=level)
        case inputs.KeptWritten(kept=found):
            faults.recovered(turn, "kept")
            persistence.written(turn, found)
        case inputs.KeptFailed(why=why, resolution=resolution):
            faults.failed(turn, "kept", why, resolution)
            persistence.failed(turn, why, resolution)
        case inputs.MicrophoneMeasured(dbfs=dbfs):
            self_tests.measured(turn, dbfs)
        case inputs.ContactAnswered():
            contacts.answered(turn, given)
        case inputs.ContactNotified():
            subscriptions.notified(turn, given)
        case inputs.SubscriptionEnded():
            subscriptions.ended(turn, given)
        case inputs.NetworkChanged():
            network.changed(turn, given)
        case inputs.SipReady(address=address):
            session.sip_ready(turn, address)
            registration.sip_ready(turn)
            contacts.sip_ready(turn)
        case inputs.SipSlow(after_s=after_s, waits_for=waits_for):
            text = f"SIP is not ready {after_s:g} s after its start. It waits for: {waits_for}."
            turn.emit(events.WarningTold(WarningCode.SIP_NOT_READY, text))
        case inputs.SipLost(why=why, card=card):
            session.sip_lost(turn, why, card=card)
            registration.sip_lost(turn)
            texts.sip_lost(turn)
            contacts.rest(turn)
        case inputs.CallArrived():
            session.arrived(turn, given)
        case inputs.MessageReceived():
            if not texts.received(turn, given):
                source = registration.host_of(given.source)
                denied(turn, inputs.AccessDenied(at=turn.now, who=given.uri, source=source, scope=AccessScope.MESSAGE))
        case inputs.MessageAnswered():
            if not dtmf.answered(turn, given):
                texts.answered(turn, given)
        case inputs.RecordingPrepared(recording=wanted):
            recording.prepared(turn, wanted)
        case inputs.RecordingBegun(call=call, recording=wanted):
            recording.begun(turn, call, wanted)
        case inputs.RecordingClosed(call=call, recording=wanted):
            recording.closed(turn, call, wanted)
        case inputs.RecordingRefused(call=call, recording=wanted, why=why):
            recording.refused(turn, call, wanted, why)
        case inputs.RecordingAvailable(recording=wanted, duration_s=length, bytes=size, recovered=repaired):
            recording.available(turn, wanted, length, size, recovered=repaired)
        case inputs.Requested():
            requests.requested(turn, given)
        case inputs.AccessLockedOut(who=who, source=source, scope=scope, seconds=seconds):
            turn.emit(events.AccessLockedOut(who, source, scope, seconds=seconds))
        case inputs.RequestsDropped(count=count):
            turn.state = replace(turn.state, dropped=turn.state.dropped + count)
        case inputs.RequestRefused(method=method, source=source, code=code, reason=reason):
            if is_news(turn, f"{code} {source}"):
                turn.emit(events.RequestRefused(method=method, from_=source, code=code, reason=reason))
        case _:
            denied(turn, given)


def of_call(turn: Turn, given: inputs.CallInput) -> None:  # noqa: C901, PLR0912 - a table
    """Inputs about one call; inputs about a call that has ended came late and are ignored."""
    call = turn.state.call(given.call)
    if call is None:
        return
    match given:
        case inputs.CallProgressed():
            session.progressed(turn, call, given)
        case inputs.CallAnswered(headers=headers):
            session.answered(turn, call, headers)
        case inputs.CallConfirmed():
            session.confirmed(turn, call)
        case inputs.CallEnded():
            session.over(turn, call, given)
        case inputs.MediaStarted():
            session.media_started(turn, call, given)
        case inputs.IceCompleted(local=local, remote=remote):
            turn.put(replace(call, ice=True))
            turn.emit(events.MediaIceCompleted(call.id, local=local, remote=remote))
        case inputs.IceFailed(fault=fault):
            session.ice_failed(turn, call, fault)
        case inputs.NoAnswerToOffer():
            session.hang_up(turn, call, Cause.MEDIA_FAILED)
        case inputs.SourceChanged(source=source, previous=previous):
            turn.emit(events.MediaSourceChanged(call.id, source=source, previous=previous))
        case inputs.RtpStopped():
            session.rtp_stopped(turn, call)
        case inputs.RtpResumed():
            session.rtp_resumed(turn, call)
        case inputs.MediaCounted(quality=quality):
            turn.put(replace(call, quality=quality))
        case inputs.DigitReceived():
            dtmf.received(turn, call, given)
        case inputs.DigitSent(digit=digit):
            dtmf.sent(turn, call, digit)
        case inputs.DigitsNotSent(why=why):
            error_events.emit(turn, dtmf.unsent(why), "send-digits", call=call.id)
        case inputs.UpdateReceived():
            updates.received(turn, call, given)
        case inputs.UpdateSent(changes=changes):
            turn.emit(events.CallUpdating(call.id, changes=changes))
        case inputs.UpdateAnswered():
            updates.answered(turn, call, given)
        case inputs.InfoReceived(content=content):
            texts.info_received(turn, call, content)
        case inputs.TransferProgressed():
            transferor.progressed(turn, given)
        case inputs.TransferRequested():
            transferee.requested(turn, call, given)
        case _:
            session.hold_failed(turn, call, given)


def stop(turn: Turn) -> None:
    """End every call; the daemon exits when none is left."""
    if not turn.state.stopping:
        turn.state = replace(turn.state, stopping=True)
        turn.emit(events.ApplianceStopping())
        for call in turn.state.calls:
            session.hang_up(turn, call, Cause.SHUTDOWN)
        ring.cancel(turn)
        registration.stop(turn)
        contacts.rest(turn)


def configured(turn: Turn, given: inputs.ConfigChanged) -> None:
    """Use new settings from the next decision on: running deadlines and pulses stay as they are."""
    if given.applied or given.needs_restart or turn.state.rejected:
        turn.emit(events.ConfigChanged(applied=given.applied, needs_restart=given.needs_restart))
    if given.settings.runtime != turn.settings.runtime:  # a changed file overrides what clients had set
        turn.state = replace(turn.state, changed=None)
    before = turn.settings
    turn.state = replace(turn.state, settings=given.settings, rejected=False, needs_restart=given.needs_restart)
    subscriptions.configured(turn, before)
    contacts.configured(turn)


def denied(turn: Turn, given: inputs.AccessDenied) -> None:
    """Report that access was denied."""
    if is_news(turn, given.source):
        turn.emit(events.AccessDenied(who=given.who, from_=given.source, scope=given.scope, why=given.why))


def is_news(turn: Turn, what: str) -> bool:
    """Whether to report this: once a minute for each source, of a few sources only, as addresses can be forged."""
    known = tuple((each, at) for each, at in turn.state.denied if turn.now - at < DENIED_TOLD_S)
    news = len(known) < DENIED_KEPT and what not in {each for each, _ in known}
    turn.state = replace(turn.state, denied=(*known, (what, turn.now)) if news else known)
    return news
