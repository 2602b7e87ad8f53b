/*
 * Answers to strangers leave room for calls.
 *
 * A datagram for an address in the local network that nobody has waits in the kernel for ARP or neighbour discovery,
 * 3 s as a rule, and counts as part of the socket's send buffer, which holds about 92 of them. Anybody can have us
 * answer such addresses, by requests with made-up sources. So before each datagram we look at how full the buffer is,
 * and lose what has no claim to the part that is left.
 *
 * All in one thread: that which handles the events of the SIP stack.
 */
#include <pjsua2/endpoint.hpp>
#include <pjsip_ua.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

using namespace pj;

namespace
{

std::set<std::string> known;

/* A message of a call that is accepted. */
bool is_of_call(const pjsip_tx_data *tdata)
{
    pjsip_dialog *dialog = (pjsip_dialog*)
                           tdata->mod_data[pjsip_ua_instance()->id];
    const pjsip_inv_session *session = dialog ? pjsip_dlg_get_inv_session(dialog) : NULL;

    return session && (session->state == PJSIP_INV_STATE_CONNECTING ||
                       session->state == PJSIP_INV_STATE_CONFIRMED ||
                       tdata->msg->line.status.code / 100 == 2);
}

/* The quarters of the send buffer that may be in use before a message is lost. */
unsigned quarters(const pjsip_tx_data *tdata, const pj_sockaddr_t *rem_addr)
{
    char address[PJ_INET6_ADDRSTRLEN + 10];

    if (!tdata->msg || tdata->msg->type == PJSIP_REQUEST_MSG || is_of_call(tdata))
        return 4;
    return known.count(pj_sockaddr_print(rem_addr, address, sizeof(address), 0)) ? 2 : 1;
}

pj_bool_t may_send(pj_sock_t sock, const pjsip_tx_data *tdata, const pj_sockaddr_t *rem_addr)
{
    int used = 0, size = 0;
    socklen_t length = sizeof(size);

    if (ioctl((int)sock, SIOCOUTQ, &used) != 0 || used == 0 ||
        getsockopt((int)sock, SOL_SOCKET, SO_SNDBUF, &size, &length) != 0)
    {
        return PJ_TRUE;
    }
    return used < size / 4 * (int)quarters(tdata, rem_addr);
}

} // namespace

void Endpoint::sendingKnow(const StringVector &addresses)
{
    known.clear();
    known.insert(addresses.begin(), addresses.end());
    pjsip_udp_transport_set_may_send(&may_send);
}
