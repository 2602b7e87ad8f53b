"""A controller of HomeKit, as a phone is one: pairs with an accessory, and does what its standard input says.

python homekit_controller.py ADDRESS DEVICE-ID PIN: prints `paired`, then `ring`, and `current N` when the lock changes.
`open` on a line of its standard input has it unlock the lock. It runs with the Python of `make test-homekit`.
"""

import asyncio
import sys

from aiohomekit import Controller
from aiohomekit.controller import TransportType
from aiohomekit.zeroconf import HAP_TYPE_TCP, HAP_TYPE_UDP
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

BELL, CURRENT, TARGET = "73", "1D", "1E"  # types of HomeKit's characteristics
DISCOVERED_S = 60


def say(*words):
    print(*words, flush=True)


async def main(address, device, pin):
    zeroconf = AsyncZeroconf(interfaces=[address])
    kinds = [HAP_TYPE_TCP, HAP_TYPE_UDP]
    browser = AsyncServiceBrowser(zeroconf.zeroconf, kinds, handlers=[lambda **_: None])
    async with Controller(async_zeroconf_instance=zeroconf) as controller:
        found = await controller.async_find(device.lower(), timeout=DISCOVERED_S)
        assert TransportType.IP in controller.transports
        finish = await found.async_start_pairing("front")
        pairing = await finish(pin)
        accessories = await pairing.list_accessories_and_characteristics()
        ids = {
            each["type"].split("-")[0].lstrip("0"): (accessory["aid"], each["iid"])
            for accessory in accessories
            for service in accessory["services"]
            for each in service["characteristics"]
        }

        def heard(news):
            if ids[BELL] in news:
                say("ring")
            if ids[CURRENT] in news:
                say("current", news[ids[CURRENT]]["value"])

        pairing.dispatcher_connect(heard)
        await pairing.subscribe([ids[BELL], ids[CURRENT]])
        say("paired")
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if line.strip() == "open":
                await pairing.put_characteristics([(*ids[TARGET], 0)])
    await browser.async_cancel()
    await zeroconf.async_close()


asyncio.run(main(*sys.argv[1:]))
