/* The half-duplex switch of packaging/pjsua2/patches/half-duplex.patch without the canceller: `ADDED` is its text. */
#include <stdint.h>

#define PJ_DEF(type) type
typedef int16_t pj_int16_t;
typedef int32_t pj_int32_t;
typedef uint64_t pj_uint64_t;
typedef int pj_bool_t;

struct pjmedia_echo_state {
    unsigned far_level, near_level;
    int turn, far_gain, near_gain;
};
typedef struct pjmedia_echo_state pjmedia_echo_state;

#include ADDED

static pjmedia_echo_state echo;

void begin(void)
{
    echo = (pjmedia_echo_state){.far_gain = GAIN_FULL, .near_gain = GAIN_FULL};
}

/* As pjmedia_echo_playback. */
void played(pj_int16_t *frame, unsigned count)
{
    half_duplex_level(&echo.far_level, frame, count);
    half_duplex_gain(&echo.far_gain, half_duplex_turn(&echo) == TURN_NEAR, frame, count);
}

/* As pjmedia_echo_capture, after the canceller. */
void captured(pj_int16_t *frame, unsigned count)
{
    half_duplex_level(&echo.near_level, frame, count);
    half_duplex_gain(&echo.near_gain, half_duplex_turn(&echo) == TURN_FAR, frame, count);
}
