/* A SIP message, printed into buffers of every size up to its own. */
#include <pjlib.h>
#include <pjlib-util.h>
#include <pjsip.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 1500

static pj_caching_pool caching;
static pjsip_endpoint *endpoint;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pjsip_msg *msg;
    pj_pool_t *pool;
    char *text;
    size_t room;

    if (!endpoint) {
        pj_log_set_level(0);
        pj_init();
        pjlib_util_init();
        pj_caching_pool_init(&caching, NULL, 0);
        pjsip_endpt_create(&caching.factory, "fuzz", &endpoint);
    }
    if (size > LONGEST)
        return 0;
    pool = pj_pool_create(&caching.factory, "msg", 4000, 4000, NULL);
    text = (char*)pj_pool_alloc(pool, size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    msg = pjsip_parse_msg(pool, text, size, NULL);
    for (room = 1; msg && room < LONGEST; ++room) {
        char *exact = (char*)malloc(room);
        const pj_ssize_t printed = pjsip_msg_print(msg, exact, room);

        free(exact);
        if (printed >= 0)
            break;
    }
    pj_pool_release(pool);
    return 0;
}
