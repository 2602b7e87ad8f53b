"""The times for which the station waits, in seconds: one table, which each module reads at the moment of use.

A time is of one of two kinds. `Hang`: a process, a server or a client that is silent for longer counts as hung or gone,
and work with it ends; a healthy one needs a fraction of it. `Again`: the pause until the station tries, checks,
refreshes or writes again, or releases a resource that it may need again. Times that people notice, such as the pause
between two digits of a code, are rules: they stay beside the rule that they belong to.

The daemon passes the table to the SIP process in its first message, and to the core in its settings, so that a recorded
run is replayed with the times that it had. No setting and no option changes the table. A test may, since a busy machine
must trip no limit of a station whose limits are not tested, and nobody waits for an hourly check: see
tests/support/times.py.
"""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record

Hang = Annotated[float, Meta(extra={"kind": "hang"})]
Again = Annotated[float, Meta(extra={"kind": "again"})]
Agains = tuple[Again, ...]  # one after another


class Times(Record, kw_only=True):
    """All times of both kinds, by room. Two in a tuple are the first pause and the longest; more follow each other."""

    # -- core: doors -------------------------------------------------------------------------------------------------
    guard_takes_s: Hang = 5.0  # until the guard has taken a pulse, which must not be over by then
    guard_reports_s: Hang = 1.0  # from a pulse's end until the guard has reported it
    # -- core: the disc ----------------------------------------------------------------------------------------------
    state_saved_s: Hang = 5.0  # until a lockdown and the like is on disc; a worn SD card needs seconds
    code_saved_s: Hang = 8.0  # until a code or card is on disc; a client is answered before it gives up
    # -- core: sound -------------------------------------------------------------------------------------------------
    playback_begins_s: Hang = 10.0  # until a playback begins; a card may need seconds to open
    sound_test_s: Hang = 30.0  # beside its sweep: a self-test opens the card, and computes on a slow board
    announcement_s: Hang = 60.0  # until the announcement of a recording is over
    # -- core: SIP ---------------------------------------------------------------------------------------------------
    sip_answers_s: Hang = 40.0  # the SIP process reports after 32 s that no answer came (RFC 3261 §17.1.2.2, timer F)
    registration_least_s: Again = 1.0  # between two requests to a registrar, whatever it asks for
    registration_quick_s: Agains = (5.0, 8.0)  # at most, after faults that usually pass
    registration_slow_s: Agains = (60.0, 300.0)  # at most, after faults that a person must fix
    # After a refusal that follows a success: the PBX may keep the former contact for a while.
    registration_refused_s: Agains = (10.0, 20.0, 40.0)
    registration_spread_s: Again = 1.0  # at most, after the network came back: the stations of a house ask apart
    contact_spread_s: Again = 2.0  # at most, until a target is asked for the first time
    subscription_soon_s: Again = 5.0  # after a subscription that its server ended
    subscription_slow_s: Again = 300.0  # after a refused one
    subscription_settles_s: Again = 2.0  # after the network came back: accounts are registered again by then
    ring_cycle_s: Again = 2.0  # between two cycles of a ring, so that phones that refuse at once have a pause
    # -- runtime -----------------------------------------------------------------------------------------------------
    reply_s: Hang = 9.0  # until the core has replied to a client; far more than a turn of the loop
    sound_test_reply_s: Hang = 40.0  # the same for a self-test, which replies at its end, after 35 s at most
    # -- panel: the relay's guard ------------------------------------------------------------------------------------
    # Far longer than a busy board needs, and far shorter than a relay may stay energised.
    guard_greets_s: Hang = 10.0  # from the connection until the guard's first message
    guard_answers_s: Hang = 2.0  # until the guard answers a message
    guard_ends_s: Hang = 0.5  # from a pulse's end until its report; replacing the guard then harms no other pulse
    guard_again_s: Agains = (0.1, 5.0)  # before a guard that was lost is started, or connected to, again
    guard_steady_s: Again = 10.0  # a guard that lasted for longer is replaced at once
    # -- panel: lines ------------------------------------------------------------------------------------------------
    line_again_s: Agains = (1.0, 60.0)  # before a line that failed is claimed again
    keyboard_again_s: Again = 5.0  # at most, before an unplugged keyboard is looked for again
    channel_again_s: Again = 0.25  # by then udev has given our group the files of a newly exported channel
    # -- sip: the daemon's side --------------------------------------------------------------------------------------
    # The SIP process beats every 0.25 s, and an idle one every 1 s. A busy board, a page read from a slow SD card or a
    # sound card that opens slowly must not end calls.
    sip_silent_s: Hang = 4.5  # a SIP process that is silent for longer is replaced
    sip_starts_s: Hang = 30.0  # usually 0.1 s; a slow SD card on a busy board takes seconds, an emulated machine longer
    sip_slow_s: Hang = 5.0  # a slower start is reported, with the cause of the wait
    sip_stops_s: Hang = 1.0  # then it is killed
    sip_check_s: Again = 1.0  # between two looks at the SIP process
    sip_quick_check_s: Again = 0.25  # the same while the process starts, or may block
    sip_again_s: Agains = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)  # before a SIP process that died soon is replaced
    hung_card_again_s: Again = 30.0  # before a card that hung is opened again; doubled, as each try may cost the calls
    # Timer E (RFC 3261 §17.1.2.2), but given up sooner: the answer may have gone to the SIP port.
    farewell_again_s: Agains = (0.5, 1.0, 2.0)
    # -- sip: the SIP process ----------------------------------------------------------------------------------------
    # A longer turn is a deadlock. The daemon, if it lives, has killed the process long before, unless the whole machine
    # stood still and its own check came late too.
    sip_turn_s: Hang = 15.0
    sip_frees_s: Hang = 0.5  # at its end, after BYE: a card may not close
    # After a flood: transactions keep their memory for 32 s (RFC 3261 §17.2.2), then the C library has it.
    flood_memory_again_s: Again = 40.0
    server_name_again_s: Again = 60.0  # before a registrar's name is resolved again; after a failure at once
    trusted_name_again_s: Again = 60.0  # the same for targets: an address that a name has lost is accepted for so long
    trusted_name_failed_again_s: Again = 10.0  # while a name cannot be resolved
    known_server_after_s: Again = 1.0  # a target is called where its name led last, if no name server answers sooner
    trusted_name_missed_again_s: Again = 5.0  # when a call claims to be a target, but comes from another address
    tls_handshake_s: Hang = 5.0  # of a connection by TLS
    ice_server_answers_s: Hang = 0.5  # of each request to a STUN or TURN server, which is sent four times
    ice_server_check_s: Again = 30.0  # between two checks of a STUN or TURN server
    ice_server_again_s: Again = 10.0  # after a check in vain
    ice_checks_s: Hang = 20.0  # of the paths of a call's sound; unanswered ones have failed after 8 s (RFC 8489 §6.2.1)
    message_waits_s: Hang = 7.0  # for earlier ones; with 32 s for an answer less than `sip_answers_s`
    call_change_waits_s: Hang = 5.0  # our change of a call, for another one to finish
    call_change_again_s: Again = 0.1  # before our change of a call is tried again
    call_renewal_again_s: Again = 0.5  # before a far end is informed of our new address again
    account_renewed_s: Again = 5.0  # at most, for an account to register from a new address, before its calls move
    # From the last sound to the closing of the card, which stays open between ringback and talk. After the closing the
    # bridge runs for the same time, to free the ports of ended calls, and to close the files of recordings.
    card_lingers_s: Again = 2.0
    # Before a failed card is opened again. A card of the kernel that comes is tried at once, and again if its files do
    # not have their group yet.
    card_again_s: Agains = (0.5, 1.0, 2.0, 5.0)
    card_list_again_s: Again = 60.0  # before missing cards are listed again though the kernel reported none
    xruns_again_s: Again = 60.0  # between two reports of xruns
    # -- bus ---------------------------------------------------------------------------------------------------------
    bus_answers_s: Hang = 10.0  # the bus answers within milliseconds, or hangs
    bus_refused_s: Hang = 10.0  # by the bus, which reads our policy a few seconds after an installation
    bus_again_s: Agains = (0.5, 60.0)  # before the next connection
    bus_lasting_s: Again = 60.0  # after a connection that lasted for longer, the next one follows soon
    avahi_again_s: Again = 60.0  # before it is looked whether avahi still announces the station
    # -- api ---------------------------------------------------------------------------------------------------------
    http_request_s: Hang = 10.0  # from the connection, or the previous answer, to the end of the request's body
    http_unread_s: Hang = 60.0  # a client may leave more than 64 KiB untaken for so long
    https_handshake_s: Hang = 10.0  # from the connection to the end of the handshake
    websocket_pong_s: Hang = 20.0  # a WebSocket client is asked after so much silence, and is gone after as much more
    event_stream_again_s: Again = 3.0  # a stream of events without any has a sign of life; clients wait 10 s for it
    allowed_again_s: Again = 1.0  # between two looks whether the token of a stream still counts
    # Firefox closes the connection of a page that has died only when something comes there.
    talk_again_s: Again = 0.5
    browser_answered_s: Hang = 10.0  # a browser's call is answered at once, or after a tone of a second
    descriptor_again_s: Again = 1.0  # without a free descriptor, the listener waits
    http_again_s: Again = 10.0  # before a server of HTTP that could not start is started again
    # -- outlet: the broker of MQTT ----------------------------------------------------------------------------------
    broker_connects_s: Hang = 5.0  # until it has accepted the connection
    broker_silent_s: Hang = 10.0  # it is asked after so much silence, and is gone after as much more
    broker_closes_s: Hang = 1.0  # until the last messages have gone out
    broker_own_message_s: Hang = 3.0  # until an examination has its own message back
    broker_answers_s: Hang = 10.0  # until it has taken a message; later ones would be late as well
    broker_again_s: Agains = (1.0, 8.0)  # before the next connection, more or less: stations of a house come apart
    reader_again_s: Agains = (2.0, 60.0)  # until what the journal's reader has not acknowledged is sent again
    cursor_written_s: Again = 1.0  # of the reader's place, which is sent twice after a power cut
    states_again_s: Again = 0.25  # between two looks at the state, while events come
    daemon_again_s: Again = 1.0  # before the daemon's events are asked for again
    order_waits_s: Hang = 5.0  # an order without an expiry, for those before it
    announced_again_s: Agains = (0.1, 3.0)  # after Home Assistant's birth message, more or less
    outlet_idle_s: Again = 60.0  # between two turns in which nothing is due
    outlet_again_s: Agains = (1.0, 60.0)  # before the process is started again
    outlet_ends_s: Hang = 2.0  # then it is killed
    broker_tried_s: Hang = 15.0  # of an examination
    # -- push: notifications of rings ---------------------------------------------------------------------------------
    push_answers_s: Hang = 5.0  # each step of a message to a push service: a later one comes after the ring
    push_again_s: Again = 0.5  # before a service that could not be reached is tried once more
    push_ends_s: Hang = 15.0  # from a ring's end until its last messages are sent
    # -- outlet: receivers of webhooks -------------------------------------------------------------------------------
    webhook_connects_s: Hang = 5.0  # to one address, until TCP is there
    webhook_answers_s: Hang = 15.0  # from the name to the end of the answer
    webhook_again_s: Agains = (1.0, 60.0)  # before an event is sent again, more or less, ever longer
    webhook_idle_s: Again = 20.0  # then a connection without a request is closed: receivers do so, too
    # -- app and config ----------------------------------------------------------------------------------------------
    sip_tried_s: Hang = 2.0  # HTTP and D-Bus wait for the SIP process, as loading them takes the time that calls need
    guard_ready_s: Hang = 5.0  # READY waits for the guard, which has the lines within a second, or restarts for ever
    core_answers_s: Hang = 5.0  # a later answer does not feed the watchdog: far more than a busy board needs
    status_line_again_s: Again = 10.0  # between two updates of a call's length
    routes_found_s: Hang = 10.0  # to far ends, in an examination: a name server that hangs takes longer
    examined_s: Hang = 100.0  # the station by itself: longer than all that gives up, and shorter than the client waits
    certificate_made_s: Hang = 60.0  # by openssl, on a slow board
    certificate_read_s: Hang = 60.0  # the same
    certificate_check_s: Again = 1.0  # between two looks at the files
    certificate_again_s: Again = 600.0  # before a renewal that failed is tried again
    holidays_known_s: Hang = 120.0  # until the program for holidays has answered; it computes for seconds
    holidays_again_s: Again = 3600.0  # before holidays are computed again, after a failure
    year_again_s: Again = 60.0  # between two looks whether the year is another: the clock may have been set
    packages_asked_s: Hang = 30.0  # until dpkg has answered
    packages_again_s: Again = 30.0  # while an upgrade runs, between two looks whether it is over
    offers_read_s: Hang = 120.0  # until apt has read its lists, on a slow board
    offers_again_s: Again = 600.0  # between two looks whether apt's lists are others
    # -- audio -------------------------------------------------------------------------------------------------------
    sound_made_s: Hang = 7.0  # of `playback_begins_s`: the wait for others, and the file itself
    # -- store -------------------------------------------------------------------------------------------------------
    disc_answers_s: Hang = 5.0  # until the disc has written, or read, the awaited data
    disc_closes_s: Hang = 2.0  # at the station's end
    disc_again_s: Agains = (0.5, 30.0)  # before a write that failed is tried again
    journal_read_s: Hang = 10.0  # then the start goes on without the earlier events, which stay on disc
    journal_written_s: Again = 1.0  # the longest wait of an event for the disc
    answers_written_s: Again = 1.0  # with the events of the order, in one transaction
    state_written_s: Hang = 2.0  # at the station's end
    state_again_s: Agains = (0.5, 30.0)  # before the state that could not be saved is saved again
    list_tidy_again_s: Again = 3600.0  # limits of age are held within an hour
    recording_tidy_again_s: Again = 3600.0  # the same
    space_again_s: Again = 2.0  # between two looks at the space on the disc
    recording_header_again_s: Again = 2.0  # of a recording's length, its header may lack so much after a power cut
    recording_times_again_s: Again = 60.0  # until the clock is right
    finished_again_s: Again = 600.0  # before a failed conversion or copy is tried again; then twice as long
    finished_busy_again_s: Again = 10.0  # while calls come first
    finished_ends_s: Hang = 1.0  # at the station's end: the kernel cannot end a program yet whose disc does not answer
    copy_s: Hang = 4 * 3600.0  # of the longest recording over the slowest line
    waveform_s: Hang = 30.0  # the wait for other requests, and the count
    # -- system and replay -------------------------------------------------------------------------------------------
    clock_again_s: Again = 15.0  # while the clock is not synchronised
    recorded_inputs_written_s: Again = 1.0  # of a run that is recorded for --replay
    recorded_inputs_end_s: Hang = 5.0  # at the station's end


current = Times()  # what holds in this process


def use(new: Times) -> None:
    """Have these times hold in this process: the SIP process calls it at its start."""
    global current  # noqa: PLW0603 - one table for the process
    current = new
