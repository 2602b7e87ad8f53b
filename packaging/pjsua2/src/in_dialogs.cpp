/*
 * Requests inside a dialog that none of its usages answers: pjsip would answer 500, as if we had a fault. And the
 * transport by which the far end is reached: one that its Contact names and we lack is passed over for the one by
 * which it was heard.
 */
#include <pjsua2/endpoint.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include <pj/ctype.h>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

namespace
{

const char *const OF_CALLS[] = { "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "INFO", "REFER", "MESSAGE" };
const char *const OF_EVENTS[] = { "SUBSCRIBE", "NOTIFY" };
const char *const NOT_ALLOWED[] = { "REGISTER", "PUBLISH" };

template <size_t count>
bool is_one_of(const pj_str_t &word, const char *const (&words)[count])
{
    for (size_t i = 0; i < count; ++i) {
        if (pj_strcmp2(&word, words[i]) == 0)       /* methods are compared by case (RFC 3261 section 7.1) */
            return true;
    }
    return false;
}

/* A subscription in this dialog, ours, or a transfer's, whose own module answers. */
bool has_subscription(const pjsip_rx_data *rdata)
{
    const pjsip_dialog *dlg = pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag,
                                                   &rdata->msg_info.from->tag, PJ_FALSE);

    return dlg != NULL && pjsip_dlg_has_usage((pjsip_dialog*)dlg, pjsip_evsub_instance());
}

bool has_transport(bool secure, bool reliable)
{
    for (unsigned i = 0; i < PJ_ARRAY_SIZE(pjsua_var.tpdata); ++i) {
        const int type = pjsua_var.tpdata[i].type & ~PJSIP_TRANSPORT_IPV6;
        if (type == (secure ? PJSIP_TRANSPORT_TLS : reliable ? PJSIP_TRANSPORT_TCP : PJSIP_TRANSPORT_UDP))
            return true;
    }
    return false;
}

/* The transport that an address names, as its parameter has it: "" for UDP. */
std::string named_by(const pjsip_sip_uri *uri)
{
    std::string name = pj2Str(uri->transport_param);

    for (size_t i = 0; i < name.size(); ++i)
        name[i] = (char)pj_tolower(name[i]);
    if (PJSIP_URI_SCHEME_IS_SIPS(uri))
        return "tls";
    return name == "udp" ? "" : name;
}

const char *name_of(const pjsip_transport *transport)
{
    return PJSIP_TRANSPORT_IS_SECURE(transport) ? "tls" : PJSIP_TRANSPORT_IS_RELIABLE(transport) ? "tcp" : "";
}

/* Whether we can send by the transport of this name to whom we have heard. An account keeps to that of its server. */
bool is_served(const std::string &name, const pjsip_rx_data *rdata)
{
    if (name.empty() || gate::is_server(rdata->pkt_info.src_addr))
        return false;
    return name == "tls" ? has_transport(true, true) : name == "tcp" && has_transport(false, true);
}

/* What we take in a dialog, and in which forms (RFC 3261 section 11.2). */
void answer_options(pjsip_rx_data *rdata)
{
    static const int SAID[] = { PJSIP_H_ALLOW, PJSIP_H_ACCEPT, PJSIP_H_SUPPORTED };
    pjsip_endpoint *endpt = pjsua_get_pjsip_endpt();
    pjsip_response_addr address;
    pjsip_tx_data *tdata;

    if (pjsip_endpt_create_response(endpt, rdata, PJSIP_SC_OK, NULL, &tdata) != PJ_SUCCESS)
        return;
    for (size_t i = 0; i < PJ_ARRAY_SIZE(SAID); ++i) {
        const pjsip_hdr *said = pjsip_endpt_get_capability(endpt, SAID[i], NULL);
        if (said != NULL)
            pjsip_msg_add_hdr(tdata->msg, (pjsip_hdr*)pjsip_hdr_clone(tdata->pool, said));
    }
    if (pjsip_get_response_addr(tdata->pool, rdata, &address) != PJ_SUCCESS ||
        pjsip_endpt_send_response(endpt, &address, tdata, NULL, NULL) != PJ_SUCCESS)
    {
        pjsip_tx_data_dec_ref(tdata);
    }
}

/* Whether proxies have stayed between us and the far end: they reach it by its Contact as it is. Before the answer the route
 * is our own, as to a far end whose name was looked up.
 */
bool has_route(pjsip_rx_data *rdata)
{
    const auto &info = rdata->msg_info;
    const pjsip_dialog *dlg = NULL;

    if (info.msg->type == PJSIP_REQUEST_MSG) {
        dlg = pjsip_ua_find_dialog(&info.cid->id, &info.to->tag, &info.from->tag, PJ_FALSE);
    } else {
        pj_str_t key;
        pjsip_transaction *tsx;
        pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAC, &info.cseq->method, rdata);
        tsx = pjsip_tsx_layer_find_tsx(&key, PJ_FALSE);
        if (tsx != NULL)
            dlg = pjsip_tsx_get_dlg(tsx);
    }
    return dlg != NULL && dlg->route_set_frozen && !pj_list_empty(&dlg->route_set);
}

} // namespace

/* The far end may ask as often as it likes for what makes work, and for no more: see floods.cpp. */
bool gate::is_answered_in_dialog(pjsip_rx_data *rdata)
{
    const pj_str_t &method = rdata->msg_info.msg->line.req.method.name;
    const pjsip_hdr *taken = pjsip_endpt_get_capability(pjsua_get_pjsip_endpt(), PJSIP_H_ALLOW, NULL);

    if (is_one_of(method, OF_CALLS))
        return false;
    if (is_one_of(method, OF_EVENTS) && has_subscription(rdata))
        return false;
    if (is_one_of(method, OF_EVENTS))
        refuse_event(rdata);
    else if (pj_strcmp2(&method, "OPTIONS") == 0)
        answer_options(rdata);
    else if (is_one_of(method, NOT_ALLOWED))
        refuse(rdata, PJSIP_SC_METHOD_NOT_ALLOWED, "", taken);
    else
        refuse(rdata, PJSIP_SC_NOT_IMPLEMENTED, "");
    return true;
}

/* Lead the dialog's next requests, as ACK, BYE and re-INVITE, to where the far end can be reached. */
void gate::make_reachable(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const pjsip_contact_hdr *contact = (const pjsip_contact_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_CONTACT, NULL);
    const char *heard = name_of(rdata->tp_info.transport);
    pjsip_sip_uri *uri;

    if (rdata->msg_info.cseq->method.id == PJSIP_REGISTER_METHOD || rdata->msg_info.record_route != NULL ||
        (msg->type == PJSIP_RESPONSE_MSG && msg->line.status.code >= 300) ||
        contact == NULL || contact->star || contact->uri == NULL)
    {
        return;
    }
    uri = (pjsip_sip_uri*)pjsip_uri_get_uri(contact->uri);
    if (!PJSIP_URI_SCHEME_IS_SIP(uri) && !PJSIP_URI_SCHEME_IS_SIPS(uri))
        return;
    const std::string name = named_by(uri);
    if (name.empty() || name == heard || is_served(name, rdata) || has_route(rdata))
        return;
    pjsip_sip_uri_set_secure(uri, PJ_FALSE);
    uri->transport_param = pj_str((char*)heard);
}
