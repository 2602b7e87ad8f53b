/*
 * A stranger must not learn by Replaces whether a dialog exists.
 *
 * pjsua answers an INVITE with Replaces that it cannot carry out (481, 486, 603) before the application knows who calls;
 * one that it can carry out is refused for what its sender is. So anybody with ids could try them out. Here
 * a Replaces that cannot be carried out is taken away, and the application, which still sees it in the message's text,
 * answers by who calls first.
 */
#include <pjsua2/endpoint.hpp>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsip-ua/sip_replaces.h>
#include "gate.hpp"

namespace
{

const pj_str_t REPLACES = { (char*)"Replaces", 8 };

bool can_be_carried_out(pjsip_rx_data *rdata)
{
    pjsip_dialog *dlg = NULL;

    if (pjsip_replaces_verify_request(rdata, &dlg, PJ_FALSE, NULL) != PJ_SUCCESS || dlg == NULL)
        return false;
    const pjsua_call *call = (const pjsua_call*)dlg->mod_data[pjsua_var.mod.id];
    return call != NULL && !call->hanging_up;
}

} // namespace

void gate::hide_vain_replaces(pjsip_rx_data *rdata)
{
    pjsip_msg *msg = rdata->msg_info.msg;
    pjsip_hdr *header = (pjsip_hdr*)pjsip_msg_find_hdr_by_name(msg, &REPLACES, NULL);

    if (header == NULL || can_be_carried_out(rdata))
        return;
    while (header != NULL) {
        pj_list_erase(header);
        header = (pjsip_hdr*)pjsip_msg_find_hdr_by_name(msg, &REPLACES, NULL);
    }
}
