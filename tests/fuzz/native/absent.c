/* What upstream's targets name and our build has not: iLBC. */
#include <pjmedia-codec.h>

pj_status_t pjmedia_codec_ilbc_init(pjmedia_endpt *endpt, int mode)
{
    PJ_UNUSED_ARG(endpt);
    PJ_UNUSED_ARG(mode);
    return PJ_SUCCESS;
}
