/*
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 */
#include <pjmedia/greeting.h>
#include <math.h>
#include <string.h>

/*
 * The level of each 20 ms is kept. Some times a second all of them are judged
 * again, as the noise of the line is known better the longer it was heard.
 */
#define SCALE           100         /* of levels: 0 is -100 dBFS            */
#define PER_JUDGEMENT   10          /* looks                                */

/* The thresholds, set before the test set was made. */
#define NOISE_SHARE     10          /* per cent of the looks are quieter    */
#define VOICE_DB        9           /* above the noise                      */
#define QUIETEST        (SCALE - 50)
#define SHORTEST        3           /* looks of a sound that is no click    */
#define WAITS           45          /* looks of silence after a greeting    */
#define LONGEST         110         /* looks of a person's greeting         */

void gr_init(struct greeting *gr)
{
    memset(gr, 0, sizeof(*gr));
}

/*
 * The level that a voice has at least.
 */
static int voice(const struct greeting *gr)
{
    int numbers[SCALE + 1] = { 0 }, i, quieter = 0;

    for (i = 0; i < gr->count; ++i)
        ++numbers[gr->levels[i]];
    for (i = 0; i < SCALE; ++i) {
        quieter += numbers[i];
        if (quieter * 100 >= gr->count * NOISE_SHARE)
            break;
    }
    i += VOICE_DB;
    return i > QUIETEST ? i : QUIETEST;
}

static enum gr_answerer judge(const struct greeting *gr)
{
    int least = voice(gr), first = -1, last = 0, run = 0, i;

    for (i = 0; i < gr->count; ++i) {
        run = gr->levels[i] >= least ? run + 1 : 0;
        if (run >= SHORTEST) {
            if (first < 0)
                first = i + 1 - run;
            last = i + 1;
        }
        if (first < 0)
            continue;
        if (last - first > LONGEST)
            return GR_MACHINE;
        if (i + 1 - last >= WAITS)
            return GR_PERSON;
    }
    return gr->count == GR_LOOKS ? GR_UNSURE : GR_UNKNOWN;
}

void gr_put(struct greeting *gr, const int16_t *samples, int count)
{
    for (; count > 0 && gr->answerer == GR_UNKNOWN; --count, ++samples) {
        double level;

        gr->squares += (double) *samples * *samples;
        if (++gr->filled < GR_LOOK)
            continue;
        level = SCALE + 10 * log10(gr->squares / GR_LOOK / (32768. * 32768.) +
                                   1e-10);
        gr->levels[gr->count++] = (uint8_t) (level < 0 ? 0 : level + .5);
        gr->squares = 0;
        gr->filled = 0;
        if (gr->count % PER_JUDGEMENT == 0)
            gr->answerer = judge(gr);
    }
}
