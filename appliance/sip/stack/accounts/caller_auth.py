"""Digest authentication of direct callers: targets with a password (see digest), from any address."""

from collections import OrderedDict
from collections.abc import Callable

from appliance.base.record import Record
from appliance.core import inputs
from appliance.core.accounts import sip_uris
from appliance.core.model import CallId, PasswordFault
from appliance.sip.settings import CallerSettings
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.digest import Challenges, Verdict
from appliance.sip.stack.accounts.guesses import Guesses
from appliance.sip.wire import GuessCounts

PROVEN = 64  # addresses
ASKED, FORBIDDEN = 401, 403
NOTHING_SAID = {Verdict.MISSING, Verdict.STALE}
Post = Callable[[inputs.AccessLockedOut | GuessCounts], None]


class Judgement(Record):
    """The decision about a caller. code 0: accept the call; `shown`: the target that proved its password, "" for none.

    Any other code is the response, with the challenge; `why` is reported unless it is empty. browser: the client whose
    browser calls; the daemon has then chosen the id of the call.
    """

    code: int = 0
    shown: str = ""
    challenge: str = ""
    why: PasswordFault = PasswordFault.NONE
    browser: str = ""
    call: CallId | None = None


class Callers:
    """The targets with a password. realm: the station's own. leads: whether a configured host is at an address.

    guessed: counters of the previous process; each change is posted, for the next process.
    """

    def __init__(
        self,
        callers: tuple[CallerSettings, ...],
        realm: str,
        leads: Callable[[str, str], bool],
        post: Post,
        guessed: GuessCounts | None = None,
    ) -> None:
        self._callers = {caller.user: caller for caller in callers}
        self._challenges, self._guesses = Challenges(realm), Guesses(guessed)
        self._leads, self._post = leads, post
        self._proven = OrderedDict[str, None]()  # addresses from which a password was shown, the latest last
        self.newly_proven = False  # one of them is not in the last answer of `proven`

    def judge(self, invite: str, address: str, now: float) -> Judgement:
        """Decide about an INVITE from an address; now: seconds of a monotonic clock."""
        caller = self._claimed(invite)
        if caller is None:
            return Judgement()
        at_home = self._leads(caller.host, address)
        if self._guesses.locks_out(caller.name, address, now, at_home=at_home):
            return Judgement(FORBIDDEN)  # reported when the lockout began
        passwords = {caller.user: caller.password}
        answer = translate.header(invite, "Authorization")
        request = "INVITE", translate.request_uri(invite)
        verdict = self._challenges.judge(answer, request, passwords.get, address, now)
        if verdict is Verdict.ACCEPTED:
            self._guesses.right(caller.name, address, now)
            self._post(self._guesses.counts)
            self.newly_proven = self.newly_proven or address not in self._proven
            self._proven[address] = None
            self._proven.move_to_end(address)
            while len(self._proven) > PROVEN:
                self._proven.popitem(last=False)
            return Judgement(shown=caller.name)
        if verdict in NOTHING_SAID:
            asked = self._challenges.make(address, now, stale=verdict is Verdict.STALE)
            return Judgement(ASKED, challenge=asked)
        if verdict is Verdict.WRONG:
            for found in self._guesses.wrong(caller.name, address, now, at_home=at_home):
                locked = inputs.AccessLockedOut(
                    at=now, who=found.who, source=address, scope=found.scope, seconds=found.seconds
                )
                self._post(locked)
            self._post(self._guesses.counts)
        return Judgement(FORBIDDEN, why=PasswordFault(verdict))

    def proven(self, now: float) -> set[str]:
        """The addresses that have shown a password: of IPv4 in the last 30 days, of IPv6 since this process started."""
        self.newly_proven = False
        return self._proven.keys() | self._guesses.known(now)

    def host(self, invite: str) -> str:
        """The host of the password-protected target that an INVITE claims to be; "" for none."""
        caller = self._claimed(invite)
        return "" if caller is None else caller.host

    def _claimed(self, invite: str) -> CallerSettings | None:
        user = (sip_uris.parts(translate.address(translate.header(invite, "From"))[0]) or ("", ""))[0]
        return self._callers.get(user)
