/* Two RTP packets 20 ms apart after any time since the start of the machine: their jitter is next to nothing.
 *
 * The first eight bytes are the time in nanoseconds, the ninth chooses the clock rate. Linked with
 * --wrap=pj_get_timestamp.
 */
#include <pjlib.h>
#include <pjmedia.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static pj_uint64_t now;

pj_status_t __wrap_pj_get_timestamp(pj_timestamp *stamp)
{
    stamp->u64 = now;
    return PJ_SUCCESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned rates[] = { 8000, 16000, 48000 };
    const pj_uint64_t longest = 1000000000ull * 3600 * 24 * 365 * 30;
    pjmedia_rtcp_session session;
    unsigned rate, packet;

    if (size < 9)
        return 0;
    pj_log_set_level(0);
    pj_init();
    memcpy(&now, data, 8);
    now %= longest;
    rate = rates[data[8] % PJ_ARRAY_SIZE(rates)];
    pjmedia_rtcp_init(&session, "uptime", rate, rate / 50, 1);
    for (packet = 0; packet < 100; ++packet) {
        pjmedia_rtcp_rx_rtp2(&session, packet, packet * (rate / 50), 160, PJ_FALSE);
        now += 20000000;
    }
    if (session.stat.rx.jitter.max > 1000)  /* microseconds */
        abort();
    return 0;
}
