"""Who must show a password to be taken for whom he says he is (see digest): targets that call through no account."""

from dataclasses import dataclass

from appliance.core import peers
from appliance.sip import translate
from appliance.sip.digest import Challenges, Verdict
from appliance.sip.settings import CallerSettings

REALM = "intercom"
ASKED, FORBIDDEN = 401, 403
NOTHING_SAID = {Verdict.MISSING, Verdict.STALE}


@dataclass(frozen=True, slots=True)
class Judgement:
    """code 0: the call goes on, as that of the target `shown`, "" for who need not show anything.

    Otherwise it is answered with that code and challenge; `why` is told, where there is something to tell.
    """

    code: int = 0
    shown: str = ""
    challenge: str = ""
    why: str = ""


class Callers:
    """Those that have one."""

    def __init__(self, callers: tuple[CallerSettings, ...]) -> None:
        self._callers = {caller.user: caller for caller in callers}
        self._challenges = Challenges(REALM)

    def judge(self, invite: str, now: float) -> Judgement:
        """What becomes of an INVITE; now: seconds of a clock that only goes forward."""
        user = (peers.parts(translate.address(translate.header(invite, "From"))[0]) or ("", ""))[0]
        caller = self._callers.get(user)
        if caller is None:
            return Judgement()
        passwords = {caller.user: caller.password}
        verdict = self._challenges.judge(translate.header(invite, "Authorization"), "INVITE", passwords.get, now)
        if verdict is Verdict.ACCEPTED:
            return Judgement(shown=caller.name)
        if verdict in NOTHING_SAID:
            asked = self._challenges.make(now, stale=verdict is Verdict.STALE)
            return Judgement(ASKED, challenge=asked)
        return Judgement(FORBIDDEN, why=verdict)
