/* pjmedia's echo canceller on files, as fast as it goes:
 *
 *     canceller OPTIONS REFERENCE MICROPHONE OUT SCHEDULE
 *
 * OPTIONS are pjmedia's PJMEDIA_ECHO_..., as a number. REFERENCE (what the speaker plays) and MICROPHONE are samples of
 * 16 bit, 16 kHz, mono; OUT gets what is left of the microphone. SCHEDULE has one letter for each call of a sound thread,
 * in their order: p, 20 ms are played; c, 20 ms are captured. The processor seconds are printed.
 */
#include <pjlib.h>
#include <pjmedia.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RATE = 16000, FRAME = RATE / 50, TAIL_MS = 200, LATENCY_MS = 140 };

static FILE *opened(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

int main(int count, char **words)
{
    pj_caching_pool pools;
    pj_pool_t *pool;
    pjmedia_echo_state *echo;
    pj_int16_t frame[FRAME];
    struct timespec used;
    FILE *reference, *microphone, *out, *schedule;
    int letter;

    if (count != 6) {
        fprintf(stderr, "usage: canceller OPTIONS REFERENCE MICROPHONE OUT SCHEDULE\n");
        return 2;
    }
    reference = opened(words[2], "rb");
    microphone = opened(words[3], "rb");
    out = opened(words[4], "wb");
    schedule = opened(words[5], "r");
    pj_log_set_level(0);
    pj_init();
    pj_caching_pool_init(&pools, NULL, 0);
    pool = pj_pool_create(&pools.factory, "canceller", 4000, 4000, NULL);
    if (pjmedia_echo_create2(pool, RATE, 1, FRAME, TAIL_MS, LATENCY_MS, strtoul(words[1], NULL, 0), &echo)) {
        fprintf(stderr, "canceller: no canceller for options %s\n", words[1]);
        return 1;
    }
    while ((letter = fgetc(schedule)) != EOF) {
        FILE *from = letter == 'p' ? reference : microphone;
        if (fread(frame, sizeof frame[0], FRAME, from) != FRAME)
            continue;
        if (letter == 'p') {
            pjmedia_echo_playback(echo, frame);
        } else {
            pjmedia_echo_capture(echo, frame, 0);
            fwrite(frame, sizeof frame[0], FRAME, out);
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    printf("%.3f\n", used.tv_sec + used.tv_nsec / 1e9);
    return fclose(out) ? 1 : 0;
}
