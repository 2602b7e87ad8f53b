# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""The operations of the HTTP interface as methods."""

from typing import Unpack

from intercomd_client import answers, bodies, words
from intercomd_client.connection import Connection, Query, part


class Operations(Connection):
    """A method for each operation, of the same name. Each raises IntercomdError.

    idempotency_key: the station carries out the order of a key once within 24 hours.
    wait_s: answer once the outcome is known, or after so many seconds, at most 60; None: at once.
    """

    async def list_requests(self) -> answers.Index:
        """All requests with what each does, and the version; needs no token."""
        return await self._ask(answers.Index, "GET", "/v1")

    async def read_state(self) -> answers.Snapshot:
        """The whole state; continue after `last_event` with /v1/events?since=."""
        return await self._ask(answers.Snapshot, "GET", "/v1/state")

    async def register_account(self, account: str, /, *, idempotency_key: str | None = None) -> answers.AccountDone:
        """Register or refresh now, and stay registered; events report the outcome."""
        return await self._ask(
            answers.AccountDone, "POST", f"/v1/accounts/{part(account)}/register", key=idempotency_key
        )

    async def unregister_account(self, account: str, /, *, idempotency_key: str | None = None) -> answers.AccountDone:
        """End the registration until the next request to register; events report the outcome."""
        return await self._ask(
            answers.AccountDone, "POST", f"/v1/accounts/{part(account)}/unregister", key=idempotency_key
        )

    async def list_accounts(self) -> answers.Accounts:
        """All accounts and their registrations."""
        return await self._ask(answers.Accounts, "GET", "/v1/accounts")

    async def read_account(self, account: str, /) -> answers.Account:
        """One account."""
        return await self._ask(answers.Account, "GET", f"/v1/accounts/{part(account)}")

    async def ring_flat(self, flat: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """Ring a flat of the directory, like a visitor who types its number."""
        return await self._ask(answers.Done, "POST", f"/v1/contacts/{part(flat)}/ring", key=idempotency_key)

    async def list_contacts(self) -> answers.Contacts:
        """The directory, and all targets, with the state of each watched target."""
        return await self._ask(answers.Contacts, "GET", "/v1/contacts")

    async def end_call(self, call: str, /) -> answers.CallDone:
        """End a call in any state."""
        return await self._ask(answers.CallDone, "DELETE", f"/v1/calls/{part(call)}")

    async def read_call(self, call: str, /) -> answers.Call:
        """One call, also for 10 minutes after its end with the state `ended`; after that it is in the call log."""
        return await self._ask(answers.Call, "GET", f"/v1/calls/{part(call)}")

    async def change_call(self, call: str, /, **body: Unpack[bodies.Change]) -> answers.CallDone:
        """Mute, hold or bring a call to the foreground; set its custom_data, reports, digits, or handling of transfers.

        `digits_to` needs a token for `digits`, and for `program` a stream of events (WebSocket or SSE) that brings
        `dtmf.received` of the call. When the last such stream of the client ends, the digits go to the codes again.
        """
        return await self._ask(answers.CallDone, "PATCH", f"/v1/calls/{part(call)}", body)

    async def ring_call(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Send 180 Ringing to the caller. The station does so by itself at once; use it again after early media."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/ring", key=idempotency_key)

    async def send_early_media(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.EarlyMedia]
    ) -> answers.CallDone:
        """Let the caller hear the station before the answer (183 with SDP), instead of the phone's own ringback."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/early-media", body, key=idempotency_key
        )

    async def accept_update(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Accept a change that the far end requests (`call.update_received` with `asked`)."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/update-request/accept", key=idempotency_key
        )

    async def refuse_update(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Refuse a change that the far end requests (488); the call continues unchanged."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/update-request/refuse", key=idempotency_key
        )

    async def reject_call(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.Reject]
    ) -> answers.CallDone:
        """Refuse an incoming call."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/reject", body, key=idempotency_key)

    async def forward_call(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.ForwardTo]
    ) -> answers.CallDone:
        """Forward an incoming call that nobody has answered (302): to a target, or to a number at an account."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/forward", body, key=idempotency_key)

    async def hang_up_call(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.HangUpWith]
    ) -> answers.CallDone:
        """End a call in any state."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/hangup", body, key=idempotency_key)

    async def hold_call(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Hold a connected call."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/hold", key=idempotency_key)

    async def resume_call(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Resume a held call."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/resume", key=idempotency_key)

    async def send_digits(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.Digits]
    ) -> answers.CallDone:
        """Send DTMF digits."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/dtmf", body, key=idempotency_key)

    async def play_tone(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.PlayTone]
    ) -> answers.CallDone:
        """Play a tone to the far end, in place of one that a client plays there; `tone.stopped` reports its end."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/tone", body, key=idempotency_key)

    async def stop_tone(self, call: str, /) -> answers.CallDone:
        """Stop the tone that a client plays to the far end."""
        return await self._ask(answers.CallDone, "DELETE", f"/v1/calls/{part(call)}/tone")

    async def stop_sound(self, call: str, /) -> answers.CallDone:
        """Stop the sound that a client plays to the far end."""
        return await self._ask(answers.CallDone, "DELETE", f"/v1/calls/{part(call)}/playback")

    async def play_sound(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.PlayInCall],
    ) -> answers.CallDoneLater:
        """Play a sound to the far end, in place of one that plays there; the events `playback.…` report the outcome."""
        return await self._ask(
            answers.CallDoneLater, "POST", f"/v1/calls/{part(call)}/playback", body, wait_s=wait_s, key=idempotency_key
        )

    async def link_sound(self, call: str, target: str, /, **body: Unpack[bodies.LinkSound]) -> answers.CallDone:
        """Send the call's sound to another call, the conference or the `speaker`, or bring another call's sound to it.

        Both calls talk on while another one is in the foreground. Whenever somebody begins to hear a far end by this,
        that far end hears a tone for a second, which no client can stop or replace.
        """
        return await self._ask(answers.CallDone, "PUT", f"/v1/calls/{part(call)}/media/{part(target)}", body)

    async def unlink_sound(self, call: str, target: str, /) -> answers.CallDone:
        """End what flows between the call and the target."""
        return await self._ask(answers.CallDone, "DELETE", f"/v1/calls/{part(call)}/media/{part(target)}")

    async def stop_recording(self, call: str, /) -> answers.CallDone:
        """End the recording of a call, which goes on; `recording.available` follows."""
        return await self._ask(answers.CallDone, "DELETE", f"/v1/calls/{part(call)}/recording")

    async def start_recording(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.RecordCall],
    ) -> answers.CallDoneLater:
        """Record a call from now on; `call.recording` is the id, and the events `recording.…` report the outcome."""
        return await self._ask(
            answers.CallDoneLater, "POST", f"/v1/calls/{part(call)}/recording", body, wait_s=wait_s, key=idempotency_key
        )

    async def accept_transfer(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Follow a transfer request: call the requested address. The far end and an event get the outcome."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/transfer-request/accept", key=idempotency_key
        )

    async def refuse_transfer(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Refuse a transfer request; the call continues."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/transfer-request/refuse", key=idempotency_key
        )

    async def transfer_done(self, call: str, /, *, idempotency_key: str | None = None) -> answers.CallDone:
        """Report that the client carried out a transfer request itself; the far end is notified, and the call ends."""
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/transfer-request/succeed", key=idempotency_key
        )

    async def transfer_failed(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.TransferFailure]
    ) -> answers.CallDone:
        """Report that the client failed to carry out a transfer request.

        The far end is notified, the call continues.
        """
        return await self._ask(
            answers.CallDone, "POST", f"/v1/calls/{part(call)}/transfer-request/fail", body, key=idempotency_key
        )

    async def list_calls(self) -> answers.Calls:
        """All current calls."""
        return await self._ask(answers.Calls, "GET", "/v1/calls")

    async def place_call(
        self, *, wait_s: int | None = None, idempotency_key: str | None = None, **body: Unpack[bodies.Place]
    ) -> answers.CallDone:
        """Place a call; events report the outcome.

        With `Prefer: wait=N` the answer comes once it is answered or over.
        """
        return await self._ask(answers.CallDone, "POST", "/v1/calls", body, wait_s=wait_s, key=idempotency_key)

    async def answer_call(
        self, call: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.AnswerWith]
    ) -> answers.CallDone:
        """Answer an incoming call."""
        return await self._ask(answers.CallDone, "POST", f"/v1/calls/{part(call)}/answer", body, key=idempotency_key)

    async def update_call(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.Update],
    ) -> answers.CallDoneLater:
        """Request that only these codecs are used, by re-INVITE; `call.updated` reports the answer."""
        return await self._ask(
            answers.CallDoneLater, "POST", f"/v1/calls/{part(call)}/update", body, wait_s=wait_s, key=idempotency_key
        )

    async def say_in_call(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.SayInCall],
    ) -> answers.CallDoneLater:
        """Speak a text to the far end, as a playback: in place of a sound there, and stopped as one."""
        return await self._ask(
            answers.CallDoneLater, "POST", f"/v1/calls/{part(call)}/say", body, wait_s=wait_s, key=idempotency_key
        )

    async def transfer_call(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.Transfer],
    ) -> answers.CallDoneLater:
        """Transfer the far end to another address, or to the far end of another call; an event reports the outcome.

        A browser cannot call anybody: the station calls in its place, and the browser's call ends at the answer. Where
        one of two calls is a browser's, the other call takes this one's place at the panel.
        """
        return await self._ask(
            answers.CallDoneLater, "POST", f"/v1/calls/{part(call)}/transfer", body, wait_s=wait_s, key=idempotency_key
        )

    async def send_text(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.Text],
    ) -> answers.MessageTaken:
        """Send a MESSAGE in a connected call; an event reports whether it arrives."""
        return await self._ask(
            answers.MessageTaken, "POST", f"/v1/calls/{part(call)}/message", body, wait_s=wait_s, key=idempotency_key
        )

    async def send_info(
        self,
        call: str,
        /,
        *,
        wait_s: int | None = None,
        idempotency_key: str | None = None,
        **body: Unpack[bodies.Info],
    ) -> answers.MessageTaken:
        """Send an INFO in a connected call; an event reports whether it arrives."""
        return await self._ask(
            answers.MessageTaken, "POST", f"/v1/calls/{part(call)}/info", body, wait_s=wait_s, key=idempotency_key
        )

    async def end_conference(self, conference: str, /) -> answers.ConferenceDone:
        """End all its calls."""
        return await self._ask(answers.ConferenceDone, "DELETE", f"/v1/conferences/{part(conference)}")

    async def read_conference(self, conference: str, /) -> answers.Conference:
        """One conference."""
        return await self._ask(answers.Conference, "GET", f"/v1/conferences/{part(conference)}")

    async def change_conference(
        self, conference: str, /, **body: Unpack[bodies.ConferenceChange]
    ) -> answers.ConferenceDone:
        """Let the panel leave or return, and mute or unmute its microphone."""
        return await self._ask(answers.ConferenceDone, "PATCH", f"/v1/conferences/{part(conference)}", body)

    async def stop_recording_conference(self, conference: str, /) -> answers.ConferenceDone:
        """End the recordings of all calls of a conference, which goes on."""
        return await self._ask(answers.ConferenceDone, "DELETE", f"/v1/conferences/{part(conference)}/recording")

    async def record_conference(
        self, conference: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.RecordCall]
    ) -> answers.ConferenceDone:
        """Record each call of a conference, also a call that joins later, with all that its far end says and hears."""
        return await self._ask(
            answers.ConferenceDone, "POST", f"/v1/conferences/{part(conference)}/recording", body, key=idempotency_key
        )

    async def change_participant(
        self, conference: str, /, **body: Unpack[bodies.ParticipantChange]
    ) -> answers.ConferenceDone:
        """Mute a participant for all others, or unmute."""
        return await self._ask(
            answers.ConferenceDone, "PATCH", f"/v1/conferences/{part(conference)}/participants", body
        )

    async def list_participants(self, conference: str, /) -> answers.Participants:
        """All participants, including calls that are joining or leaving."""
        return await self._ask(answers.Participants, "GET", f"/v1/conferences/{part(conference)}/participants")

    async def add_participant(
        self, conference: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.Join]
    ) -> answers.ConferenceDone:
        """Add a participant: call one, or add an existing call; events report whether they join."""
        return await self._ask(
            answers.ConferenceDone,
            "POST",
            f"/v1/conferences/{part(conference)}/participants",
            body,
            key=idempotency_key,
        )

    async def remove_participant(self, conference: str, /, *, call: str) -> answers.ConferenceDone:
        """Remove a participant; the call ends."""
        query: Query = {"call": call}
        return await self._ask(
            answers.ConferenceDone, "DELETE", f"/v1/conferences/{part(conference)}/participants", query=query
        )

    async def list_conferences(self) -> answers.Conferences:
        """All current conferences: one, or none."""
        return await self._ask(answers.Conferences, "GET", "/v1/conferences")

    async def begin_conference(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.Confer]
    ) -> answers.ConferenceDone:
        """Create a conference of the panel with existing calls, and with others, who are called."""
        return await self._ask(answers.ConferenceDone, "POST", "/v1/conferences", body, key=idempotency_key)

    async def send_message(
        self, *, wait_s: int | None = None, idempotency_key: str | None = None, **body: Unpack[bodies.Letter]
    ) -> answers.MessageTaken:
        """Send a MESSAGE; an event reports whether it arrives."""
        return await self._ask(answers.MessageTaken, "POST", "/v1/messages", body, wait_s=wait_s, key=idempotency_key)

    async def report_event(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.CustomEvent]
    ) -> answers.Done:
        """Report an event of your own, `custom`, to all who follow the events.

        At most 20 at once, then one a second.
        """
        return await self._ask(answers.Done, "POST", "/v1/events", body, key=idempotency_key)

    async def press_button(
        self, button: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.PressOptions]
    ) -> answers.Done:
        """Press a button for `seconds`, then release it."""
        return await self._ask(
            answers.Done, "POST", f"/v1/panel/buttons/{part(button)}/press", body, key=idempotency_key
        )

    async def try_lamp(
        self, lamp: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.TestLamp]
    ) -> answers.Done:
        """Show a pattern on a lamp for `seconds`, instead of the status."""
        return await self._ask(answers.Done, "POST", f"/v1/panel/lamps/{part(lamp)}/test", body, key=idempotency_key)

    async def clear_sensor(self, sensor: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """End the blocking of doors by a tamper contact."""
        return await self._ask(answers.Done, "POST", f"/v1/panel/sensors/{part(sensor)}/clear", key=idempotency_key)

    async def route_ring(
        self, ring: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.RouteRing]
    ) -> answers.Done:
        """Ring these targets in place of the configured plan, while the ring waits for the answer of a webhook's
        receiver. Without targets the plan begins at once.
        """
        return await self._ask(answers.Done, "POST", f"/v1/rings/{part(ring)}/route", body, key=idempotency_key)

    async def end_ring(self, ring: str, /) -> answers.Done:
        """End a visitor's ring: its phones stop, and nobody else is rung."""
        return await self._ask(answers.Done, "DELETE", f"/v1/rings/{part(ring)}")

    async def read_panel(self) -> answers.Panel:
        """Current state of buttons and lamps."""
        return await self._ask(answers.Panel, "GET", "/v1/panel")

    async def open_door(
        self, door: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.Open]
    ) -> answers.Done:
        """Energise the relay for one pulse, at most for the door's own limit."""
        return await self._ask(answers.Done, "POST", f"/v1/doors/{part(door)}/open", body, key=idempotency_key)

    async def hold_door(
        self, door: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.HoldOpen]
    ) -> answers.Done:
        """Hold the door open, at most for the door's own limit; `door.hold_ending` warns before the end."""
        return await self._ask(answers.Done, "POST", f"/v1/doors/{part(door)}/hold", body, key=idempotency_key)

    async def release_door(self, door: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """End the hold."""
        return await self._ask(answers.Done, "POST", f"/v1/doors/{part(door)}/release", key=idempotency_key)

    async def lock_door(self, door: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """Lock the door down: nothing opens it, also after a restart or power cut.

        The answer comes after it is saved.
        """
        return await self._ask(answers.Done, "POST", f"/v1/doors/{part(door)}/lock", key=idempotency_key)

    async def unlock_door(self, door: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """End the lockdown; this does not open the door. The answer comes after it is saved."""
        return await self._ask(answers.Done, "POST", f"/v1/doors/{part(door)}/unlock", key=idempotency_key)

    async def list_doors(self) -> answers.Doors:
        """All doors."""
        return await self._ask(answers.Doors, "GET", "/v1/doors")

    async def read_door(self, door: str, /) -> answers.Door:
        """One door."""
        return await self._ask(answers.Door, "GET", f"/v1/doors/{part(door)}")

    async def remove_code(self, code: str, /) -> answers.Done:
        """Remove a code or card, which then opens no door."""
        return await self._ask(answers.Done, "DELETE", f"/v1/codes/{part(code)}")

    async def read_code(self, code: str, /) -> answers.Code:
        """One code or card, without its digits."""
        return await self._ask(answers.Code, "GET", f"/v1/codes/{part(code)}")

    async def change_code(self, code: str, /, **body: Unpack[bodies.CodeChange]) -> answers.CodeDone:
        """Change the owner, doors, times or limits; omitted fields stay."""
        return await self._ask(answers.CodeDone, "PATCH", f"/v1/codes/{part(code)}", body)

    async def list_codes(self) -> answers.Codes:
        """All codes and cards, without their digits."""
        return await self._ask(answers.Codes, "GET", "/v1/codes")

    async def add_code(self, *, idempotency_key: str | None = None, **body: Unpack[bodies.NewCode]) -> answers.CodeDone:
        """Add a code or a card. The answer comes once the code is on disc, and would survive a power cut."""
        return await self._ask(answers.CodeDone, "POST", "/v1/codes", body, key=idempotency_key)

    async def list_rules(self) -> answers.Rules:
        """All rules.

        A client without `admin` sees the values of orders, which may be digits, in its own rules alone.
        """
        return await self._ask(answers.Rules, "GET", "/v1/rules")

    async def add_rule(self, *, idempotency_key: str | None = None, **body: Unpack[bodies.NewRule]) -> answers.Done:
        """Make a rule, or replace one of this name; it is kept over restarts.

        A client replaces its own rules only. The token needs every scope that the orders of the rule need. The rule
        acts with the rights of that token, and no longer acts once the token is removed or has expired.
        """
        return await self._ask(answers.Done, "POST", "/v1/rules", body, key=idempotency_key)

    async def try_rules(self, *, at: str | None = None, state: str | None = None) -> answers.Trial:
        """What each rule would do at a time, and why; nothing is done.

        The state is the present one, but for the values that `state` supposes; the clock counts as right.
        """
        query: Query = {"at": at, "state": state}
        return await self._ask(answers.Trial, "GET", "/v1/rules/try", query=query)

    async def remove_rule(self, rule: str, /) -> answers.Done:
        """Remove a rule that a client made: its own one, or with a token for `admin` any."""
        return await self._ask(answers.Done, "DELETE", f"/v1/rules/{part(rule)}")

    async def list_tokens(self) -> answers.AccessTokens:
        """All tokens, without their texts."""
        return await self._ask(answers.AccessTokens, "GET", "/v1/tokens")

    async def add_token(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.NewAccessToken]
    ) -> answers.AccessTokenMade:
        """Make a token. The answer is the only place where its text appears."""
        return await self._ask(answers.AccessTokenMade, "POST", "/v1/tokens", body, key=idempotency_key)

    async def remove_token(self, token: str, /) -> answers.Done:
        """Remove a token: from now on it is refused, and streams of events that it began end within a second."""
        return await self._ask(answers.Done, "DELETE", f"/v1/tokens/{part(token)}")

    async def read_session(self) -> answers.BrowserSession:
        """The client of this request and its scopes, by a token, a session or the Unix socket."""
        return await self._ask(answers.BrowserSession, "GET", "/v1/session")

    async def read_push(self) -> answers.Push:
        """The station's key for Web Push, and this client's subscriptions, or with `admin` those of all clients."""
        return await self._ask(answers.Push, "GET", "/v1/push")

    async def add_subscription(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.NewPushSubscription]
    ) -> answers.PushSubscribed:
        """Notify a browser of rings from now on, as long as the token of this request is valid.

        The browser's push manager gives the endpoint, which must be an https address on the Internet, and the keys. One
        that is known already is renewed. A token has eight at most: a new one replaces its oldest.
        """
        return await self._ask(answers.PushSubscribed, "POST", "/v1/push", body, key=idempotency_key)

    async def remove_subscription(self, subscription: str, /) -> answers.Done:
        """Notify a browser no longer: one of this client's token, and with `admin` any."""
        return await self._ask(answers.Done, "DELETE", f"/v1/push/{part(subscription)}")

    async def change_audio(self, **body: Unpack[bodies.AudioChange]) -> answers.Done:
        """Set levels.

        The event `audio.settings_changed` reports the level that the card has taken: a card has steps. The station sets
        the level of an absent card when the card returns.
        """
        return await self._ask(answers.Done, "PATCH", "/v1/audio", body)

    async def read_audio(self) -> answers.Audio:
        """Speaker, microphone and sound cards, with the levels that the mixers of the cards show."""
        return await self._ask(answers.Audio, "GET", "/v1/audio")

    async def play_tone_on_speaker(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.PlayTone]
    ) -> answers.Done:
        """Play a tone on the speaker, in place of one that a client plays there; `tone.stopped` reports its end."""
        return await self._ask(answers.Done, "POST", "/v1/audio/tone", body, key=idempotency_key)

    async def stop_tone_on_speaker(self) -> answers.Done:
        """Stop the tone that a client plays on the speaker."""
        return await self._ask(answers.Done, "DELETE", "/v1/audio/tone")

    async def stop_sound_on_speaker(self) -> answers.Done:
        """Stop the sound that a client plays on the speaker."""
        return await self._ask(answers.Done, "DELETE", "/v1/audio/playback")

    async def play_sound_on_speaker(
        self, *, wait_s: int | None = None, idempotency_key: str | None = None, **body: Unpack[bodies.PlaySound]
    ) -> answers.DoneLater:
        """Play a sound on the speaker, in place of one that plays there; the events `playback.…` report the outcome."""
        return await self._ask(
            answers.DoneLater, "POST", "/v1/audio/playback", body, wait_s=wait_s, key=idempotency_key
        )

    async def let_visitor_talk(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.Talk]
    ) -> answers.Done:
        """With `audio.mode` push_to_talk: open the microphone and close the speaker in the active call.

        It ends with the call, after `seconds`, or by DELETE. `audio.microphone_changed` reports both.
        """
        return await self._ask(answers.Done, "POST", "/v1/audio/talk", body, key=idempotency_key)

    async def let_caller_talk(self) -> answers.Done:
        """With `audio.mode` push_to_talk: close the microphone and open the speaker again."""
        return await self._ask(answers.Done, "DELETE", "/v1/audio/talk")

    async def silence_ringer(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.SilenceRinger]
    ) -> answers.Done:
        """Silence the bell of incoming calls for some minutes; 0 lets it ring again.

        Calls still come, ring elsewhere, show on lamps, and can be answered here. The bell rings again after the time,
        or after a restart; `audio.ringer_changed` reports both ends.
        """
        return await self._ask(answers.Done, "POST", "/v1/audio/ringer/silence", body, key=idempotency_key)

    async def list_sounds(self) -> answers.Sounds:
        """The sounds that can be played by name: built-in ones, and the files in `audio.sounds`."""
        return await self._ask(answers.Sounds, "GET", "/v1/audio/sounds")

    async def say_on_speaker(
        self, *, wait_s: int | None = None, idempotency_key: str | None = None, **body: Unpack[bodies.Say]
    ) -> answers.DoneLater:
        """Speak a text on the speaker, as a playback: in place of a sound there, and stopped as one."""
        return await self._ask(answers.DoneLater, "POST", "/v1/audio/say", body, wait_s=wait_s, key=idempotency_key)

    async def list_devices(self) -> answers.Devices:
        """All sound cards, with the names of their PCMs; the event `audio.devices_changed` reports each change."""
        return await self._ask(answers.Devices, "GET", "/v1/audio/devices")

    async def try_sound(
        self, *, idempotency_key: str | None = None, **body: Unpack[bodies.TestSound]
    ) -> answers.SoundTest:
        """Listen for a second, play a sweep for `seconds`, and report how the microphone received it.

        Not possible during a call, a visitor's ring, or a tone or file on the speaker (409); each of these also ends a
        running test. The recording is in memory only, and is not stored. The event `audio.tested` has the same result.
        The answer comes after the test. If the client prefers, it comes earlier, with an operation to read.
        """
        return await self._ask(answers.SoundTest, "POST", "/v1/audio/self-test", body, key=idempotency_key)

    async def pause_recording(self, recording: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """Pause a recording: until it is resumed, no sound goes into its file."""
        return await self._ask(
            answers.Done, "POST", f"/v1/recordings/live/{part(recording)}/pause", key=idempotency_key
        )

    async def resume_recording(self, recording: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """End the pause of a recording."""
        return await self._ask(
            answers.Done, "POST", f"/v1/recordings/live/{part(recording)}/resume", key=idempotency_key
        )

    async def mute_recording(
        self, recording: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.MuteRecording]
    ) -> answers.Done:
        """Replace a side of a recording, or both, by silence from now on; unlike in a pause, its time goes on."""
        return await self._ask(
            answers.Done, "POST", f"/v1/recordings/live/{part(recording)}/mute", body, key=idempotency_key
        )

    async def unmute_recording(
        self, recording: str, /, *, idempotency_key: str | None = None, **body: Unpack[bodies.MuteRecording]
    ) -> answers.Done:
        """Record a muted side again, or both."""
        return await self._ask(
            answers.Done, "POST", f"/v1/recordings/live/{part(recording)}/unmute", body, key=idempotency_key
        )

    async def end_recording(self, recording: str, /, *, idempotency_key: str | None = None) -> answers.Done:
        """End a recording; `recording.available` follows."""
        return await self._ask(answers.Done, "POST", f"/v1/recordings/live/{part(recording)}/stop", key=idempotency_key)

    async def discard_recording(self, recording: str, /) -> answers.Done:
        """End a recording and keep nothing of it; `recording.deleted` follows."""
        return await self._ask(answers.Done, "DELETE", f"/v1/recordings/live/{part(recording)}")

    async def read_live_recording(self, recording: str, /) -> answers.LiveRecording:
        """A recording that is being made."""
        return await self._ask(answers.LiveRecording, "GET", f"/v1/recordings/live/{part(recording)}")

    async def list_recordings(
        self,
        *,
        limit: int | None = None,
        cursor: int | None = None,
        after: str | None = None,
        before: str | None = None,
        party: str | None = None,
        door: str | None = None,
        outcome: words.Cause | None = None,
        note: str | None = None,
        kind: words.RecordingKind | None = None,
    ) -> answers.Recordings:
        """A page of recordings, newest first; `cursor` is the `next` of the previous page.

        All conditions must be met.
        """
        query: Query = {
            "limit": limit,
            "cursor": cursor,
            "after": after,
            "before": before,
            "party": party,
            "door": door,
            "outcome": outcome,
            "note": note,
            "kind": kind,
        }
        return await self._ask(answers.Recordings, "GET", "/v1/recordings", query=query)

    async def list_live_recordings(self) -> answers.LiveRecordings:
        """The running recordings of calls, and a visitor's message."""
        return await self._ask(answers.LiveRecordings, "GET", "/v1/recordings/live")

    async def read_recording(self, recording: str, /) -> answers.Recording:
        """One recording."""
        return await self._ask(answers.Recording, "GET", f"/v1/recordings/{part(recording)}")

    async def change_recording(self, recording: str, /, **body: Unpack[bodies.RecordingChange]) -> answers.Recording:
        """Protect a recording from limits and deletion, or no longer. The answer is the recording."""
        return await self._ask(answers.Recording, "PATCH", f"/v1/recordings/{part(recording)}", body)

    async def delete_recording(self, recording: str, /) -> answers.Done:
        """Delete a finished recording, with its file.

        One that is being written or protected is refused (`conflict`).
        """
        return await self._ask(answers.Done, "DELETE", f"/v1/recordings/{part(recording)}")

    async def read_waveform(self, recording: str, /) -> answers.Waveform:
        """The waveform of a complete recording.

        It is counted at the first request, when the station has time for it.
        """
        return await self._ask(answers.Waveform, "GET", f"/v1/recordings/{part(recording)}/peaks")

    async def list_logged_calls(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        after: str | None = None,
        before: str | None = None,
        party: str | None = None,
        direction: words.Direction | None = None,
        outcome: words.Cause | None = None,
        missed: bool | None = None,
    ) -> answers.CallLog:
        """A page of the call log, newest first; `cursor` is the `next` of the previous page.

        All conditions must be met.
        """
        query: Query = {
            "limit": limit,
            "cursor": cursor,
            "after": after,
            "before": before,
            "party": party,
            "direction": direction,
            "outcome": outcome,
            "missed": missed,
        }
        return await self._ask(answers.CallLog, "GET", "/v1/log/calls", query=query)

    async def list_audit(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> answers.Audit:
        """A page of the audit, newest first; `cursor` is the `next` of the previous page."""
        query: Query = {"limit": limit, "cursor": cursor, "after": after, "before": before}
        return await self._ask(answers.Audit, "GET", "/v1/log/doors", query=query)

    async def read_operation(self, operation: str, /) -> answers.Operation:
        """Read the state of an order that was answered with 202.

        Readable with the token that gave the order, or with one for `admin`; for other tokens the operation does not
        exist.
        """
        return await self._ask(answers.Operation, "GET", f"/v1/operations/{part(operation)}")

    async def read_configuration(self) -> answers.Configuration:
        """All settings that are in force, with defaults, reloads and run-time changes; secrets are shown as `***`."""
        return await self._ask(answers.Configuration, "GET", "/v1/config")

    async def change_runtime(self, **body: Unpack[bodies.RuntimeChange]) -> answers.RuntimeDone:
        """Change forwarding, quiet hours or do-not-disturb.

        The change survives restarts, until the file's settings change. Do-not-disturb alone needs a token for `call`;
        forwarding and quiet hours need one for `admin`. With `If-Match` and the ETag of GET /v1/config, the change
        succeeds only if the settings are as the client read them.
        """
        return await self._ask(answers.RuntimeDone, "PATCH", "/v1/config/runtime", body)

    async def examine_station(self, *, idempotency_key: str | None = None) -> answers.Findings:
        """Look at everything now, which may take seconds; a client that prefers so gets an operation to read."""
        return await self._ask(answers.Findings, "POST", "/v1/doctor", key=idempotency_key)

    async def read_support_bundle(self) -> answers.SupportBundle:
        """The support bundle, for help from afar: machine, findings, settings, state, logs and the newest events.

        Without passwords, tokens, codes, texts of messages and values of headers; digits are replaced by others. Names,
        numbers and addresses of people are in it.
        """
        return await self._ask(answers.SupportBundle, "GET", "/v1/support-bundle")

    async def read_liveness(self) -> answers.Health:
        """Whether the daemon works; if not (503), restart it."""
        return await self._ask(answers.Health, "GET", "/livez")

    async def read_readiness(self) -> answers.Health:
        """Whether calls are possible; if not (503), the cause."""
        return await self._ask(answers.Health, "GET", "/readyz")
