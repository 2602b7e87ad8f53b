"""A process of its own in which pjsua2's detector listens: samples (16 bit, mono, 8 kHz) in, what it heard out as JSON.

hears.py TWIST REVERSE_TWIST THRESHOLD
"""

import json
import os
import sys

import pjsua2 as pj

BLOCK = 16000  # bytes, after which the digits are taken


def main() -> None:
    """Each digit with begin and end in samples; end 0: it goes on."""
    out = os.dup(1)
    os.dup2(2, 1)  # where pjsip prints its start
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(config)
    detector = pj.DtmfDetector()
    detector.createDtmfDetector(*map(int, sys.argv[1:]))
    heard = []
    while block := sys.stdin.buffer.read(BLOCK):
        samples = pj.ByteVector()
        samples.assign_from_bytes(block)
        detector.listen(samples)
        digits = detector.take()
        heard += [(each.digit, each.begin, each.end) for each in digits]
    del detector
    endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)
    os.write(out, json.dumps(heard).encode())


main()
