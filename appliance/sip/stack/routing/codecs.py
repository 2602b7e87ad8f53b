"""The offered and accepted codecs and their order, which pjsip stores only for all calls together."""

from collections.abc import Iterator
from contextlib import contextmanager

import pjsua2 as pj

from appliance.sip.stack.routing.transports import StartError

# pjmedia's bridge runs at this rate, so that Opus at 48 kHz would only resample: a third more processor time in a call.
BRIDGE_HZ = 16000
LOWEST_PRIORITY, HIGHEST_PRIORITY = 1, 250
# Of 100 packets, for far ends that use in-band FEC: Opus then repeats speech in the next packet, at a lower bit rate.
OPUS_EXPECTED_LOSS = 10


class Codecs:
    """The configured codecs by their names in SDP, the preferred one first. Raises StartError for an unknown one."""

    def __init__(self, endpoint: pj.Endpoint, configured: tuple[str, ...], opus_complexity: int) -> None:
        self._endpoint, self.configured = endpoint, configured
        codecs_known = endpoint.codecEnum2()  # kept while its parts are read
        self._known = [str(codec.codecId) for codec in codecs_known]
        opus = endpoint.getCodecOpusConfig()
        opus.sample_rate, opus.complexity, opus.packet_loss = BRIDGE_HZ, opus_complexity, OPUS_EXPECTED_LOSS
        endpoint.setCodecOpusConfig(opus)
        self._prefer(configured)

    @contextmanager
    def only(self, wanted: tuple[str, ...]) -> Iterator[None]:
        """Offers made inside this context have only these codecs; if none are named, all configured ones."""
        if not wanted:
            yield
            return
        self._prefer(wanted)
        try:
            yield
        finally:
            self._prefer(self.configured)

    def _prefer(self, codecs: tuple[str, ...]) -> None:
        for codec in self._known:
            self._endpoint.codecSetPriority(codec, 0)
        for place, wanted in enumerate(codecs):
            found = [codec for codec in self._known if codec.partition("/")[0].lower() == wanted.lower()]
            if not found:
                names = ", ".join(sorted({codec.partition("/")[0] for codec in self._known}))
                raise StartError(
                    f"There is no codec {wanted}; this pjsua2 has {names}", "Set the codecs to some of these."
                )
            self._endpoint.codecSetPriority(found[0], max(HIGHEST_PRIORITY - place, LOWEST_PRIORITY))
