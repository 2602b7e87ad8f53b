"""A visitor's ring: calls the targets of its plan, together or in turn, until somebody answers or the plan ends."""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.calls import ending, outgoing, requests
from appliance.core.model import (
    AccountState,
    ButtonSettings,
    Call,
    Cause,
    ChordSettings,
    ContactState,
    Plan,
    RingId,
    RingResult,
    Target,
    VisitorRing,
)
from appliance.core.transition import Turn, unanswered
from appliance.core.visitor_ring import message

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'  # RFC 3326 §2: no phone shows it as a missed call
OUT_OF_REACH_S = 4.0  # length of a step whose targets are all known to be unreachable, while another step follows


def begin(turn: Turn, button: ButtonSettings | ChordSettings, plan: Plan) -> None:
    """Start the first step of the plan."""
    ring = VisitorRing(RingId(f"v-{turn.fresh}"), button.id, plan, turn.now)
    turn.emit(events.RingStarted(ring=ring.id, button=button.id, to=plan.name))
    start(turn, ring, 0)


def settle(turn: Turn) -> None:
    """Follow the calls and the time: an answer ends the ring; a step that failed or timed out leads to the next."""
    ring = turn.ring
    if ring is None:
        return
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
        turn.ring = replace(ring, until=None)
    elif ring.cycle + 1 < ring.plan.cycles or network_may_come(turn, ring):
        waits = replace(ring, step=None, cycle=ring.cycle + 1, until=turn.now + turn.settings.times.ring_cycle_s)
        turn.ring = waits
    else:
        end(turn, ring, RingResult.UNANSWERED)


def start(turn: Turn, ring: VisitorRing, number: int) -> None:
    """Call the step's targets that are not being called yet. If the configuration has lost them all, go on."""
    step = ring.plan.steps[number]
    targets = [target for target in map(turn.settings.target, step.targets) if target is not None]
    last = number + 1 == len(ring.plan.steps)
    seconds = step.seconds
    if not last and not any(in_reach(turn, target) for target in targets):
        seconds = min(seconds or OUT_OF_REACH_S, OUT_OF_REACH_S)
    ring = replace(ring, step=number, until=None if seconds is None else turn.now + seconds)
    turn.ring = ring
    called = {call.remote.target for call in calls_of(turn, ring)}
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
            )
    settle(turn)


def cancel(turn: Turn) -> bool:
    """End the visitor's ring, if there is one; returns whether there was one."""
    ring = turn.ring
    if ring is None:
        return False
    end(turn, ring, RingResult.CANCELED)
    return True


def hang_up(turn: Turn, call: Call, headers: tuple[tuple[str, str], ...]) -> str:
    """End a call for a client: with the last call of a ring the ring is over, and does not go on elsewhere."""
    warning = requests.hang_up(turn, call, headers)
    ring = turn.ring
    if ring is not None and ring.id == call.ring and not calls_of(turn, ring):
        end(turn, ring, RingResult.CANCELED)
    return warning


def end(turn: Turn, ring: VisitorRing, result: RingResult, by: Call | None = None) -> None:
    """End the ring: phones that still ring stop at once."""
    turn.ring = None
    for call in calls_of(turn, ring):
        if by is None:
            ending.hang_up(turn, call, Cause.NO_ANSWER if result is RingResult.UNANSWERED else Cause.CANCELED)
        elif call.id != by.id:
            ending.hang_up(turn, call, Cause.ANSWERED_ELSEWHERE, ELSEWHERE)
    if by is not None and not occupied(turn, ring):
        turn.bring(by)
    turn.emit(
        events.RingEnded(
            button=ring.button,
            ring=ring.id,
            result=result,
            call=by.id if by is not None else None,
            target=by.remote.target if by is not None else "",
        )
    )
    if result is RingResult.UNANSWERED and not message.begin(turn, ring.plan.name):
        turn.show_error()


def calls_of(turn: Turn, ring: VisitorRing) -> list[Call]:
    """The ring's calls that are not ending."""
    return [call for call in turn.calls.living if call.ring == ring.id and call.alive]


def occupied(turn: Turn, ring: VisitorRing) -> bool:
    """Whether people talk here already, in a call from outside this ring."""
    active = turn.calls.active
    return active is not None and active.answered and active.ring != ring.id


def in_reach(turn: Turn, target: Target) -> bool:
    """Whether a call is likely to reach the target: neither its account nor the watched target is known to be down."""
    if turn.accounts.contact(target.name).state is ContactState.UNAVAILABLE:
        return False
    account = turn.accounts.get(target.account)
    return account.failures == 0 or account.state is AccountState.REGISTERED


def network_may_come(turn: Turn, ring: VisitorRing) -> bool:
    """Whether the visitor pressed while the network was down, and so recently that the network may still return."""
    return turn.accounts.offline and turn.now - ring.began < turn.settings.deadlines.dialing_s
