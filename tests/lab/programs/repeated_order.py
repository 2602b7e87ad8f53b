"""Sends the same order to open a door five times at once, and once more after the pulse; runs in the guest: KEY.

Prints the answers' status. The orders have the idempotency key KEY.
"""

import concurrent.futures
import sys

from http_client import ask
from pacing import paced


def order(_: int = 0) -> int:
    status, _ = ask("/v1/doors/front/open", "POST", '{"seconds": 0.5}', Idempotency_Key=sys.argv[1])
    return status


with concurrent.futures.ThreadPoolExecutor(5) as pool:
    answers = list(pool.map(order, range(5)))
for _ in paced(0.1):
    if not ask("/v1/state")[1]["doors"][0]["unlocked"]:
        break
print(*answers, order())
