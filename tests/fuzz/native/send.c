/* A request whose message cannot be sent: at once, later, or at all. Two bytes: how it fails, and after how long. */
#include <pjlib.h>
#include <pjlib-util.h>
#include <pjsip.h>
#include <stdint.h>

static pj_caching_pool caching;
static pjsip_endpoint *endpoint;
static pjsip_transport *loop;

static void on_answer(void *token, pjsip_event *event)
{
    PJ_UNUSED_ARG(token);
    PJ_UNUSED_ARG(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pj_str_t target = pj_str("sip:far@130.0.0.1;transport=loop-dgram");
    const pj_str_t us = pj_str("<sip:door@127.0.0.1>");
    pjsip_tx_data *request;
    unsigned turn;

    if (!endpoint) {
        pj_log_set_level(0);
        pj_init();
        pjlib_util_init();
        pj_caching_pool_init(&caching, &pj_pool_factory_default_policy, 0);     /* what is freed is freed */
        pjsip_endpt_create(&caching.factory, "fuzz", &endpoint);
        pjsip_tsx_layer_init_module(endpoint);
        pjsip_loop_start(endpoint, &loop);
    }
    if (size < 2)
        return 0;
    pjsip_loop_set_discard(loop, PJ_TRUE, NULL);
    pjsip_loop_set_failure(loop, data[0] % 3, NULL);
    pjsip_loop_set_send_callback_delay(loop, data[1] % 8, NULL);
    if (pjsip_endpt_create_request(endpoint, pjsip_get_options_method(), &target, &us, &us, &us, NULL, -1, NULL,
                                   &request) == PJ_SUCCESS)
    {
        pjsip_endpt_send_request(endpoint, request, -1, NULL, &on_answer);
    }
    for (turn = 0; turn < 4; ++turn) {
        const pj_time_val patience = { 0, 5 };

        pjsip_endpt_handle_events(endpoint, &patience);
    }
    return 0;
}
