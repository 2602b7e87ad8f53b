/*
 * The gate before the transaction layer: which requests pjsip gets to see.
 *
 * Its parts, all in the one thread that handles the events of the SIP stack:
 *  - far_ends.cpp: whether a request inside a dialog comes from where the dialog's far end is,
 *  - floods.cpp: whether its sender, or strangers together, send too many,
 *  - answers.cpp: whether an answer comes from where its request went, and what of it is believed,
 *  - replaces.cpp: whether an INVITE with Replaces can be carried out,
 *  - refusals.cpp: whether it is broken, or nothing that a phone answers,
 *  - in_dialogs.cpp: what no usage of its dialog answers, and by which transport the far end is reached.
 */
#ifndef __PJSUA2_GATE_HPP__
#define __PJSUA2_GATE_HPP__

#include <pjsip.h>
#include <string>
#include <vector>

namespace gate
{

extern pjsip_module module;     /* by its id, a dialog keeps where its far end is */

enum Sender
{
    NO_DIALOG,                  /* the request belongs to none that is there */
    FAR_END,                    /* it comes from where its dialog's far end is */
    FOREIGN                     /* it names a dialog of somebody else */
};

typedef std::vector<pj_sockaddr> Addresses;

/* far_ends.cpp */
bool is_set(const pj_sockaddr &address);
bool is_same(const pj_sockaddr &one, const pj_sockaddr &other);     /* ports do not count */
pj_sockaddr address_of(const pj_str_t &host);                       /* without a family for a name */
Sender sender_of(pjsip_rx_data *rdata);
void note_sent(pjsip_tx_data *tdata);
void note_answer(pjsip_rx_data *rdata);
bool is_in_call(const pj_sockaddr &source);
bool is_server(const pj_sockaddr &source);

/* answers.cpp */
void note_request(const pjsip_tx_data *tdata);
bool is_answer_refused(pjsip_rx_data *rdata);
void note_dropped(pjsip_tp_dropped_data *dropped);
void set_answering(int account, const Addresses &places);

/* floods.cpp */
bool is_too_many(const pjsip_rx_data *rdata, bool from_far_end);
bool are_lines_taken();
bool is_known(const pjsip_rx_data *rdata);

/* replaces.cpp */
void hide_vain_replaces(pjsip_rx_data *rdata);

/* unreadable.cpp */
void answer_unreadable();

/* refusals.cpp */
const double LONGEST_ANSWER = 1.5;      /* times its request */
void refuse(pjsip_rx_data *rdata, int code, const char *reason, const pjsip_hdr *header = NULL);
void report(const pjsip_rx_data *rdata, int code, const char *reason);
bool is_request(const pjsip_rx_data *rdata);
int fault_of_syntax(const pjsip_rx_data *rdata, const char **reason);
int fault_of(const pjsip_rx_data *rdata, const char **reason);
void ignore_optional_body(pjsip_rx_data *rdata);
int refused_for_accept(pjsip_rx_data *rdata);
int refused_outside_dialogs(pjsip_rx_data *rdata);
void refuse_event(pjsip_rx_data *rdata);
bool is_unreadable(const pjsip_rx_data *rdata, std::string &header);    /* by this header, which it needs */

/* in_dialogs.cpp */
bool is_answered_in_dialog(pjsip_rx_data *rdata);
void make_reachable(pjsip_rx_data *rdata);

} // namespace gate

#endif  /* __PJSUA2_GATE_HPP__ */
