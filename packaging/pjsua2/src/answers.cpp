/*
 * Which answers count: anybody who reads a request knows its ids, and can answer it.
 *
 *  - By UDP, an answer counts from the address and port to which its request went. Where that is one of an account's
 *    servers, each of the account's servers may answer: the name of a PBX may lead to several.
 *  - By TCP, it comes from the address to which the request went; by TLS, by TLS.
 *  - A challenge counts if its realm and its strength are those with which the server last accepted our password: else
 *    anybody on the way would get an answer to a challenge of his own, to try passwords against. A server that has
 *    accepted nothing since may have changed them, and is believed after a while.
 *  - "received" and "rport" in Via count if they are our address and port, or if a NAT may lie on the way: our address is
 *    private, and the server is not in our own network. By them pjsua replaces our Contact at the registrar.
 *
 * By TLS the server has proven who it is, and may change its realm and say what it likes of our address.
 */
#include <pjsua2/endpoint.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include <ifaddrs.h>
#include <list>
#include <map>
#include <set>
#include <sstream>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

namespace
{

const double INVITE_KEPT_S = 1800.0;    /* longer than a call may ring */
const double KEPT_S = 64.0;             /* longer than a transaction without INVITE (RFC 3261 section 17.1.2) */
const size_t MOST_KEPT = 4096;
const double BELIEVED_AFTER_S = 600.0;
const size_t NEWS_KEPT = 64;

/* The digest that a request carries, or that a challenge asks for. */
struct Digest
{
    std::string realm;
    int         strength;
};

struct Request
{
    pj_sockaddr     to;
    std::string     method;
    bool            is_register;
    bool            reliable;
    bool            secure;
    double          until;
    Digest          shown;          /* realm "" without a digest */
};

typedef std::map<std::string, Request> Requests;    /* by the branch of Via */

/* What a server has accepted, and since when it has asked for something else instead. */
struct Accepted
{
    Digest  digest;
    double  doubted_since;          /* 0: not */
};

Requests                        requests;
std::map<std::string, Accepted> accepted;           /* by server and kind of request */
std::map<int, gate::Addresses>  servers;            /* by account, with ports */
std::set<std::string>           news;

double now_s()
{
    pj_time_val now;
    pj_gettickcount(&now);
    return now.sec + now.msec / 1000.0;
}

std::string printed(const pj_sockaddr &address)
{
    char text[PJ_INET6_ADDRSTRLEN + 10];
    return pj_sockaddr_print(&address, text, sizeof(text), 3);
}

std::string server_of(const Request &request)
{
    return printed(request.to) + (request.is_register ? " REGISTER" : "");
}

/* A parameter as a challenge or credentials carry it, without its quotes. */
std::string unquoted(const pj_str_t &text)
{
    const std::string value = pj2Str(text);
    const size_t size = value.size();
    return size >= 2 && value[0] == '"' && value[size - 1] == '"' ? value.substr(1, size - 2) : value;
}

int strength_of(const pj_str_t &algorithm, const pj_str_t &qop)
{
    const bool is_md5 = algorithm.slen == 0 || pj_stricmp2(&algorithm, "MD5") == 0;
    return (is_md5 ? 0 : 2) + (qop.slen != 0);
}

bool is_digest(const pj_str_t &scheme)
{
    return pj_stricmp2(&scheme, "digest") == 0;
}

Digest shown_in(const pjsip_msg *msg)
{
    Digest none = { "", 0 };
    const pjsip_authorization_hdr *shown =
        (const pjsip_authorization_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_AUTHORIZATION, NULL);

    if (shown == NULL)
        shown = (const pjsip_authorization_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_PROXY_AUTHORIZATION, NULL);
    if (shown == NULL || !is_digest(shown->scheme))
        return none;
    const pjsip_digest_credential &digest = shown->credential.digest;
    const Digest found = { unquoted(digest.realm), strength_of(digest.algorithm, digest.qop) };
    return found;
}

void forget_old(double now)
{
    for (Requests::iterator i = requests.begin(); i != requests.end();) {
        if (now >= i->second.until || requests.size() > MOST_KEPT)
            requests.erase(i++);
        else
            ++i;
    }
}

bool is_same_place(const pj_sockaddr &one, const pj_sockaddr &other)
{
    return gate::is_same(one, other) && pj_sockaddr_get_port(&one) == pj_sockaddr_get_port(&other);
}

bool is_listed(const pj_sockaddr &place, const gate::Addresses &places)
{
    for (gate::Addresses::const_iterator i = places.begin(); i != places.end(); ++i) {
        if (is_same_place(place, *i))
            return true;
    }
    return false;
}

bool is_from_asked(const pjsip_rx_data *rdata, const Request &request)
{
    const pj_sockaddr &source = rdata->pkt_info.src_addr;
    const pjsip_transport *transport = rdata->tp_info.transport;
    std::map<int, gate::Addresses>::const_iterator i;

    if (request.secure)
        return PJSIP_TRANSPORT_IS_SECURE(transport);
    if (request.reliable)
        return PJSIP_TRANSPORT_IS_RELIABLE(transport) && gate::is_same(source, request.to);
    if (is_same_place(source, request.to))
        return true;
    for (i = servers.begin(); i != servers.end(); ++i) {
        if (is_listed(request.to, i->second) && is_listed(source, i->second))
            return true;
    }
    return false;
}

void report_answer(const pjsip_rx_data *rdata, const Request &request, const std::string &reason)
{
    std::ostringstream line;

    if (news.size() >= NEWS_KEPT)
        return;
    line << rdata->msg_info.msg->line.status.code << ' ' << request.method << ' '
         << printed(rdata->pkt_info.src_addr) << ' ' << printed(request.to) << ' ' << reason;
    news.insert(line.str());
}

/* Whether a server that asks for this may be answered, though it has accepted something else before. */
bool is_believed(Accepted &before, const Digest &asked, double now)
{
    if (asked.realm == before.digest.realm && asked.strength >= before.digest.strength)
        return true;
    if (before.doubted_since == 0)
        before.doubted_since = now;
    return now - before.doubted_since >= BELIEVED_AFTER_S;
}

/* Take the challenges out that are not to be answered; why, if none is left. */
const char *doubt_of(pjsip_msg *msg, const Request &request)
{
    std::map<std::string, Accepted>::iterator before = accepted.find(server_of(request));
    const char *doubt = NULL;
    bool left = false;

    if (before == accepted.end())
        return NULL;
    for (pjsip_hdr *header = msg->hdr.next, *next; header != &msg->hdr; header = next) {
        next = header->next;
        if (header->type != PJSIP_H_WWW_AUTHENTICATE && header->type != PJSIP_H_PROXY_AUTHENTICATE)
            continue;
        const pjsip_www_authenticate_hdr *challenge = (const pjsip_www_authenticate_hdr*)header;
        if (!is_digest(challenge->scheme))
            continue;
        const pjsip_digest_challenge &digest = challenge->challenge.digest;
        const Digest asked = { unquoted(digest.realm), strength_of(digest.algorithm, digest.qop) };
        if (is_believed(before->second, asked, now_s())) {
            left = true;
            continue;
        }
        doubt = asked.realm == before->second.digest.realm ? "Weaker Challenge" : "Another Realm";
        pj_list_erase(header);
    }
    return left ? NULL : doubt;
}

bool is_private(const pj_sockaddr &address)
{
    if (address.addr.sa_family == pj_AF_INET()) {
        const pj_uint32_t ip = pj_ntohl(address.ipv4.sin_addr.s_addr);
        return ip >> 24 == 10 || ip >> 20 == 0xAC1 || ip >> 16 == 0xC0A8 || ip >> 16 == 0xA9FE || ip >> 22 == 0x191;
    }
    const pj_uint8_t *ip = (const pj_uint8_t*)&address.ipv6.sin6_addr;
    return (ip[0] & 0xFE) == 0xFC || (ip[0] == 0xFE && (ip[1] & 0xC0) == 0x80);
}

/* Whether both are in the network of the same interface. */
bool is_one_network(const pj_sockaddr &one, const pj_sockaddr &other, const struct sockaddr *mask)
{
    const pj_uint8_t *a = (const pj_uint8_t*)pj_sockaddr_get_addr(&one);
    const pj_uint8_t *b = (const pj_uint8_t*)pj_sockaddr_get_addr(&other);
    const pj_uint8_t *m = (const pj_uint8_t*)pj_sockaddr_get_addr(mask);

    for (unsigned i = 0; i < pj_sockaddr_get_addr_len(&one); ++i) {
        if ((a[i] ^ b[i]) & m[i])
            return false;
    }
    return true;
}

/* Whether `address` is one of this machine's (own), and whether `there` is in one of its networks (near). */
void look_at_interfaces(const pj_sockaddr &address, const pj_sockaddr &there, bool *own, bool *near)
{
    struct ifaddrs *all = NULL;

    *own = *near = false;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *each = all; each != NULL; each = each->ifa_next) {
        pj_sockaddr ours;
        if (each->ifa_addr == NULL || each->ifa_netmask == NULL || each->ifa_addr->sa_family != there.addr.sa_family)
            continue;
        pj_sockaddr_cp(&ours, each->ifa_addr);
        *own = *own || gate::is_same(ours, address);
        *near = *near || is_one_network(ours, there, each->ifa_netmask);
    }
    freeifaddrs(all);
}

/* Whether what an answer says of our address and port can be true. */
bool is_explained(const pjsip_rx_data *rdata, const pj_sockaddr &server)
{
    const pjsip_via_hdr *via = rdata->msg_info.via;
    const pjsip_transport *transport = rdata->tp_info.transport;
    const pj_sockaddr said = gate::address_of(via->recvd_param.slen ? via->recvd_param : via->sent_by.host);
    char text[PJ_INET6_ADDRSTRLEN];
    pj_sockaddr ours;
    bool own, near;

    if (via->recvd_param.slen == 0 && via->rport_param <= 0)
        return true;
    look_at_interfaces(said, server, &own, &near);
    if (own)
        return via->rport_param <= 0 || PJSIP_TRANSPORT_IS_RELIABLE(transport) ||
               via->rport_param == pj_sockaddr_get_port(&transport->local_addr);
    const pj_str_t there = pj_str(pj_sockaddr_print(&server, text, sizeof(text), 0));
    return !near && pj_getipinterface(server.addr.sa_family, &there, &ours, PJ_FALSE, NULL) == PJ_SUCCESS &&
           is_private(ours);
}

} // namespace

void gate::note_request(const pjsip_tx_data *tdata)
{
    const pjsip_msg *msg = tdata->msg;
    const pjsip_via_hdr *via = (const pjsip_via_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_VIA, NULL);
    const pjsip_transport *transport = tdata->tp_info.transport;
    const pjsip_method_e method = msg->line.req.method.id;
    const double now = now_s();

    if (via == NULL || transport == NULL || method == PJSIP_ACK_METHOD || !is_set(tdata->tp_info.dst_addr))
        return;
    forget_old(now);
    Request &request = requests[pj2Str(via->branch_param)];
    pj_sockaddr_cp(&request.to, &tdata->tp_info.dst_addr);
    request.method = pj2Str(msg->line.req.method.name);
    request.is_register = method == PJSIP_REGISTER_METHOD;
    request.reliable = PJSIP_TRANSPORT_IS_RELIABLE(transport);
    request.secure = PJSIP_TRANSPORT_IS_SECURE(transport);
    request.until = now + (method == PJSIP_INVITE_METHOD ? INVITE_KEPT_S : KEPT_S);
    request.shown = shown_in(msg);
}

bool gate::is_answer_refused(pjsip_rx_data *rdata)
{
    pjsip_msg *msg = rdata->msg_info.msg;
    const int code = msg->line.status.code;
    const Requests::const_iterator found = requests.find(pj2Str(rdata->msg_info.via->branch_param));
    std::string unread;

    if (found == requests.end())
        return true;
    const Request &request = found->second;
    if (!is_from_asked(rdata, request)) {
        report_answer(rdata, request, "Not From Where The Request Went");
        return true;
    }
    if (is_unreadable(rdata, unread)) {
        report_answer(rdata, request, "Unreadable " + unread);
        return true;
    }
    if (request.secure)
        return false;
    if (!is_explained(rdata, request.to)) {
        report_answer(rdata, request, "Received Address Without A Reason");
        rdata->msg_info.via->recvd_param.slen = 0;
        rdata->msg_info.via->rport_param = -1;
    }
    if (code == PJSIP_SC_UNAUTHORIZED || code == PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED) {
        const char *doubt = doubt_of(msg, request);
        if (doubt != NULL)
            report_answer(rdata, request, doubt);
        return doubt != NULL;
    }
    if (PJSIP_IS_STATUS_IN_CLASS(code, 200) && !request.shown.realm.empty()) {
        const Accepted fresh = { request.shown, 0 };
        accepted[server_of(request)] = fresh;
    }
    return false;
}

/* An answer without a header that all have, so that no module gets to see it. */
void gate::note_dropped(pjsip_tp_dropped_data *dropped)
{
    const pjsip_rx_data *rdata = dropped->rdata;
    std::string unread;

    if (rdata == NULL || rdata->msg_info.msg->type != PJSIP_RESPONSE_MSG || rdata->msg_info.via == NULL)
        return;
    const Requests::const_iterator found = requests.find(pj2Str(rdata->msg_info.via->branch_param));
    if (found != requests.end() && is_from_asked(rdata, found->second))
        report_answer(rdata, found->second, is_unreadable(rdata, unread) ? "Unreadable " + unread : "Missing Header");
}

void gate::set_answering(int account, const Addresses &places)
{
    servers[account] = places;
}

StringVector Endpoint::answersDoubted()
{
    const StringVector reported(news.begin(), news.end());
    news.clear();
    return reported;
}
