/* The class DtmfDetector of media.hpp: dtmf_detector.c as a port of the conference bridge. */
#include <pjsua2/media.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include "util.hpp"

using namespace pj;
using std::string;

#define THIS_FILE "dtmf_listener.cpp"

DtmfDetector::DtmfDetector()
: pool(NULL), detector(NULL)
{
}

DtmfDetector::~DtmfDetector()
{
    if (detector) {
        PJSUA2_CATCH_IGNORE( unregisterMediaPort() );
        pjmedia_port_destroy(detector);
        detector = NULL;
    }
    if (pool) {
        pj_pool_release(pool);
        pool = NULL;
    }
}

void DtmfDetector::createDtmfDetector(unsigned twist, unsigned reverseTwist,
                                      int threshold) PJSUA2_THROW(Error)
{
    const pjmedia_dtmf_detector_param param = { twist, reverseTwist,
                                                threshold };
    pj_status_t status;

    if (pool) {
        PJSUA2_RAISE_ERROR(PJ_EEXISTS);
    }

    pool = pjsua_pool_create( "dtmfdetector%p", 512, 512);
    if (!pool) {
        PJSUA2_RAISE_ERROR(PJ_ENOMEM);
    }

    status = pjmedia_dtmf_detector_create( pool, &param, &detector);
    if (status != PJ_SUCCESS) {
        PJSUA2_RAISE_ERROR(status);
    }

    registerMediaPort2(detector, pool);
}

HeardDigitVector DtmfDetector::take()
{
    HeardDigitVector heard;
    pjmedia_dtmf_detector_digit digit;

    while (detector && pjmedia_dtmf_detector_get(detector, &digit)) {
        HeardDigit h;

        h.digit = string(1, digit.digit);
        h.begin = digit.begin;
        h.end = digit.end;
        heard.push_back(h);
    }
    return heard;
}

void DtmfDetector::listen(const ByteVector &pcm) PJSUA2_THROW(Error)
{
    pjmedia_frame frame;

    if (!detector) {
        PJSUA2_RAISE_ERROR(PJ_EINVALIDOP);
    }

    pj_bzero(&frame, sizeof(frame));
    frame.type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame.buf = pcm.empty() ? NULL : (void*) &pcm[0];
    frame.size = pcm.size();
    PJSUA2_CHECK_EXPR( pjmedia_port_put_frame(detector, &frame) );
}
