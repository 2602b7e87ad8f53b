/* Two SDPs, parted by a line of "==": ours and the far end's offer. They are negotiated, then ours is offered. */
#define _GNU_SOURCE
#include <pjlib.h>
#include <pjmedia.h>
#include <stdint.h>
#include <string.h>

static pj_caching_pool caching;

static pjmedia_sdp_session *parsed(pj_pool_t *pool, const char *text, size_t size)
{
    pjmedia_sdp_session *sdp;
    char *copy = (char*)pj_pool_alloc(pool, size + 1);

    memcpy(copy, text, size);
    copy[size] = '\0';
    return pjmedia_sdp_parse(pool, copy, size, &sdp) == PJ_SUCCESS ? sdp : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char*)data;
    const char *bar = (const char*)memmem(text, size, "==\r\n", 4);
    pjmedia_sdp_session *ours, *theirs;
    pjmedia_sdp_neg *neg;
    pj_pool_t *pool;

    if (!caching.factory.create_pool) {
        pj_log_set_level(0);
        pj_init();
        pj_caching_pool_init(&caching, NULL, 0);
    }
    if (!bar || size > 8000)
        return 0;
    pool = pj_pool_create(&caching.factory, "sdp", 4000, 4000, NULL);
    ours = parsed(pool, text, bar - text);
    theirs = parsed(pool, bar + 4, text + size - bar - 4);
    if (ours && theirs && pjmedia_sdp_validate(ours) == PJ_SUCCESS &&
        pjmedia_sdp_validate2(theirs, PJ_FALSE) == PJ_SUCCESS &&
        pjmedia_sdp_neg_create_w_remote_offer(pool, ours, theirs, &neg) == PJ_SUCCESS)
    {
        const pjmedia_sdp_session *offer;

        pjmedia_sdp_neg_negotiate(pool, neg, PJ_FALSE);
        if (pjmedia_sdp_neg_get_state(neg) == PJMEDIA_SDP_NEG_STATE_DONE &&
            pjmedia_sdp_neg_modify_local_offer2(pool, neg, 0, ours) == PJ_SUCCESS &&
            pjmedia_sdp_neg_send_local_offer(pool, neg, &offer) == PJ_SUCCESS)
        {
            char printed[8000];

            pjmedia_sdp_print(offer, printed, sizeof(printed));
        }
    }
    pj_pool_release(pool);
    return 0;
}
