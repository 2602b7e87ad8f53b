/* The limiter of packaging/pjsua2/patches/gain-limited.patch alone: `ADDED` is its text. */
#include <stdint.h>

#define NORMAL_LEVEL 128
#define MAX_LEVEL (32767)
#define MIN_LEVEL (-32768)
#define PJ_MIN(one, other) ((one) < (other) ? (one) : (other))
#define PJ_MAX(one, other) ((one) > (other) ? (one) : (other))
typedef int16_t pj_int16_t;
typedef int64_t pj_int64_t;

#include ADDED

static int kept;

void begin(unsigned level)
{
    kept = level * (GAIN_ONE / NORMAL_LEVEL);
}

void amplified(unsigned level, pj_int16_t *frame, unsigned count)
{
    amplify(&kept, level, frame, count);
}
