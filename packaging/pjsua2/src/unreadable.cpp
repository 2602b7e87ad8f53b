/*
 * Answers to requests without one of the headers that an answer needs, or with one that cannot be read.
 *
 * An answer is made of what its request has of them, as text (RFC 3261 section 8.2.6, RFC 4475 section 3.3.1). Without
 * an answer the request would be repeated for half a minute, and its sender would learn nothing.
 */
#include <pjsua2/endpoint.hpp>
#include <sstream>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

namespace
{

const int USUAL_PORT = 5060;

/* Headers that an answer copies, and their compact names. */
const char *const COPIED[][2] = {
    { "Via", "v" }, { "From", "f" }, { "To", "t" }, { "Call-ID", "i" }, { "CSeq", "CSeq" }
};

typedef std::pair<std::string, std::string> Header;     /* the name in full, and the value */

std::string name_of(const std::string &line)
{
    const std::string before = line.substr(0, line.find(':'));
    const std::string word = before.substr(0, before.find_last_not_of(" \t") + 1);
    const pj_str_t name = str2Pj(word);

    for (size_t i = 0; i < PJ_ARRAY_SIZE(COPIED); ++i) {
        if (pj_stricmp2(&name, COPIED[i][0]) == 0 || pj_stricmp2(&name, COPIED[i][1]) == 0)
            return COPIED[i][0];
    }
    return "";
}

/* Those that an answer copies. Folded lines are joined already. */
std::vector<Header> copied(const pjsip_rx_data *rdata)
{
    std::istringstream text(std::string(rdata->msg_info.msg_buf, rdata->msg_info.len));
    std::vector<Header> found;
    std::string line;

    std::getline(text, line);
    while (std::getline(text, line)) {
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        if (line.empty())
            break;
        const std::string name = name_of(line);
        if (!name.empty() && line.find(':') != std::string::npos)
            found.push_back(Header(name, line.substr(line.find(':') + 1)));
    }
    return found;
}

/* The port at which the sender of a datagram hears answers: that of its Via, or with rport its own (RFC 3581). */
int port_of(const std::string &via, const pjsip_rx_data *rdata)
{
    const std::string first = via.substr(0, via.find(','));
    const std::string sent_by = first.substr(0, first.find(';'));
    const size_t colon = sent_by.find_last_of(":]");

    if (first.find(";rport") != std::string::npos)
        return rdata->pkt_info.src_port;
    if (colon == std::string::npos || sent_by[colon] != ':')
        return USUAL_PORT;
    const int port = atoi(sent_by.c_str() + colon + 1);
    return port > 0 && port <= 65535 ? port : USUAL_PORT;
}

void answer(pjsip_rx_data *rdata)
{
    const pjsip_transport *transport = rdata->tp_info.transport;
    const pjsip_msg *msg = rdata->msg_info.msg;
    const std::vector<Header> headers = copied(rdata);
    const char *reason;
    std::ostringstream text;
    pjsip_tpselector same;
    pj_sockaddr to;
    int port = 0, code = gate::fault_of_syntax(rdata, &reason);

    if (msg->line.req.method.id == PJSIP_ACK_METHOD || !gate::is_request(rdata) || gate::is_too_many(rdata, false))
        return;
    if (code == 0) {
        code = PJSIP_SC_BAD_REQUEST;
        reason = "Missing Header";
    }
    text << "SIP/2.0 " << code << ' ' << (*reason ? reason : pjsip_get_status_text(code)->ptr) << "\r\n";
    for (size_t i = 0; i < headers.size(); ++i) {
        text << headers[i].first << ':' << headers[i].second;
        if (headers[i].first == "Via" && port == 0) {
            port = port_of(headers[i].second, rdata);
            if (headers[i].second.find(',') == std::string::npos)
                text << ";received=" << rdata->pkt_info.src_name;
        }
        text << "\r\n";
    }
    text << "Content-Length: 0\r\n\r\n";
    if (port == 0 || text.str().size() > gate::LONGEST_ANSWER * rdata->msg_info.len)
        return;
    pj_sockaddr_cp(&to, &rdata->pkt_info.src_addr);
    if (transport->flag & PJSIP_TRANSPORT_DATAGRAM)
        pj_sockaddr_set_port(&to, (pj_uint16_t)port);
    pj_bzero(&same, sizeof(same));
    same.type = PJSIP_TPSELECTOR_TRANSPORT;
    same.u.transport = rdata->tp_info.transport;
    pjsip_endpt_send_raw(pjsua_get_pjsip_endpt(), (pjsip_transport_type_e)transport->key.type, &same,
                         text.str().data(), text.str().size(), &to, pj_sockaddr_get_len(&to), NULL, NULL);
}

} // namespace

void gate::answer_unreadable()
{
    pjsip_tpmgr_set_unreadable_cb(pjsip_endpt_get_tpmgr(pjsua_get_pjsip_endpt()), &answer);
}
