/*
 * Where a dialog's far end is: who knows a dialog's ids, as anybody does who hears the network, must not speak in it.
 *
 * A request inside a dialog counts if it comes from the address
 *  - that the dialog's first INVITE or SUBSCRIBE came from or was sent to, or where our last request in it went,
 *  - that gave the first answer to ours,
 *  - that the far end's Contact, or the first proxy on the way to it, is at,
 *  - of a server of the call's account.
 * Ports do not count, as phones send from several. By TCP and TLS an address is proven by the connection; where our
 * Contact in the dialog asks for one, a request by UDP, whose source anybody can write, counts no more.
 */
#include <pjsua2/endpoint.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include <map>
#include <set>
#include <vector>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;
using namespace gate;

namespace
{

struct FarEnd
{
    pj_sockaddr there;      /* where the first request came from, or ours went last */
    pj_sockaddr answered;   /* where the first answer to ours came from */
};

std::map<int, gate::Addresses> servers;   /* by account */

} // namespace

bool gate::is_set(const pj_sockaddr &address)
{
    return address.addr.sa_family == pj_AF_INET() || address.addr.sa_family == pj_AF_INET6();
}

bool gate::is_same(const pj_sockaddr &one, const pj_sockaddr &other)
{
    return is_set(one) && one.addr.sa_family == other.addr.sa_family &&
           pj_memcmp(pj_sockaddr_get_addr(&one), pj_sockaddr_get_addr(&other), pj_sockaddr_get_addr_len(&one)) == 0;
}

/* A name is nowhere: what is to be compared is never looked up. */
pj_sockaddr gate::address_of(const pj_str_t &host)
{
    pj_sockaddr address;

    pj_bzero(&address, sizeof(address));
    if (host.slen <= 0 || host.slen >= PJ_INET6_ADDRSTRLEN)
        return address;
    if (pj_inet_pton(pj_AF_INET(), &host, &address.ipv4.sin_addr) == PJ_SUCCESS)
        address.addr.sa_family = pj_AF_INET();
    else if (pj_inet_pton(pj_AF_INET6(), &host, &address.ipv6.sin6_addr) == PJ_SUCCESS)
        address.addr.sa_family = pj_AF_INET6();
    return address;
}

namespace
{

const pjsip_sip_uri *sip_uri(const pjsip_uri *uri)
{
    if (uri == NULL)
        return NULL;
    uri = (const pjsip_uri*)pjsip_uri_get_uri(uri);
    return PJSIP_URI_SCHEME_IS_SIP(uri) || PJSIP_URI_SCHEME_IS_SIPS(uri) ? (const pjsip_sip_uri*)uri : NULL;
}

bool is_at(const pj_sockaddr &source, const pjsip_uri *uri)
{
    const pjsip_sip_uri *where = sip_uri(uri);

    if (where == NULL)
        return false;
    const pj_str_t &host = where->maddr_param.slen ? where->maddr_param : where->host;
    return is_same(address_of(host), source);
}

bool is_among(const pj_sockaddr &source, const gate::Addresses &addresses)
{
    for (gate::Addresses::const_iterator i = addresses.begin(); i != addresses.end(); ++i) {
        if (is_same(source, *i))
            return true;
    }
    return false;
}

/* A dialog without a call is our own subscription, which may be of any account. */
bool is_server_of(const pj_sockaddr &source, const pjsip_dialog *dlg)
{
    const pjsua_call *call = (const pjsua_call*)dlg->mod_data[pjsua_var.mod.id];
    std::map<int, gate::Addresses>::const_iterator i;

    for (i = servers.begin(); i != servers.end(); ++i) {
        if ((call == NULL || call->acc_id == i->first) && is_among(source, i->second))
            return true;
    }
    return false;
}

bool comes_as_we_asked(const pjsip_transport *transport, const pjsip_dialog *dlg)
{
    const pjsip_sip_uri *ours = dlg->local.contact ? sip_uri(dlg->local.contact->uri) : NULL;

    if (ours == NULL)
        return true;
    if (PJSIP_URI_SCHEME_IS_SIPS(ours) || pj_stricmp2(&ours->transport_param, "tls") == 0)
        return (transport->flag & PJSIP_TRANSPORT_SECURE) != 0;
    return pj_stricmp2(&ours->transport_param, "tcp") != 0 || PJSIP_TRANSPORT_IS_RELIABLE(transport);
}

bool is_from_far_end(const pjsip_rx_data *rdata, const pjsip_dialog *dlg)
{
    const pj_sockaddr &source = rdata->pkt_info.src_addr;
    const FarEnd *known = (const FarEnd*)dlg->mod_data[gate::module.id];

    if (!comes_as_we_asked(rdata->tp_info.transport, dlg))
        return false;
    if (known != NULL && (is_same(source, known->there) || is_same(source, known->answered)))
        return true;
    if (is_at(source, dlg->target))
        return true;
    if (!pj_list_empty(&dlg->route_set) && is_at(source, dlg->route_set.next->name_addr.uri))
        return true;
    return is_server_of(source, dlg);
}

/* The dialog of these ids. One that we have just begun has no tag of the far end yet. */
pjsip_dialog *find(const pjsip_msg *msg, const pj_str_t *ours, const pj_str_t *theirs)
{
    const pj_str_t none = { NULL, 0 };
    const pjsip_cid_hdr *call_id = (const pjsip_cid_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_CALL_ID, NULL);
    pjsip_dialog *dlg;

    if (call_id == NULL || ours->slen == 0)
        return NULL;
    dlg = pjsip_ua_find_dialog(&call_id->id, ours, theirs, PJ_FALSE);
    return dlg != NULL ? dlg : pjsip_ua_find_dialog(&call_id->id, ours, &none, PJ_FALSE);
}

/* What belongs to a transaction that is there: CANCEL, the ACK of a refusal, and what comes again. */
gate::Sender sender_in_transaction(pjsip_rx_data *rdata, const pjsip_method *method)
{
    pj_str_t key;
    pjsip_transaction *tsx;
    bool same;

    if (pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAS, method, rdata) != PJ_SUCCESS)
        return gate::NO_DIALOG;
    tsx = pjsip_tsx_layer_find_tsx2(&key, PJ_TRUE);
    if (tsx == NULL)
        return gate::NO_DIALOG;
    same = is_same(address_of(tsx->res_addr.dst_host.addr.host), rdata->pkt_info.src_addr);
    if (!same) {
        const pjsip_dialog *dlg = pjsip_tsx_get_dlg(tsx);
        same = dlg != NULL && is_from_far_end(rdata, dlg);
    }
    pj_grp_lock_dec_ref(tsx->grp_lock);
    return same ? gate::FAR_END : gate::FOREIGN;
}

} // namespace

gate::Sender gate::sender_of(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;

    if (msg->line.req.method.id == PJSIP_CANCEL_METHOD)
        return sender_in_transaction(rdata, pjsip_get_invite_method());
    if (rdata->msg_info.to->tag.slen == 0)
        return NO_DIALOG;
    const pjsip_dialog *dlg = find(msg, &rdata->msg_info.to->tag, &rdata->msg_info.from->tag);
    if (dlg != NULL)
        return is_from_far_end(rdata, dlg) ? FAR_END : FOREIGN;
    return sender_in_transaction(rdata, &msg->line.req.method);
}

/* Our own message goes out. Answers show where the dialog's first request came from, requests where the far end is. */
void gate::note_sent(pjsip_tx_data *tdata)
{
    const pjsip_msg *msg = tdata->msg;
    const bool request = msg->type == PJSIP_REQUEST_MSG;
    const pjsip_from_hdr *from = (const pjsip_from_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_FROM, NULL);
    const pjsip_to_hdr *to = (const pjsip_to_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_TO, NULL);
    pjsip_dialog *dlg;

    if (from == NULL || to == NULL || !is_set(tdata->tp_info.dst_addr))
        return;
    dlg = request ? find(msg, &from->tag, &to->tag) : find(msg, &to->tag, &from->tag);
    if (dlg == NULL)
        return;
    FarEnd *known = (FarEnd*)dlg->mod_data[module.id];
    if (known == NULL) {
        known = PJ_POOL_ZALLOC_T(dlg->pool, FarEnd);
        dlg->mod_data[module.id] = known;
        pj_sockaddr_cp(&known->there, &tdata->tp_info.dst_addr);
        if (!request)
            pj_sockaddr_cp(&known->answered, &known->there);
    } else if (request) {
        pj_sockaddr_cp(&known->there, &tdata->tp_info.dst_addr);
    }
}

/* The first answer to a request that begins a dialog; later ones could be anybody's who has heard the first. */
void gate::note_answer(pjsip_rx_data *rdata)
{
    const pjsip_dialog *dlg = find(rdata->msg_info.msg, &rdata->msg_info.from->tag, &rdata->msg_info.to->tag);
    FarEnd *known = dlg != NULL ? (FarEnd*)dlg->mod_data[module.id] : NULL;

    if (known != NULL && !is_set(known->answered))
        pj_sockaddr_cp(&known->answered, &rdata->pkt_info.src_addr);
}

/* Where the far ends of the living calls are. */
static Addresses in_calls()
{
    Addresses found;

    for (unsigned i = 0; i < pjsua_var.ua_cfg.max_calls; ++i) {
        const pjsip_inv_session *session = pjsua_var.calls[i].inv;
        const FarEnd *known = session ? (const FarEnd*)session->dlg->mod_data[gate::module.id] : NULL;
        if (known == NULL)
            continue;
        found.push_back(known->there);
        if (is_set(known->answered))
            found.push_back(known->answered);
    }
    return found;
}

/* Whether it is one of any account. */
bool gate::is_server(const pj_sockaddr &source)
{
    std::map<int, gate::Addresses>::const_iterator i;

    for (i = servers.begin(); i != servers.end(); ++i) {
        if (is_among(source, i->second))
            return true;
    }
    return false;
}

bool gate::is_in_call(const pj_sockaddr &source)
{
    return is_among(source, in_calls());
}

StringVector Endpoint::farEnds()
{
    const Addresses found = in_calls();
    std::set<std::string> names;
    char text[PJ_INET6_ADDRSTRLEN];

    for (Addresses::const_iterator i = found.begin(); i != found.end(); ++i)
        names.insert(pj_sockaddr_print(&*i, text, sizeof(text), 0));
    return StringVector(names.begin(), names.end());
}

void Endpoint::farEndsServers(int accountId, const StringVector &places)
{
    Addresses &of_account = servers[accountId];

    of_account.clear();
    for (StringVector::const_iterator i = places.begin(); i != places.end(); ++i) {
        const pj_str_t text = str2Pj(*i);
        pj_sockaddr place;
        if (pj_sockaddr_parse(pj_AF_UNSPEC(), 0, &text, &place) == PJ_SUCCESS)
            of_account.push_back(place);
    }
    set_answering(accountId, of_account);
}
