/* The class ToneListener of media.hpp: tone_hearing.c and greeting.c as a port of the conference bridge. */
#include <pjsua2/media.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include "util.hpp"

using namespace pj;
using std::string;

#define THIS_FILE "tone_listener.cpp"

/*
 * The port of a tone listener. The bridge puts frames in its thread; what was
 * heard is taken in another.
 */
struct tone_listener
{
    pjmedia_port         base;
    pj_pool_t           *pool;
    pj_lock_t           *lock;
    struct tone_hearing *hearing;
    struct greeting      greeting;
};

static pj_status_t tone_listener_put_frame(pjmedia_port *port,
                                           pjmedia_frame *frame)
{
    static const pj_int16_t silence[TH_HOP] = { 0 };
    struct tone_listener *listener = (struct tone_listener*) port;

    const pj_int16_t *samples = silence;
    int count = TH_HOP;

    if (frame->type == PJMEDIA_FRAME_TYPE_AUDIO) {
        samples = (const pj_int16_t*) frame->buf;
        count = (int) (frame->size / sizeof(pj_int16_t));
    }
    pj_lock_acquire(listener->lock);
    th_put(listener->hearing, samples, count);
    gr_put(&listener->greeting, samples, count);
    pj_lock_release(listener->lock);
    return PJ_SUCCESS;
}

static pj_status_t tone_listener_on_destroy(pjmedia_port *port)
{
    struct tone_listener *listener = (struct tone_listener*) port;

    pj_lock_destroy(listener->lock);
    pj_pool_safe_release(&listener->pool);
    return PJ_SUCCESS;
}

ToneListener::ToneListener()
: port(NULL)
{
}

ToneListener::~ToneListener()
{
    if (port) {
        PJSUA2_CATCH_IGNORE( unregisterMediaPort() );
        pjmedia_port_destroy(port);
    }
}

void ToneListener::addPattern(unsigned freq1, unsigned freq2,
                              const IntVector &on, const IntVector &off)
                              PJSUA2_THROW(Error)
{
    th_pattern pattern;

    if (port || on.empty() || on.size() > TH_STEPS ||
        off.size() != on.size() || patterns.size() == TH_PATTERNS)
    {
        PJSUA2_RAISE_ERROR(PJ_EINVAL);
    }

    pj_bzero(&pattern, sizeof(pattern));
    pattern.f1 = PJ_MIN(freq1, freq2 ? freq2 : freq1);
    pattern.f2 = freq2 ? PJ_MAX(freq1, freq2) : 0;
    pattern.steps = (int) on.size();
    std::copy(on.begin(), on.end(), pattern.on);
    std::copy(off.begin(), off.end(), pattern.off);
    patterns.push_back(pattern);
}

void ToneListener::createToneListener() PJSUA2_THROW(Error)
{
    pj_str_t name = pj_str((char*) "tone-listener");
    struct tone_listener *listener;
    pj_pool_t *pool;
    pj_status_t status;

    if (port) {
        PJSUA2_RAISE_ERROR(PJ_EEXISTS);
    }

    pool = pjsua_pool_create("tonelistener%p", 16000, 1000);
    if (!pool) {
        PJSUA2_RAISE_ERROR(PJ_ENOMEM);
    }
    listener = PJ_POOL_ZALLOC_T(pool, struct tone_listener);
    listener->pool = pool;
    listener->hearing = (struct tone_hearing*) pj_pool_alloc(pool, th_size());
    th_init(listener->hearing, patterns.empty() ? NULL : &patterns[0],
            (int) patterns.size());
    gr_init(&listener->greeting);

    status = pj_lock_create_simple_mutex(pool, name.ptr, &listener->lock);
    if (status != PJ_SUCCESS) {
        pj_pool_release(pool);
        PJSUA2_RAISE_ERROR(status);
    }
    pjmedia_port_info_init(&listener->base.info, &name,
                           PJMEDIA_SIG_CLASS_PORT_AUD('T','L'),
                           TH_RATE, 1, 16, TH_HOP);
    listener->base.put_frame = &tone_listener_put_frame;
    listener->base.on_destroy = &tone_listener_on_destroy;

    port = &listener->base;
    registerMediaPort2(port, pool);
}

HeardToneVector ToneListener::take()
{
    struct tone_listener *listener = (struct tone_listener*) port;
    HeardToneVector heard;
    struct th_event event;

    if (!listener)
        return heard;
    pj_lock_acquire(listener->lock);
    while (th_get(listener->hearing, &event)) {
        HeardTone h;

        h.pattern = event.pattern;
        h.begin = event.begin;
        h.end = event.end;
        h.freq1 = event.f1;
        h.freq2 = event.f2;
        heard.push_back(h);
    }
    pj_lock_release(listener->lock);
    return heard;
}

string ToneListener::answerer()
{
    static const char *names[] = { "", "person", "machine", "unsure" };
    struct tone_listener *listener = (struct tone_listener*) port;
    enum gr_answerer found;

    if (!listener)
        return names[GR_UNKNOWN];
    pj_lock_acquire(listener->lock);
    found = listener->greeting.answerer;
    pj_lock_release(listener->lock);
    return names[found];
}

void ToneListener::listen(const ByteVector &pcm) PJSUA2_THROW(Error)
{
    pjmedia_frame frame;

    if (!port) {
        PJSUA2_RAISE_ERROR(PJ_EINVALIDOP);
    }

    pj_bzero(&frame, sizeof(frame));
    frame.type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame.buf = pcm.empty() ? NULL : (void*) &pcm[0];
    frame.size = pcm.size();
    PJSUA2_CHECK_EXPR( pjmedia_port_put_frame(port, &frame) );
}
