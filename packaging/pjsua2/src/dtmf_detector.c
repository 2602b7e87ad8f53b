/* 
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 *
 * This program is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
 * GNU General Public License for more details.
 *
 * You should have received a copy of the GNU General Public License
 * along with this program; if not, write to the Free Software
 * Foundation, Inc., 59 Temple Place, Suite 330, Boston, MA  02111-1307  USA 
 */
#include <pjmedia/dtmf_detector.h>
#include <pjmedia/errno.h>
#include <pj/assert.h>
#include <pj/lock.h>
#include <pj/pool.h>
#include <pj/string.h>

/* spandsp's headers lean on these */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <spandsp/telephony.h>
#include <spandsp/logging.h>
#include <spandsp/queue.h>
#include <spandsp/complex.h>
#include <spandsp/dds.h>
#include <spandsp/tone_detect.h>
#include <spandsp/tone_generate.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>


#define SIGNATURE           PJMEDIA_SIG_CLASS_PORT_AUD('D','D')
#define SAMPLES_PER_FRAME   (PJMEDIA_DTMF_DETECTOR_CLOCK_RATE * 20 / 1000)

/* spandsp judges blocks of so many samples, and believes two that agree */
#define BLOCK               102
#define HEARD_LATE          (2 * BLOCK)

/* A digit goes on after a gap of two blocks: where packets are lost or late
 * there are some, while a pause between two digits is at least three.
 */
#define LONGEST_GAP         (2 * BLOCK)

/* A second of the fastest digits, each queued twice; further ones are lost */
#define QUEUE_LEN           64

struct detector
{
    pjmedia_port                 base;
    pj_pool_t                   *pool;
    pj_lock_t                   *lock;      /* of the queue             */
    dtmf_rx_state_t             *rx;
    pj_uint32_t                  samples;   /* since it was created     */
    pj_uint32_t                  reported;  /* of those, at last change */
    pjmedia_dtmf_detector_digit  now;       /* with an end: may go on;
                                             * without a digit: none    */
    pjmedia_dtmf_detector_digit  queue[QUEUE_LEN];
    unsigned                     first, count;
};

static pj_status_t detector_put_frame(pjmedia_port *port,
                                      pjmedia_frame *frame);
static pj_status_t detector_on_destroy(pjmedia_port *port);


/*
 * The log of spandsp, which the detector has nothing to say to: that of the
 * static library is compiled for programs, and cannot be linked into a
 * shared object.
 */
SPAN_DECLARE(int) span_log_test(logging_state_t *s, int level)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(level);
    return 0;
}

SPAN_DECLARE(int) span_log(logging_state_t *s, int level,
                           const char *format, ...)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(level);
    PJ_UNUSED_ARG(format);
    return 0;
}

SPAN_DECLARE(logging_state_t*) span_log_init(logging_state_t *s, int level,
                                             const char *tag)
{
    PJ_UNUSED_ARG(level);
    PJ_UNUSED_ARG(tag);
    return s;
}

SPAN_DECLARE(int) span_log_set_protocol(logging_state_t *s,
                                        const char *protocol)
{
    PJ_UNUSED_ARG(s);
    PJ_UNUSED_ARG(protocol);
    return 0;
}


static void enqueue(struct detector *detector)
{
    pj_lock_acquire(detector->lock);
    if (detector->count < QUEUE_LEN) {
        unsigned last = (detector->first + detector->count) % QUEUE_LEN;

        detector->queue[last] = detector->now;
        ++detector->count;
    }
    pj_lock_release(detector->lock);
}

/*
 * The digit of now has ended for good.
 */
static void is_over(struct detector *detector)
{
    if (detector->now.digit)
        enqueue(detector);
    detector->now.digit = 0;
}

/*
 * spandsp has heard another digit, or none any more.
 */
static void on_change(void *user_data, int digit, int level, int samples)
{
    struct detector *detector = (struct detector*) user_data;
    pjmedia_dtmf_detector_digit *now = &detector->now;
    pj_uint32_t when;

    PJ_UNUSED_ARG(level);

    detector->reported += samples;
    when = detector->reported > HEARD_LATE ?
           detector->reported - HEARD_LATE : 0;

    if (digit && now->digit == digit && when - now->end <= LONGEST_GAP) {
        now->end = 0;
        return;
    }
    if (!now->end)
        now->end = when;
    if (!digit)
        return;

    is_over(detector);
    now->digit = (char) digit;
    now->begin = when;
    now->end = 0;
    enqueue(detector);
}

/*
 * Create a detector.
 */
PJ_DEF(pj_status_t)
pjmedia_dtmf_detector_create(pj_pool_t *pool_,
                             const pjmedia_dtmf_detector_param *param,
                             pjmedia_port **p_port)
{
    const pj_str_t name = pj_str("dtmf-detector");
    struct detector *detector;
    pj_pool_t *pool;
    pj_status_t status;

    PJ_ASSERT_RETURN(pool_ && param && p_port, PJ_EINVAL);

    /* Create own pool */
    pool = pj_pool_create(pool_->factory, name.ptr, 2000, 500, NULL);
    PJ_ASSERT_RETURN(pool, PJ_ENOMEM);

    detector = PJ_POOL_ZALLOC_T(pool, struct detector);
    detector->pool = pool;

    status = pjmedia_port_info_init(&detector->base.info, &name, SIGNATURE,
                                    PJMEDIA_DTMF_DETECTOR_CLOCK_RATE, 1, 16,
                                    SAMPLES_PER_FRAME);
    if (status != PJ_SUCCESS)
        goto on_error;

    detector->base.put_frame = &detector_put_frame;
    detector->base.on_destroy = &detector_on_destroy;

    status = pj_lock_create_simple_mutex(pool, name.ptr, &detector->lock);
    if (status != PJ_SUCCESS)
        goto on_error;

    detector->rx = dtmf_rx_init(NULL, NULL, NULL);
    if (!detector->rx) {
        status = PJ_ENOMEM;
        goto on_error;
    }
    dtmf_rx_parms(detector->rx, 0, param->twist, param->reverse_twist,
                  param->threshold);
    dtmf_rx_set_realtime_callback(detector->rx, &on_change, detector);

    *p_port = &detector->base;
    return PJ_SUCCESS;

on_error:
    detector_on_destroy(&detector->base);
    return status;
}

/*
 * Listen to a frame.
 */
static pj_status_t detector_put_frame(pjmedia_port *port,
                                      pjmedia_frame *frame)
{
    static const pj_int16_t silence[SAMPLES_PER_FRAME];
    struct detector *detector = (struct detector*) port;
    const pj_int16_t *samples = silence;
    unsigned count = SAMPLES_PER_FRAME;

    if (frame->type == PJMEDIA_FRAME_TYPE_AUDIO) {
        samples = (const pj_int16_t*) frame->buf;
        count = (unsigned) (frame->size / sizeof(pj_int16_t));
    }
    dtmf_rx(detector->rx, samples, (int) count);
    detector->samples += count;

    /* By now it would have been heard again */
    if (detector->now.end && detector->samples - detector->now.end >=
                             HEARD_LATE + LONGEST_GAP)
    {
        is_over(detector);
    }
    return PJ_SUCCESS;
}

/*
 * Take the oldest digit.
 */
PJ_DEF(pj_bool_t)
pjmedia_dtmf_detector_get(pjmedia_port *port,
                          pjmedia_dtmf_detector_digit *digit)
{
    struct detector *detector = (struct detector*) port;
    pj_bool_t found;

    PJ_ASSERT_RETURN(port && port->info.signature == SIGNATURE && digit,
                     PJ_FALSE);

    pj_lock_acquire(detector->lock);
    found = detector->count > 0;
    if (found) {
        *digit = detector->queue[detector->first];
        detector->first = (detector->first + 1) % QUEUE_LEN;
        --detector->count;
    }
    pj_lock_release(detector->lock);
    return found;
}

/*
 * Destroy port.
 */
static pj_status_t detector_on_destroy(pjmedia_port *port)
{
    struct detector *detector = (struct detector*) port;

    if (detector->rx) {
        dtmf_rx_free(detector->rx);
        detector->rx = NULL;
    }
    if (detector->lock) {
        pj_lock_destroy(detector->lock);
        detector->lock = NULL;
    }
    if (detector->pool)
        pj_pool_safe_release(&detector->pool);

    return PJ_SUCCESS;
}
