/* What of the jitter buffer delay-follows-packets.patch adds, with a list of frames that has numbers only, and a clock
 * that the test sets.
 */
#include <limits.h>

typedef int pj_bool_t;
enum { PJ_FALSE, PJ_TRUE };
enum { JB_OP_INIT, JB_OP_GET, JB_OP_PUT };
#define PJ_MIN(a, b) ((a) < (b) ? (a) : (b))
#define PJ_MAX(a, b) ((a) > (b) ? (a) : (b))
typedef struct { long sec, msec; } pj_time_val;
#define PJ_TIME_VAL_MSEC(t) ((t).sec * 1000 + (t).msec)
#define PJ_TIME_VAL_SUB(a, b) ((a).msec -= (b).msec)

typedef struct { unsigned size, origin; } jb_framelist_t;
typedef struct {
    jb_framelist_t jb_framelist;
    unsigned jb_frame_ptime, jb_frame_ptime_denum, jb_discard;
    int jb_last_op;
    pj_bool_t jb_arrived;
    unsigned jb_before;
    pj_time_val jb_arrival;
    int jb_spare;
    unsigned jb_watched;
    pj_bool_t jb_beginning, jb_late;
} pjmedia_jbuf;

static long now_ms;

static void pj_gettickcount(pj_time_val *now) { now->sec = 0; now->msec = now_ms; }
static unsigned jb_framelist_size(const jb_framelist_t *list) { return list->size; }
static unsigned jb_framelist_origin(const jb_framelist_t *list) { return list->origin; }
static void jb_framelist_discard(jb_framelist_t *list, int number) { (void)number; list->size--; }

#include ADDED

static pjmedia_jbuf jb;

/* A new buffer of frames of so many ms. */
void begin(unsigned frame_ms)
{
    jb = (pjmedia_jbuf){ .jb_frame_ptime = frame_ms, .jb_frame_ptime_denum = 1, .jb_beginning = PJ_TRUE };
    jbuf_watch(&jb);
}

/* A packet of 20 ms comes. */
void put(long at_ms)
{
    unsigned before = jb.jb_framelist.size;

    now_ms = at_ms;
    jb.jb_framelist.size += 20 / jb.jb_frame_ptime;
    if (!jb.jb_arrived)
        jbuf_note_arrival(&jb, before);
    jb.jb_last_op = JB_OP_PUT;
    jbuf_discard_progressive(&jb);
}

/* The bridge takes 20 ms. Returns how many ms were there. */
unsigned get(long at_ms)
{
    unsigned count, had = jb.jb_framelist.size * jb.jb_frame_ptime;

    now_ms = at_ms;
    for (count = 20 / jb.jb_frame_ptime; count; --count) {
        if (jb.jb_framelist.size == 0) {
            jbuf_note_gap(&jb);
            continue;
        }
        jb.jb_framelist.size--;
        jb.jb_last_op = JB_OP_GET;
        jbuf_discard_progressive(&jb);
    }
    return had;
}
