/* The order in which a message passes the gate; see gate.hpp. */
#include "gate.hpp"

using namespace gate;

namespace
{

/* Of what belongs to a dialog, only that makes work which its far end may repeat as often as it likes. */
bool counts_in_dialogs(const pjsip_method *method)
{
    static const char *const FREE[] = { "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "REFER", "NOTIFY" };

    for (size_t i = 0; i < PJ_ARRAY_SIZE(FREE); ++i) {
        if (pj_stricmp2(&method->name, FREE[i]) == 0)
            return false;
    }
    return true;
}

/* An INVITE of a phone that is known, which waits for an answer: somebody stands before a door. */
bool is_known_call(const pjsip_rx_data *rdata)
{
    return rdata->msg_info.msg->line.req.method.id == PJSIP_INVITE_METHOD && is_known(rdata);
}

/* ACK is never answered; nor is anything beyond what may come. */
pj_bool_t end(pjsip_rx_data *rdata, int code, const char *reason)
{
    if (rdata->msg_info.msg->line.req.method.id == PJSIP_ACK_METHOD || is_too_many(rdata, false))
        return PJ_TRUE;
    refuse(rdata, code, reason);
    if (code == PJSIP_SC_FORBIDDEN || is_known_call(rdata))
        report(rdata, code, *reason ? reason : "Broken");
    return PJ_TRUE;
}

/* Whether it got that code already; of a phone that is known, this is reported. */
bool is_refused(const pjsip_rx_data *rdata, int code)
{
    if (code && is_known_call(rdata))
        report(rdata, code, pjsip_get_status_text(code)->ptr);
    return code != 0;
}

pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    const char *reason;
    const int fault = fault_of(rdata, &reason);

    if (fault)
        return end(rdata, fault, reason);
    switch (sender_of(rdata)) {
    case FOREIGN:
        return end(rdata, PJSIP_SC_FORBIDDEN, "Not From The Far End");
    case FAR_END:
        make_reachable(rdata);
        if (counts_in_dialogs(method) && is_too_many(rdata, true))
            return PJ_TRUE;
        ignore_optional_body(rdata);
        return refused_for_accept(rdata) || (rdata->msg_info.to->tag.slen != 0 && is_answered_in_dialog(rdata));
    case NO_DIALOG:
        break;
    }
    if (rdata->msg_info.to->tag.slen || method->id == PJSIP_CANCEL_METHOD)
        return end(rdata, PJSIP_SC_CALL_TSX_DOES_NOT_EXIST, "");
    if (method->id == PJSIP_ACK_METHOD)
        return PJ_FALSE;
    if (is_too_many(rdata, false) || is_refused(rdata, refused_outside_dialogs(rdata)) ||
        is_refused(rdata, refused_for_accept(rdata)))
    {
        return PJ_TRUE;
    }
    if (method->id != PJSIP_INVITE_METHOD)
        return PJ_FALSE;
    if (are_lines_taken()) {
        refuse(rdata, PJSIP_SC_BUSY_HERE, "");
        return PJ_TRUE;
    }
    ignore_optional_body(rdata);
    hide_vain_replaces(rdata);
    make_reachable(rdata);
    return PJ_FALSE;
}

pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    if (rdata->msg_info.is_endless || is_answer_refused(rdata))
        return PJ_TRUE;
    make_reachable(rdata);
    note_answer(rdata);
    return PJ_FALSE;
}

pj_status_t on_tx(pjsip_tx_data *tdata)
{
    note_sent(tdata);
    if (tdata->msg->type == PJSIP_REQUEST_MSG)
        note_request(tdata);
    return PJ_SUCCESS;
}

} // namespace

pjsip_module gate::module =
{
    NULL, NULL,                             /* prev, next           */
    { (char*)"mod-gate", 8 },               /* Name                 */
    -1,                                     /* Id                   */
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1, /* Priority             */
    NULL,                                   /* load()               */
    NULL,                                   /* start()              */
    NULL,                                   /* stop()               */
    NULL,                                   /* unload()             */
    &on_rx_request,                         /* on_rx_request()      */
    &on_rx_response,                        /* on_rx_response()     */
    &on_tx,                                 /* on_tx_request()      */
    &on_tx,                                 /* on_tx_response()     */
    NULL,                                   /* on_tsx_state()       */
};
