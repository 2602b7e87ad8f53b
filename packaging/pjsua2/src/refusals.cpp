/*
 * Answers to requests that are broken, or that nothing here wants, before a transaction is made of them.
 *
 * pjsua leaves requests outside dialogs that it does not know without an answer, so that they are repeated for half a
 * minute, and drops broken ones. Here they get the answer that RFC 3261 asks for, but none that is much longer than its
 * request: who writes another's address into a packet must gain nothing by it.
 */
#include <pjsua2/endpoint.hpp>
#include <cstring>
#include <set>
#include <sstream>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

namespace
{

const size_t NEWS_KEPT = 64;

std::set<std::string> news;

/* Headers of which a request has one at most (RFC 3261 section 7.3.1). */
const int SINGLE[] = {
    PJSIP_H_FROM, PJSIP_H_TO, PJSIP_H_CALL_ID, PJSIP_H_CSEQ, PJSIP_H_MAX_FORWARDS, PJSIP_H_CONTENT_LENGTH,
    PJSIP_H_CONTENT_TYPE
};

/* Headers without which a request is understood all the same: one that cannot be read is as if it were not there. */
const char *const DISPENSABLE[] = {
    "Accept", "Allow", "Allow-Events", "Authorization", "Expires", "Min-Expires", "Min-SE", "Proxy-Authenticate",
    "Proxy-Authorization", "Retry-After", "Session-Expires", "Supported", "Unsupported", "WWW-Authenticate", "k", "u",
    "x"
};

/* Outside dialogs: what is taken, what is known, and what has a place in dialogs only. */
const char *const ALLOWED[] = { "INVITE", "ACK", "CANCEL", "OPTIONS", "MESSAGE", "NOTIFY" };
const char *const NOT_ALLOWED[] = { "REGISTER", "PUBLISH", "REFER" };
const char *const IN_DIALOGS[] = { "BYE", "INFO", "PRACK", "UPDATE" };

/* Those that may have an offer, and may have none. */
const char *const OFFERING[] = { "INVITE", "PRACK", "UPDATE" };

template <size_t count>
bool is_among(const pj_str_t &word, const char *const (&words)[count])
{
    for (size_t i = 0; i < count; ++i) {
        if (pj_strcmp2(&word, words[i]) == 0)       /* methods are compared by case (RFC 3261 section 7.1) */
            return true;
    }
    return false;
}

/* Headers without which an answer means something else, or nothing. The others of a kind that cannot be read are ignored. */
const char *const NEEDED[] = {
    "Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Content-Length", "l", "Content-Type", "c",
    "Record-Route", "Require", "RSeq"
};

/* Whether a header that cannot be read, or the first line, is one that a request cannot do without (section 8.2). */
bool is_needed_broken(const pjsip_rx_data *rdata)
{
    const pjsip_parser_err_report *error = rdata->msg_info.parse_err.next;

    for (; error != &rdata->msg_info.parse_err; error = error->next) {
        size_t i = 0;
        while (i < PJ_ARRAY_SIZE(DISPENSABLE) && pj_stricmp2(&error->hname, DISPENSABLE[i]) != 0)
            ++i;
        if (i == PJ_ARRAY_SIZE(DISPENSABLE))
            return true;
    }
    return false;
}

bool has_twice(const pjsip_msg *msg, int type)
{
    const void *first = pjsip_msg_find_hdr(msg, (pjsip_hdr_e)type, NULL);
    const pjsip_hdr *next = first != NULL ? ((const pjsip_hdr*)first)->next : NULL;

    return next != NULL && next != &msg->hdr && pjsip_msg_find_hdr(msg, (pjsip_hdr_e)type, next) != NULL;
}

bool has_doubled_header(const pjsip_msg *msg)
{
    for (size_t i = 0; i < PJ_ARRAY_SIZE(SINGLE); ++i) {
        if (has_twice(msg, SINGLE[i]))
            return true;
    }
    return false;
}

/* The first line in words, as far as it has three. */
void first_line(const pjsip_rx_data *rdata, pj_str_t words[3])
{
    const char *at = rdata->msg_info.msg_buf, *end = at + rdata->msg_info.len;

    for (int i = 0; i < 3; ++i) {
        const char *begin;
        while (at < end && (*at == ' ' || *at == '\t'))
            ++at;
        for (begin = at; at < end && !pj_isspace(*at);)
            ++at;
        pj_strset3(&words[i], (char*)begin, (char*)at);
    }
}

bool is_version(const pj_str_t &word)
{
    const pj_str_t any = { (char*)"SIP/", 4 };

    return pj_strnicmp(&word, &any, any.slen) == 0;
}

bool is_of_another_version(const pj_str_t &version)
{
    return is_version(version) && pj_stricmp2(&version, "SIP/2.0") != 0;
}

/* pjsip reads such an address up to the end of the line, and misses the version. */
bool is_of_another_scheme(const pj_str_t &uri)
{
    const char *colon = pj_strchr(&uri, ':');
    pj_str_t scheme;

    if (colon == NULL || colon == uri.ptr || !pj_isalpha(*uri.ptr))
        return false;
    pj_strset3(&scheme, uri.ptr, (char*)colon);
    for (pj_ssize_t i = 0; i < scheme.slen; ++i) {
        if (!pj_isalnum(scheme.ptr[i]) && strchr("+-.", scheme.ptr[i]) == NULL)
            return false;
    }
    return pj_stricmp2(&scheme, "sip") != 0 && pj_stricmp2(&scheme, "sips") != 0 && pj_stricmp2(&scheme, "tel") != 0;
}

/* By UDP, a body that is shorter than announced has lost its end (section 18.3). */
bool lacks_body(const pjsip_rx_data *rdata)
{
    const pjsip_clen_hdr *announced = rdata->msg_info.clen;
    const char *begin = rdata->msg_info.msg_buf;
    const pj_str_t text = { (char*)begin, rdata->msg_info.len }, blank = { (char*)"\r\n\r\n", 4 };
    const char *body = pj_strstr(&text, &blank);

    return announced != NULL && announced->len > 0 && body != NULL &&
           (rdata->tp_info.transport->flag & PJSIP_TRANSPORT_DATAGRAM) &&
           begin + rdata->msg_info.len - (body + blank.slen) < announced->len;
}

bool lists(const pjsip_hdr *header, const pj_str_t &word)
{
    const pjsip_generic_array_hdr *list = (const pjsip_generic_array_hdr*)header;

    for (unsigned i = 0; list != NULL && i < list->count; ++i) {
        if (pj_stricmp(&list->values[i], &word) == 0)
            return true;
    }
    return false;
}

pjsip_hdr *allow(pj_pool_t *pool)
{
    pjsip_allow_hdr *header = pjsip_allow_hdr_create(pool);

    for (size_t i = 0; i < PJ_ARRAY_SIZE(ALLOWED); ++i)
        header->values[header->count++] = pj_str((char*)ALLOWED[i]);
    return (pjsip_hdr*)header;
}

pjsip_hdr *accept_no_encoding(pj_pool_t *pool)
{
    const pj_str_t name = { (char*)"Accept-Encoding", 15 }, value = { (char*)"identity", 8 };

    return (pjsip_hdr*)pjsip_generic_string_hdr_create(pool, &name, &value);
}

/* Extensions that it requires and we lack, as the header that names them; NULL where there are none. */
pjsip_hdr *unsupported(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const pjsip_hdr *supported = pjsip_endpt_get_capability(pjsua_get_pjsip_endpt(), PJSIP_H_SUPPORTED, NULL);
    const pjsip_require_hdr *require = (const pjsip_require_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_REQUIRE, NULL);
    pjsip_unsupported_hdr *lacking = pjsip_unsupported_hdr_create(rdata->tp_info.pool);

    for (unsigned i = 0; require != NULL && i < require->count; ++i) {
        if (!lists(supported, require->values[i]) && lacking->count < PJSIP_GENERIC_ARRAY_MAX_COUNT)
            lacking->values[lacking->count++] = require->values[i];
    }
    return lacking->count ? (pjsip_hdr*)lacking : NULL;
}

bool is_media_type(pj_str_t value, const char *name)
{
    const char *parameters = pj_strchr(&value, ';');

    if (parameters != NULL)
        value.slen = parameters - value.ptr;
    pj_strtrim(&value);
    return pj_stricmp2(&value, name) == 0;
}

/* Without Accept a session description is taken in the answer; an empty one takes nothing (section 20.1). */
bool is_sdp_accepted(const pjsip_msg *msg)
{
    const pjsip_accept_hdr *header = (const pjsip_accept_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_ACCEPT, NULL);
    const bool any = header == NULL;

    while (header != NULL) {
        for (unsigned i = 0; i < header->count; ++i) {
            if (is_media_type(header->values[i], "application/sdp") || is_media_type(header->values[i], "application/*")
                || is_media_type(header->values[i], "*/*"))
            {
                return true;
            }
        }
        header = header->next == (const void*)&msg->hdr ? NULL
               : (const pjsip_accept_hdr*)pjsip_msg_find_hdr(msg, PJSIP_H_ACCEPT, header->next);
    }
    return any;
}

pjsip_hdr *accept_sdp(pj_pool_t *pool)
{
    pjsip_accept_hdr *header = pjsip_accept_hdr_create(pool);

    header->values[header->count++] = pj_str((char*)"application/sdp");
    return (pjsip_hdr*)header;
}

/* Nothing that we read is compressed. */
bool is_encoded(const pjsip_msg *msg)
{
    const pj_str_t name = { (char*)"Content-Encoding", 16 }, compact = { (char*)"e", 1 };
    const pjsip_generic_string_hdr *encoding =
        (const pjsip_generic_string_hdr*)pjsip_msg_find_hdr_by_names(msg, &name, &compact, NULL);

    return encoding != NULL && pj_stricmp2(&encoding->hvalue, "identity") != 0;
}

/* Whether a session description can be in that body, or part. */
bool may_have_sdp(const pjsip_msg_body *body)
{
    return body != NULL && (pj_stricmp2(&body->content_type.type, "multipart") == 0 ||
                            pj_stricmp2(&body->content_type.subtype, "sdp") == 0);
}

/* Whether who cannot read a body, or a part of one, ignores it (section 20.11). */
bool is_optional(const pjsip_hdr *headers)
{
    const pj_str_t name = { (char*)"Content-Disposition", 19 };
    const pjsip_generic_string_hdr *disposition =
        (const pjsip_generic_string_hdr*)pjsip_hdr_find_by_name(headers, &name, NULL);
    std::string words;

    for (pj_ssize_t i = 0; disposition != NULL && i < disposition->hvalue.slen; ++i) {
        if (!pj_isspace(disposition->hvalue.ptr[i]))
            words += (char)pj_tolower(disposition->hvalue.ptr[i]);
    }
    return (words + ";").find(";handling=optional;") != std::string::npos;
}

bool has_optional_parts_only(const pjsip_msg_body *body)
{
    const bool multipart = pj_stricmp2(&body->content_type.type, "multipart") == 0;
    pjsip_multipart_part *part = multipart ? pjsip_multipart_get_first_part(body) : NULL;
    const bool any = part != NULL;

    while (part != NULL && is_optional(&part->hdr) && !may_have_sdp(part->body))
        part = pjsip_multipart_get_next_part(body, part);
    return any && part == NULL;
}

const pjsip_event_hdr *event_of(const pjsip_rx_data *rdata)
{
    const pj_str_t name = { (char*)"Event", 5 }, compact = { (char*)"o", 1 };

    return (const pjsip_event_hdr*)pjsip_msg_find_hdr_by_names(rdata->msg_info.msg, &name, &compact, NULL);
}

/* We are given notice of messages that wait, unasked, by the servers of our accounts. */
bool is_awaited_notice(const pjsip_rx_data *rdata)
{
    const pjsip_event_hdr *event = event_of(rdata);

    return event != NULL && pj_stricmp2(&event->event_type, "message-summary") == 0;
}

int refused_event(pjsip_rx_data *rdata, bool notify)
{
    if (notify && !gate::is_server(rdata->pkt_info.src_addr))
        gate::refuse(rdata, PJSIP_SC_CALL_TSX_DOES_NOT_EXIST, "Subscription Does Not Exist");
    else if (notify && is_awaited_notice(rdata))
        return 0;
    else
        gate::refuse_event(rdata);
    return PJSIP_SC_BAD_EVENT;
}

} // namespace

void gate::refuse(pjsip_rx_data *rdata, int code, const char *reason, const pjsip_hdr *header)
{
    pjsip_endpoint *endpt = pjsua_get_pjsip_endpt();
    const pj_str_t text = pj_str((char*)reason);
    pjsip_response_addr address;
    pjsip_tx_data *tdata;

    if (pjsip_endpt_create_response(endpt, rdata, code, text.slen ? &text : NULL, &tdata) != PJ_SUCCESS)
        return;
    if (header != NULL)
        pjsip_msg_add_hdr(tdata->msg, (pjsip_hdr*)pjsip_hdr_clone(tdata->pool, header));
    if (pjsip_tx_data_encode(tdata) != PJ_SUCCESS ||
        tdata->buf.cur - tdata->buf.start > LONGEST_ANSWER * rdata->msg_info.len ||
        pjsip_get_response_addr(tdata->pool, rdata, &address) != PJ_SUCCESS ||
        pjsip_endpt_send_response(endpt, &address, tdata, NULL, NULL) != PJ_SUCCESS)
    {
        pjsip_tx_data_dec_ref(tdata);
    }
}

/* Keep it for the application, which asks now and then. */
void gate::report(const pjsip_rx_data *rdata, int code, const char *reason)
{
    std::ostringstream line;

    if (news.size() >= NEWS_KEPT)
        return;
    line << code << ' ' << pj2Str(rdata->msg_info.msg->line.req.method.name) << ' ' << rdata->pkt_info.src_name << ' '
         << reason;
    news.insert(line.str());
}

/* Whether an answer lacks a header that it needs: the header's name. */
bool gate::is_unreadable(const pjsip_rx_data *rdata, std::string &header)
{
    const pjsip_parser_err_report *all = &rdata->msg_info.parse_err, *each;

    for (each = all->next; each != all; each = each->next) {
        for (size_t i = 0; i < PJ_ARRAY_SIZE(NEEDED); ++i) {
            if (pj_stricmp2(&each->hname, NEEDED[i]) == 0) {
                header = pj2Str(each->hname);
                return true;
            }
        }
    }
    return false;
}

/* SUBSCRIBE, and NOTIFY without a subscription (RFC 6665): we give notice of nothing. */
void gate::refuse_event(pjsip_rx_data *rdata)
{
    const pjsip_event_hdr *event = event_of(rdata);
    const pjsip_hdr *known = pjsip_evsub_get_allow_events_hdr(NULL);

    if (event == NULL)
        refuse(rdata, PJSIP_SC_BAD_REQUEST, "Missing Event Header");
    else if (!lists(known, event->event_type))
        refuse(rdata, PJSIP_SC_BAD_EVENT, "", known);
    else if (pj_strcmp2(&rdata->msg_info.msg->line.req.method.name, "NOTIFY") == 0)
        refuse(rdata, PJSIP_SC_CALL_TSX_DOES_NOT_EXIST, "Subscription Does Not Exist");
    else
        refuse(rdata, PJSIP_SC_FORBIDDEN, "Subscriptions Not Accepted");
}

StringVector Endpoint::requestsRefused()
{
    const StringVector reported(news.begin(), news.end());
    news.clear();
    return reported;
}

/* Whether its first line looks like that of a request, so that its sender waits for an answer. */
bool gate::is_request(const pjsip_rx_data *rdata)
{
    pj_str_t words[3];

    first_line(rdata, words);
    return words[0].slen > 0 && is_version(words[2]);
}

/* What cannot be read in a request: a status code, and why. 0: nothing that matters. */
int gate::fault_of_syntax(const pjsip_rx_data *rdata, const char **reason)
{
    pj_str_t words[3];

    *reason = "";
    if (!is_needed_broken(rdata))
        return 0;
    first_line(rdata, words);
    if (is_of_another_version(words[2]))
        return PJSIP_SC_VERSION_NOT_SUPPORTED;
    if (is_of_another_scheme(words[1]))
        return PJSIP_SC_UNSUPPORTED_URI_SCHEME;
    *reason = "Malformed Request";
    return PJSIP_SC_BAD_REQUEST;
}

/*
 * What is wrong with a request that nobody could act on: a status code, and why. 0: nothing.
 *
 * Of what fills the buffer the end may be missing, so its length is not held against it here: it is refused by 513.
 */
int gate::fault_of(const pjsip_rx_data *rdata, const char **reason)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const bool fills_buffer = rdata->pkt_info.len >= PJSIP_MAX_PKT_LEN;

    const int fault = fault_of_syntax(rdata, reason);
    if (fault)
        return fault;
    if (has_doubled_header(msg)) {
        *reason = "Doubled Header";
    } else if (rdata->msg_info.is_endless) {
        *reason = "Missing Content-Length";
    } else if (pjsip_method_cmp(&rdata->msg_info.cseq->method, &msg->line.req.method) != 0) {
        *reason = "CSeq Names Another Method";
    } else if (fills_buffer) {
        return 0;
    } else if (rdata->msg_info.clen != NULL && rdata->msg_info.clen->len > PJSIP_MAX_PKT_LEN) {
        return PJSIP_SC_REQUEST_ENTITY_TOO_LARGE;
    } else if (lacks_body(rdata)) {
        *reason = "Body Shorter Than Content-Length";
    } else {
        return 0;
    }
    return PJSIP_SC_BAD_REQUEST;
}

/* Such a request without a session description whose body may be ignored has no offer: pjsip would refuse it by 415. */
void gate::ignore_optional_body(pjsip_rx_data *rdata)
{
    pjsip_msg *msg = rdata->msg_info.msg;

    if (msg->body == NULL || !is_among(msg->line.req.method.name, OFFERING))
        return;
    if (has_optional_parts_only(msg->body) || (is_optional(&msg->hdr) && !may_have_sdp(msg->body)))
        msg->body = NULL;
}

/* An INVITE, also within a dialog, whose sender could not read our answer (section 21.4.7): the code that it got, or 0. */
int gate::refused_for_accept(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;

    if (msg->line.req.method.id != PJSIP_INVITE_METHOD || is_sdp_accepted(msg))
        return 0;
    refuse(rdata, PJSIP_SC_NOT_ACCEPTABLE, "", accept_sdp(rdata->tp_info.pool));
    return PJSIP_SC_NOT_ACCEPTABLE;
}

/* What nothing here serves: the code that it got, or 0. */
int gate::refused_outside_dialogs(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const pj_str_t &method = msg->line.req.method.name;
    pj_pool_t *pool = rdata->tp_info.pool;
    const bool subscribe = pj_strcmp2(&method, "SUBSCRIBE") == 0;
    pjsip_hdr *with = NULL;
    int code = 0;

    if (is_among(method, IN_DIALOGS)) {
        code = PJSIP_SC_CALL_TSX_DOES_NOT_EXIST;
    } else if (is_among(method, NOT_ALLOWED)) {
        code = PJSIP_SC_METHOD_NOT_ALLOWED;
        with = allow(pool);
    } else if (!is_among(method, ALLOWED) && !subscribe) {
        code = PJSIP_SC_NOT_IMPLEMENTED;
        with = allow(pool);
    } else if ((with = unsupported(rdata)) != NULL) {
        code = PJSIP_SC_BAD_EXTENSION;
    } else if (is_encoded(msg)) {
        code = PJSIP_SC_UNSUPPORTED_MEDIA_TYPE;
        with = accept_no_encoding(pool);
    } else if (subscribe || pj_strcmp2(&method, "NOTIFY") == 0) {
        return refused_event(rdata, !subscribe);
    }
    if (code)
        refuse(rdata, code, "", with);
    return code;
}
