/*
 * A request that is longer than what we read, PJSIP_MAX_PKT_LEN, is refused by 513 (RFC 3261 section 21.5.7).
 *
 * Its end is cut off: read as it is, its SDP or its text would be another one. ACK is never answered, and of CANCEL and
 * BYE the end says nothing. A response that is too long is as if it had been lost.
 *
 * All in one thread: that which handles the events of the SIP stack.
 */
#include <pjsua2/endpoint.hpp>
#include <map>
#include <sstream>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

#define THIS_FILE       "oversized.cpp"

namespace
{

const size_t LONGEST_NAME = 40;

/* What has most of a message's bytes: the header of that name, with all its lines, or the body. Of a line that is cut, all
 * that came counts.
 */
std::string largest_part(const pjsip_rx_data *rdata)
{
    const char *end = rdata->pkt_info.packet + rdata->pkt_info.len;
    std::istringstream text(std::string(rdata->msg_info.msg_buf, end - rdata->msg_info.msg_buf));
    std::map<std::string, size_t> bytes;
    std::string line, largest = "the body";
    size_t most = rdata->msg_info.clen != NULL ? rdata->msg_info.clen->len : 0;

    std::getline(text, line);
    bytes["the request line"] = line.size();
    while (std::getline(text, line) && line != "\r" && !line.empty()) {
        std::string name = line.substr(0, line.find(':'));
        name.erase(name.find_last_not_of(" \t") + 1);
        bytes[name.size() <= LONGEST_NAME ? name : "a header with a long name"] += line.size() + 1;
    }
    for (std::map<std::string, size_t>::const_iterator i = bytes.begin(); i != bytes.end(); ++i) {
        if (i->second > most) {
            most = i->second;
            largest = i->first;
        }
    }
    return largest;
}

pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;

    if (!rdata->msg_info.is_cut || method->id == PJSIP_ACK_METHOD ||
        method->id == PJSIP_CANCEL_METHOD || method->id == PJSIP_BYE_METHOD)
    {
        return PJ_FALSE;
    }
    std::ostringstream reason;
    reason << "Message Too Large (more than " << PJSIP_MAX_PKT_LEN << " bytes, most of them " << largest_part(rdata)
           << ')';
    const std::string words = reason.str();
    const pj_str_t phrase = str2Pj(words);
    pjsip_endpt_respond_stateless(pjsua_get_pjsip_endpt(), rdata,
                                  PJSIP_SC_MESSAGE_TOO_LARGE,
                                  &phrase, NULL, NULL);
    gate::report(rdata, PJSIP_SC_MESSAGE_TOO_LARGE, words.c_str());
    return PJ_TRUE;
}

pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    return rdata->msg_info.is_cut;
}

pjsip_module mod_oversized =
{
    NULL, NULL,                             /* prev, next           */
    { (char*)"mod-oversized", 13 },         /* Name                 */
    -1,                                     /* Id                   */
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 2, /* Priority, after floods */
    NULL,                                   /* load()               */
    NULL,                                   /* start()              */
    NULL,                                   /* stop()               */
    NULL,                                   /* unload()             */
    &on_rx_request,                         /* on_rx_request()      */
    &on_rx_response,                        /* on_rx_response()     */
    NULL,                                   /* on_tx_request()      */
    NULL,                                   /* on_tx_response()     */
    NULL,                                   /* on_tsx_state()       */
};

} // namespace

void Endpoint::oversizedRefuse() PJSUA2_THROW(Error)
{
    if (mod_oversized.id == -1) {
        PJSUA2_CHECK_EXPR( pjsip_endpt_register_module(pjsua_get_pjsip_endpt(),
                                                       &mod_oversized) );
    }
}
