/*
 * How many requests may come: each that pjsip sees costs it memory for half a minute, and each answer sends a packet.
 *
 * Requests are counted by the address that they come from. A stranger who sends too many is shut out until it has been
 * silent for a while. As the source of a packet by UDP is whatever its sender writes there, strangers together have one
 * budget as well. Addresses that are known, and the far ends of calls, do not share it and are never shut out. Each has a
 * budget of its own, which nobody else uses up; what they send beyond that shares one, as a source is no proof. What is
 * beyond both is dropped, to be sent again.
 */
#include <pjsua2/endpoint.hpp>
#include <list>
#include <map>
#include <set>
#include "gate.hpp"
#include "util.hpp"

using namespace pj;

#define THIS_FILE       "floods.cpp"

namespace
{

const size_t SOURCES_KEPT = 1024;
const unsigned KEPT_FOR_OURS = 6;   /* places for our own calls */

typedef std::list<std::string> Names;

struct Budget
{
    double left;                /* requests that may come at once */
    double seen;                /* when one came last */
};

struct Source
{
    Budget          budget;
    bool            shut;
    Names::iterator place;
};

typedef std::map<std::string, Source> Sources;

Sources                 sources;
Names                   order;  /* of sources: who came last is first */
Budget                  strangers;
Budget                  surplus;
std::set<std::string>   known;
std::set<std::string>   news;
unsigned                dropped;
FloodLimits             limits;

double now_s()
{
    pj_time_val now;
    pj_gettickcount(&now);
    return now.sec + now.msec / 1000.0;
}

bool is_spent(Budget &budget, double now, double rate, double burst)
{
    budget.left = PJ_MIN(budget.left + (now - budget.seen) * rate, burst);
    budget.seen = now;
    if (budget.left < 1.0)
        return true;
    budget.left -= 1.0;
    return false;
}

Source &source_of(const std::string &address, double now, double burst)
{
    Sources::iterator found = sources.find(address);

    if (found != sources.end()) {
        order.splice(order.begin(), order, found->second.place);
        return found->second;
    }
    if (sources.size() >= SOURCES_KEPT) {
        sources.erase(order.back());
        order.pop_back();
    }
    order.push_front(address);
    const Source fresh = { { burst, now }, false, order.begin() };
    return sources.insert(std::make_pair(address, fresh)).first->second;
}

bool is_too_many_of_known(const std::string &address, double now)
{
    Source &source = source_of(address, now, limits.knownAtOnce);

    source.shut = false;
    return is_spent(source.budget, now, limits.knownPerS, limits.knownAtOnce) &&
           is_spent(surplus, now, limits.surplusPerS, limits.surplusAtOnce);
}

bool is_too_many_of_stranger(const std::string &address, double now)
{
    Source &source = source_of(address, now, limits.atOnce);

    if (source.shut && now - source.budget.seen >= limits.shutS)
        source.shut = false;
    if (is_spent(source.budget, now, limits.perS, limits.atOnce))
        source.shut = true;
    if (source.shut) {
        news.insert(address);
        return true;
    }
    return is_spent(strangers, now, limits.strangersPerS, limits.strangersAtOnce);
}

} // namespace

bool gate::is_too_many(const pjsip_rx_data *rdata, bool from_far_end)
{
    const std::string address = rdata->pkt_info.src_name;
    const bool is_known = from_far_end || known.count(address) > 0 || is_in_call(rdata->pkt_info.src_addr);
    const bool too_many = is_known ? is_too_many_of_known(address, now_s())
                                   : is_too_many_of_stranger(address, now_s());

    dropped += too_many;
    return too_many;
}

/*
 * Whether calls of others have as many of pjsua's places as they may. A call that the application refuses keeps its place
 * until it has done so, and many come at once in a flood; a press must find one all the same.
 */
bool gate::are_lines_taken()
{
    return pjsua_call_get_count() + KEPT_FOR_OURS >= pjsua_call_get_max_count();
}

bool gate::is_known(const pjsip_rx_data *rdata)
{
    return known.count(rdata->pkt_info.src_name) > 0;
}

void Endpoint::floodsLimit(const FloodLimits &prmLimits) PJSUA2_THROW(Error)
{
    const Budget of_strangers = { prmLimits.strangersAtOnce, now_s() };
    const Budget of_known = { prmLimits.surplusAtOnce, now_s() };

    limits = prmLimits;
    strangers = of_strangers;
    surplus = of_known;
    sources.clear();
    order.clear();
    if (gate::module.id == -1) {
        PJSUA2_CHECK_EXPR( pjsip_endpt_register_module(pjsua_get_pjsip_endpt(),
                                                       &gate::module) );
        pjsip_tpmgr_set_drop_data_cb(pjsip_endpt_get_tpmgr(pjsua_get_pjsip_endpt()), &gate::note_dropped);
        gate::answer_unreadable();
    }
}

void Endpoint::floodsKnow(const StringVector &addresses)
{
    known.clear();
    known.insert(addresses.begin(), addresses.end());
}

StringVector Endpoint::floodsShut()
{
    const StringVector reported(news.begin(), news.end());
    news.clear();
    return reported;
}

unsigned Endpoint::floodsDropped()
{
    const unsigned count = dropped;
    dropped = 0;
    return count;
}
