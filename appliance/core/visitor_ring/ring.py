"""A visitor's ring: calls the targets of its plan, together or in turn, until somebody answers or the plan ends.

A door that is opened ends the ring, too, by each means and for all: the visitor can come in. Three openings do not:
one by a rule, which nobody here has decided; one of a door that the people who are rung may not open, as a garage's, if
their targets name doors; and any while people talk at the panel, whose visitor it is for.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.calls import ending, outgoing, requests
from appliance.core.model import (
    BROWSERS,
    AccountState,
    ButtonSettings,
    Call,
    CallId,
    Cause,
    ChordSettings,
    ContactState,
    DoorId,
    OpenedBy,
    Plan,
    RingId,
    RingResult,
    RingStep,
    Target,
    VisitorRing,
)
from appliance.core.orders import Reply
from appliance.core.tables import Table
from appliance.core.transition import Turn, unanswered
from appliance.core.visitor_ring import message

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'  # RFC 3326 §2: no phone shows it as a missed call
OUT_OF_REACH_S = 4.0  # length of a step whose targets are all known to be unreachable, while another step follows
RINGS = Table("rings", VisitorRing, lambda row: row.id)


def begin(turn: Turn, button: ButtonSettings | ChordSettings, plan: Plan, beside: CallId | None) -> None:
    """Start the first step of the plan. beside: the call in which people talk; the ring stays behind it.

    If a receiver of webhooks is asked, the ring waits for its answer: the visitor sees and hears it as usual.
    """
    ring = VisitorRing(new_id(turn), button.id, plan, turn.now, beside=beside)
    waits_s = turn.settings.ring_answer_s
    turn.emit(events.RingStarted(ring=ring.id, button=button.id, to=plan.name, answer_s=waits_s or None))
    if waits_s:
        RINGS.put(turn, replace(ring, until=turn.now + waits_s))
    else:
        start(turn, ring, 0)


def waits(ring: VisitorRing) -> bool:
    """Whether the first step has not begun."""
    return ring.step is None and ring.cycle == 0


def route(turn: Turn, wanted: inputs.RouteRing, asked: inputs.Requested) -> Reply:
    """Ring what a client names, or the plan. Raises IntercomError: the ring waits no longer, or a name is unknown."""
    ring = find(turn, wanted.ring)
    if not waits(ring):
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"The ring {ring.id} does not wait for an answer.",
            "Its plan has begun: nobody was asked, or the answer came too late.",
            "Answer sooner, or set answer_s of the webhook higher.",
        )
    for name in wanted.targets:
        if name != BROWSERS and turn.settings.target(name) is None:
            raise IntercomError(
                ErrorCode.NUMBER_INVALID, f"There is no target {name}.", "", "GET /v1/contacts lists the targets."
            )
    if wanted.targets:
        steps = (RingStep(wanted.targets, wanted.seconds),)
        ring = replace(ring, plan=replace(ring.plan, steps=steps, cycles=1))
    start(turn, ring, 0)
    return Reply(asked.request)


def end_for_client(turn: Turn, wanted: inputs.EndRing, asked: inputs.Requested) -> Reply:
    """End a ring. Raises IntercomError."""
    end(turn, find(turn, wanted.ring), RingResult.CANCELED)
    return Reply(asked.request)


def find(turn: Turn, wanted: RingId) -> VisitorRing:
    """Find a ring by its id. Raises IntercomError."""
    ring = RINGS.get(turn.state, wanted)
    if ring is None:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"There is no ring {wanted} now.",
            "It is over, or never was.",
            "The event ring.started brings the id of a ring.",
        )
    return ring


def new_id(turn: Turn) -> RingId:
    """A ring's id; a second one of the same step sorts after the first.

    Rings count apart from calls, so that the first call of a step has the id that recorded inputs name.
    """
    begun = sum(isinstance(event, events.RingStarted) for event in turn.events)
    return RingId(f"v-{turn.fresh}-{begun + 1}" if begun else f"v-{turn.fresh}")


def settle(turn: Turn) -> None:
    """Follow doors, calls and the time: an answer ends all rings; a step that failed or timed out leads to the next."""
    for ring in turn.rings:
        if ring not in turn.rings:  # another has ended it
            continue
        if (opening := opened(turn, ring)) is not None:
            end(turn, ring, RingResult.OPENED, opening=opening)
        else:
            follow(turn, ring)


def opened(turn: Turn, ring: VisitorRing) -> events.DoorUnlocked | None:
    """The opening in this step that lets the visitor in."""
    for event in turn.events:
        if (
            isinstance(event, events.DoorUnlocked)
            and event.means is not OpenedBy.RULE
            and not is_beside(turn, ring)
            and leads_in(turn, ring, event.door)
        ):
            return event
    return None


def leads_in(turn: Turn, ring: VisitorRing, door: DoorId) -> bool:
    """Whether the visitor waits at this door: those who are rung may open it, or none of them has doors of its own."""
    targets = (turn.settings.target(name) for step in ring.plan.steps for name in step.targets)
    doors = {each for target in targets if target is not None for each in target.doors}
    return not doors or door in doors


def follow(turn: Turn, ring: VisitorRing) -> None:
    """Follow the calls and the time of one ring."""
    calls = calls_of(turn, ring)
    answered = next((call for call in calls if call.answered), None)
    if answered is not None:
        end(turn, ring, RingResult.ANSWERED, answered)
    elif ring.until is not None and turn.now >= ring.until:
        for call in filter(unanswered, calls):
            ending.hang_up(turn, call, Cause.NO_ANSWER)
        advance(turn, ring)
    elif not calls and ring.step is not None:
        advance(turn, ring)


def advance(turn: Turn, ring: VisitorRing) -> None:
    """Start the next step, or the next cycle after a pause; while the network is down, add a cycle."""
    following = 0 if ring.step is None else ring.step + 1
    if occupied(turn, ring):
        end(turn, ring, RingResult.CANCELED)
    elif following < len(ring.plan.steps):
        start(turn, ring, following)
    elif calls_of(turn, ring):  # somebody has yet to confirm
        RINGS.put(turn, replace(ring, until=None))
    elif ring.cycle + 1 < ring.plan.cycles or network_may_come(turn, ring):
        until = turn.now + turn.settings.times.ring_cycle_s
        RINGS.put(turn, replace(ring, step=None, cycle=ring.cycle + 1, until=until))
    else:
        end(turn, ring, RingResult.UNANSWERED)


def start(turn: Turn, ring: VisitorRing, number: int) -> None:
    """Call the step's targets that are not being called yet. If the configuration has lost them all, go on.

    The visitor hears the newest ring, or the people who talk already: the calls of the others stay behind.
    """
    step = ring.plan.steps[number]
    targets = [target for target in map(turn.settings.target, step.targets) if target is not None]
    browsers = BROWSERS in step.targets
    last = number + 1 == len(ring.plan.steps)
    seconds = step.seconds
    if not last and not browsers and not any(in_reach(turn, target) for target in targets):
        seconds = min(seconds or OUT_OF_REACH_S, OUT_OF_REACH_S)
    ring = replace(ring, step=number, until=None if seconds is None else turn.now + seconds)
    RINGS.put(turn, ring)
    called = {call.remote.target for call in calls_of(turn, ring)}
    behind = turn.rings[-1].id != ring.id or is_beside(turn, ring)
    for target in targets:
        if target.name not in called:
            outgoing.place(
                turn,
                target.uri,
                target.name,
                ring.button,
                account=target.account,
                ring=ring.id,
                confirm=target.confirm,
                behind=behind,
            )
    if browsers:
        outgoing.ring_browsers(turn, ring.button, ring.id, behind=behind)
    follow(turn, ring)


def cancel(turn: Turn) -> bool:
    """End the visitors' rings; returns whether there was one."""
    rings = turn.rings
    for ring in rings:
        end(turn, ring, RingResult.CANCELED)
    return bool(rings)


def hang_up(turn: Turn, call: Call, headers: tuple[tuple[str, str], ...]) -> str:
    """End a call for a client: with the last call of a ring the ring is over, and does not go on elsewhere."""
    warning = requests.hang_up(turn, call, headers)
    for ring in turn.rings:
        if ring.id == call.ring and not calls_of(turn, ring):
            end(turn, ring, RingResult.CANCELED)
    return warning


def end(
    turn: Turn,
    ring: VisitorRing,
    result: RingResult,
    by: Call | None = None,
    opening: events.DoorUnlocked | None = None,
) -> None:
    """End the ring: phones that still ring stop at once. The first that answers ends the other rings, too."""
    RINGS.drop(turn, ring.id)
    for call in calls_of(turn, ring):
        if opening is not None:
            ending.hang_up(turn, call, Cause.CANCELED, ELSEWHERE)
        elif by is None:
            ending.hang_up(turn, call, Cause.NO_ANSWER if result is RingResult.UNANSWERED else Cause.CANCELED)
        elif call.id != by.id:
            ending.hang_up(turn, call, Cause.ANSWERED_ELSEWHERE, ELSEWHERE)
    if by is not None and not occupied(turn, ring):
        turn.bring(by)
    report(turn, ring, result, by, opening)
    if by is not None:
        for other in turn.rings:
            end_elsewhere(turn, other)
    if result is RingResult.UNANSWERED and not turn.rings and not message.begin(turn, ring.plan.name):
        turn.show_error()


def end_elsewhere(turn: Turn, ring: VisitorRing) -> None:
    """End a ring because another flat has answered; its phones show no missed call."""
    RINGS.drop(turn, ring.id)
    for call in calls_of(turn, ring):
        ending.hang_up(turn, call, Cause.ANSWERED_ELSEWHERE, ELSEWHERE)
    report(turn, ring, RingResult.CANCELED)


def report(
    turn: Turn,
    ring: VisitorRing,
    result: RingResult,
    by: Call | None = None,
    opening: events.DoorUnlocked | None = None,
) -> None:
    """Report the end of a ring. by: the call that was answered; opening: of the door, without an answer."""
    turn.emit(
        events.RingEnded(
            button=ring.button,
            ring=ring.id,
            result=result,
            call=by.id if by is not None else None,
            target=by.remote.target if by is not None else "",
            door=opening.door if opening is not None else None,
            by=opening.by if opening is not None else by.led_by if by is not None and by.browser else "",
            means=opening.means if opening is not None else None,
        )
    )


def calls_of(turn: Turn, ring: VisitorRing) -> list[Call]:
    """The ring's calls that are not ending."""
    return [call for call in turn.calls.living if call.ring == ring.id and call.alive]


def occupied(turn: Turn, ring: VisitorRing) -> bool:
    """Whether people talk at the panel, in a call that began after the ring and does not belong to it."""
    active = turn.calls.active
    return active is not None and active.answered and active.ring != ring.id and active.id != ring.beside


def is_beside(turn: Turn, ring: VisitorRing) -> bool:
    """Whether the foreground call is still the call in which people talked when the visitor pressed."""
    active = turn.calls.active
    return active is not None and active.id == ring.beside


def beside(turn: Turn, call: Call) -> bool:
    """Whether the call rings for a visitor behind the talk in the foreground, and never was there itself."""
    return not call.answered and any(ring.id == call.ring and is_beside(turn, ring) for ring in turn.rings)


def in_reach(turn: Turn, target: Target) -> bool:
    """Whether a call is likely to reach the target: neither its account nor the watched target is known to be down."""
    if turn.accounts.contact(target.name).state is ContactState.UNAVAILABLE:
        return False
    account = turn.accounts.get(target.account)
    return account.failures == 0 or account.state is AccountState.REGISTERED


def network_may_come(turn: Turn, ring: VisitorRing) -> bool:
    """Whether the visitor pressed while the network was down, and so recently that the network may still return."""
    return turn.accounts.offline and turn.now - ring.began < turn.settings.deadlines.dialing_s
