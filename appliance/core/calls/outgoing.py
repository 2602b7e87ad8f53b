"""Outgoing calls: the INVITE, its provisional responses, and redirects that we follow."""

from math import ceil

from msgspec.structs import replace

from appliance.core import call_states, events, inputs
from appliance.core.accounts import addresses, sip_uris
from appliance.core.call_states import Signal
from appliance.core.calls import forwarding, recording
from appliance.core.model import (
    BROWSERS,
    NO_ACCOUNT,
    AccountId,
    ButtonId,
    Call,
    CallHeaders,
    CallId,
    CallPlacing,
    CallState,
    ConferenceId,
    Direction,
    Remote,
    RingId,
)
from appliance.core.orders import Place
from appliance.core.transition import Turn, unanswered

FIRST = CallPlacing()
BROWSERS_URI = "sip:browsers@browser.invalid"  # for clients alone: nothing is sent there


def place(
    turn: Turn,
    uri: str,
    target: str = "",
    button: ButtonId | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    account: AccountId = NO_ACCOUNT,
    custom_data: str = "",
    ring: RingId | None = None,
    confirm: str = "",
    placing: CallPlacing = FIRST,
    as_call: CallId | None = None,
    conference: ConferenceId | None = None,
    hidden: tuple[tuple[str, str], ...] = (),
    behind: bool = False,
    apart: bool = False,
    led_by: str = "",
    browsers: bool = False,
    of_visitor: bool = False,
) -> Call:
    """Place a call. Until the SIP process is ready the call waits for it, within the deadline of dialing.

    An account that is not registered does not prevent the call: many registrars accept calls nevertheless, and a
    visitor is better served by a try. `hidden`: headers of the INVITE that the call's view omits. as_call: its id, if a
    client has chosen one. behind: the call does not come to the foreground; apart: it never does. browsers:
    they are rung, and not by SIP.
    """
    ready, remote = turn.appliance.sip_ready and not browsers, _far_end(turn, uri, target)
    call = Call(
        id=as_call or CallId(f"c-{turn.new_id()}"),
        direction=Direction.OUTGOING,
        state=CallState.DIALING,
        remote=remote,
        created=turn.now,
        deadline=None,
        number=target or remote.uri,
        local_uri=addresses.own_address(turn, account),
        account=account,
        transport=addresses.transport_of(turn, account),
        button=button,
        ring=ring,
        of_visitor=of_visitor,
        confirm=confirm,
        headers=CallHeaders(invite=headers, hidden=hidden),
        custom_data=custom_data,
        conference=conference,
        placing=replace(placing, done=ready),
        transfer_policy=addresses.policy_of(turn, account),
        apart=apart,
        led_by=led_by,
        browser=browsers,
    )
    call = replace(call, deadline=call_states.deadline(call, call.state, turn.settings.deadlines, turn.now))
    if not apart:
        turn.panel = replace(turn.panel, error_until=None, busy_until=None)
    if ready:
        turn.order(invitation(turn, call))
    turn.emit(events.CallDialing(call.id, to=sip_uris.public(uri), target=target, button=button, from_=call.local_uri))
    return turn.put(call, behind=behind or apart)


def ring_browsers(turn: Turn, button: ButtonId, ring: RingId, *, behind: bool) -> None:
    """Ring the page's browsers: a call that rings like a phone's, of which the SIP process knows nothing.

    Who answers does so by a call from that browser, which ends this one as an answer by another phone would.
    """
    call = place(turn, BROWSERS_URI, BROWSERS, button, ring=ring, behind=behind, browsers=True)
    rung = replace(call, times=replace(call.times, ringing_since=turn.now))
    turn.move(rung, Signal.RINGS, events.CallRinging(call.id, call_states.RINGING))


def invitation(turn: Turn, call: Call) -> Place:
    """Build the Place order. Expires is our longest wait, so that a phone that we cannot CANCEL stops ringing."""
    limits = turn.settings.deadlines
    longest = call.placing.answer_within_s or limits.dialing_s + max(limits.ringing_s, limits.early_media_s)
    headers = call.headers.invite + call.headers.hidden
    target, uri = turn.settings.target(call.remote.target), call.remote.uri
    if target is not None and sip_uris.public(target.uri) == uri:
        uri = target.uri  # with its password
    srtp = sip_uris.srtp(turn.settings, call.remote.target)
    return Place(call.id, uri, headers, call.account, expires_s=ceil(longest), srtp=srtp)


def progressed(turn: Turn, call: Call, given: inputs.CallProgressed) -> None:
    """Our INVITE got a provisional response."""
    if call.direction is Direction.INCOMING:
        return
    first = (
        call
        if call.times.ringing_since is not None
        else replace(call, times=replace(call.times, ringing_since=turn.now))
    )
    first = replace(first, placing=replace(first.placing, progress=given.code))
    headers = dict(given.headers)
    if given.early_media and call.placing.early_media:
        first = replace(first, media=replace(first.media, early_came=True))
        early = events.CallEarlyMedia(call.id, given.code, headers)
        recording.begin(turn, turn.move(first, Signal.EARLY_MEDIA, early))
        return
    progress = events.CallRinging(call.id, given.code, headers)
    if turn.move(first, Signal.RINGS, progress) is None and given.code != call.placing.progress and unanswered(call):
        turn.put(first)
        turn.emit(progress)


def doubted(turn: Turn, given: inputs.AnswerDoubted) -> None:
    """An answer to the INVITE of these calls did not count: the cause of their end, if nothing else comes."""
    for call in turn.calls.living:
        if call.id in given.calls:
            turn.put(replace(call, placing=replace(call.placing, doubt=(given.reason, given.source))))


def follow_redirect(turn: Turn, call: Call, to: forwarding.Callee, code: int) -> None:
    """Call the address that the far end redirects to: another dialog of the same call, with its full deadline.

    What belongs to a target or an account is now that of the new one: a mailbox that counts as no answer where the
    station rings it counts as none where a phone sends the ring there.
    """
    target = turn.settings.target(to.target)
    own_policy = call.transfer_policy != addresses.policy_of(turn, call.account)  # a client has chosen it
    other = turn.put(
        replace(
            call,
            remote=_far_end(turn, to.uri, to.target),
            account=to.account,
            local_uri=addresses.own_address(turn, to.account),
            transport=addresses.transport_of(turn, to.account),
            transfer_policy=call.transfer_policy if own_policy else addresses.policy_of(turn, to.account),
            confirm=call.confirm if call.ring is None or target is None else target.confirm,
            placing=replace(call.placing, doubt=FIRST.doubt, redirected=(*call.placing.redirected, call.remote.uri)),
            deadline=call_states.deadline(call, call.state, turn.settings.deadlines, turn.now),
        )
    )
    turn.order(invitation(turn, other))
    turn.emit(events.CallForwarded(call.id, to=sip_uris.public(to.uri), code=code))


def _far_end(turn: Turn, uri: str, target: str) -> Remote:
    """The far end for clients: a target's address is without its password, which the target keeps for the INVITE."""
    known = turn.settings.target(target)
    if known is None:
        return Remote(uri, target=target)
    return Remote(sip_uris.public(uri), target=target, target_name=known.display_name)
