/* An encrypted call that is negotiated again and again: nothing of it may stay in the pools that last as long as the
 * call. The first byte chooses the suite that is offered, each further one a key.
 */
#include <pjlib.h>
#include <pjmedia.h>
#include <pjmedia/transport_loop.h>
#include <pjmedia/transport_srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pj_caching_pool caching;
static pjmedia_endpt *endpoint;

static pj_size_t in_use(void)
{
    const pj_pool_t *pool = (const pj_pool_t*)caching.used_list.next;
    pj_size_t bytes = 0;

    for (; (const void*)pool != (const void*)&caching.used_list; pool = pool->next)
        bytes += pj_pool_get_used_size((pj_pool_t*)pool);
    return bytes;
}

static pjmedia_sdp_session *sdp(pj_pool_t *pool, const char *crypto)
{
    char *text = pj_pool_alloc(pool, 512);
    pjmedia_sdp_session *read = NULL;
    const int length = snprintf(text, 512, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                                "m=audio 4000 RTP/SAVP 8\r\n%s", crypto);

    return pjmedia_sdp_parse(pool, text, length, &read) == PJ_SUCCESS ? read : NULL;
}

static void negotiate(pjmedia_transport *srtp, pj_bool_t first, const char *suite, uint8_t key)
{
    pj_pool_t *pool = pj_pool_create(&caching.factory, "negotiation", 4000, 4000, NULL);
    pjmedia_sdp_session *offer, *answer;
    char crypto[128];

    snprintf(crypto, sizeof(crypto), "a=crypto:1 %s inline:%c%039d\r\n", suite, 'A' + key % 26, 0);
    offer = sdp(pool, crypto);
    answer = sdp(pool, "");
    if (offer && answer && (!first || pjmedia_transport_media_create(srtp, pool, 0, offer, 0) == PJ_SUCCESS) &&
        pjmedia_transport_encode_sdp(srtp, pool, answer, offer, 0) == PJ_SUCCESS)
    {
        pjmedia_transport_media_start(srtp, pool, answer, offer, 0);
    }
    pj_pool_release(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const suites[] = { "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32" };
    pjmedia_srtp_setting settings;
    pjmedia_transport *loop, *srtp;
    pj_size_t before = 0, turn;

    if (size < 4 || size > 64)
        return 0;
    if (!endpoint) {
        pj_log_set_level(0);
        pj_init();
        pj_caching_pool_init(&caching, NULL, 0);
        pjmedia_endpt_create(&caching.factory, NULL, 0, &endpoint);
        pjmedia_srtp_init_lib(endpoint);
    }
    pjmedia_transport_loop_create(endpoint, &loop);
    pjmedia_srtp_setting_default(&settings);
    settings.use = PJMEDIA_SRTP_MANDATORY;
    pjmedia_transport_srtp_create(endpoint, loop, &settings, &srtp);
    for (turn = 1; turn < size; ++turn) {
        negotiate(srtp, turn == 1, suites[data[0] % PJ_ARRAY_SIZE(suites)], data[turn]);
        if (turn == 2)
            before = in_use();
    }
    if (in_use() > before)
        abort();
    pjmedia_transport_close(srtp);
    return 0;
}
