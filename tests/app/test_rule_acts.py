"""Orders of rules: so many rules act at once, and those that have acted make room for others."""

import asyncio

from appliance.app.rule_acts import MOST, RuleActs
from appliance.core.inputs import RuleActFailed
from appliance.core.model import AccessScope, Act
from appliance.core.orders import GiveOrders
from tests.support.waiting import until_async

LOCK = Act("lock_door", '{"door": "front"}', (AccessScope.DOOR,))
WANTED = GiveOrders("evening", (LOCK,), (AccessScope.DOOR,), "")


def test_so_many_rules_act_at_once_and_as_many_again_after_them():
    posted, asked = [], []

    async def scenario():
        answered = asyncio.Event()

        async def app(scope, _receive, send):
            asked.append((scope["method"], scope["path"]))
            await answered.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

        async def interface():
            return app

        acts = RuleActs(posted.append, interface)
        for _ in range(MOST + 1):
            acts.give(WANTED)
        await until_async(lambda: len(asked) == MOST)
        (refused,) = posted
        assert isinstance(refused, RuleActFailed)
        assert (refused.rule, refused.order, refused.code) == ("evening", "lock_door", "rate-limited")
        answered.set()
        await until_async(lambda: not acts._acting, "the end of all")
        for _ in range(MOST):
            acts.give(WANTED)
        await until_async(lambda: len(asked) == 2 * MOST)
        assert posted == [refused]
        await acts.stop()

    asyncio.run(scenario())
    assert set(asked) == {("POST", "/v1/doors/front/lock")}
