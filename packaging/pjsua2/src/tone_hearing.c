/*
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 */
#include <pjmedia/tone_hearing.h>
#include <math.h>
#include <string.h>

/*
 * Each 20 ms a look at the spectrum of the last 64 ms. A look is tonal where
 * one or two narrow peaks have nearly all the power. Looks with the same
 * peaks and a level that does not swell make a tone; tones and their pauses
 * make a pattern; a tone that silence follows, and no pattern, is a beep.
 */
#define BINS            (TH_WINDOW / 2)
#define HZ_PER_BIN      ((float) TH_RATE / TH_WINDOW)
#define MS_PER_LOOK     (TH_HOP * 1000 / TH_RATE)

#define BIN(hz)         ((int) ((hz) / HZ_PER_BIN + .5f))
#define LOWEST          BIN(290)    /* of a tone's frequencies              */
#define HIGHEST         BIN(2050)
#define BAND_LOW        BIN(180)    /* of what counts as sound              */
#define BAND_HIGH       BIN(3600)
#define LOBE            3           /* bins of a peak on either side        */

/* The thresholds, set before the test set was made. */
#define QUIETEST_DB     -45.f       /* of a tone, to a full sine            */
#define PURITY          .85f        /* of the power, in the peaks           */
#define SECOND_DB       -12.f       /* of the weaker peak to the stronger   */
#define HARMONIC_DB     -20.f       /* of an overtone; a voice has more     */
#define VOICED_HZ       6.f         /* from an overtone of the same voice   */
#define SAME_HZ         8.f         /* a frequency may be off by so much    */
#define PATTERN_HZ      15.f
#define DIP_DB          6.f         /* a look below is no part of a tone    */
#define SWELL_DB        6.5f        /* more in the middle is no machine's   */
#define LONGEST_DIP     5           /* looks                                */
#define SHARE           .55f        /* of a tone's looks that are tonal     */
#define TORN            2           /* tonal looks at a tone's beginning    */
#define SHORTEST_MS     80
#define BEEP_MIN_MS     160         /* a beep of 200 ms, with two torn ends */
#define BEEP_MAX_MS     4000
#define PART_MIN_MS     100         /* of a beep that is split              */
#define PARTS           3
#define SPLIT_MS        250
#define SILENCE_MS      400         /* that ends a beep                     */
#define SILENCE_DB      10.f        /* below the beep                       */
#define SILENCE_SHARE   .85f
#define DIAL_MS         2500        /* of a tone without pause              */
#define LATE(ms)        ((ms) * 15 / 100 + 50)
#define FORGET_MS       12000

struct look
{
    int         tonal;
    float       f1, f2;             /* Hz; f2 = 0: one                      */
    float       level;              /* dB                                   */
};

struct tone
{
    float       f1, f2;
    uint32_t    begin, end;         /* ms                                   */
};

struct tone_hearing
{
    struct th_pattern   patterns[TH_PATTERNS];
    int                 count;

    float               window[TH_WINDOW];
    float               cosine[TH_WINDOW / 2], sine[TH_WINDOW / 2];
    int16_t             samples[TH_WINDOW];
    int                 filled;     /* since the last look                  */
    uint32_t            now;        /* ms: the middle of the last look      */

    /* The tone that sounds */
    int                 on;
    struct tone         tone;
    float               sum1, sum2; /* of its frequencies                   */
    float               loudest, swell;
    int                 tonal, looks, dip;

    /* Those before it, the last one last */
    struct tone         history[TH_HISTORY];
    int                 known;
    int                 reported;   /* pattern, -1: none                    */

    /* A beep, where silence follows */
    int                 waiting;
    struct tone         beep;
    float               beep_level;
    int                 parts, after, silent;
    uint32_t            wait_ms;

    struct th_event     queue[TH_QUEUE];
    int                 first, queued;
};

unsigned th_size(void)
{
    return sizeof(struct tone_hearing);
}

void th_init(struct tone_hearing *th, const struct th_pattern *patterns,
             int count)
{
    int i;

    memset(th, 0, sizeof(*th));
    th->count = count < TH_PATTERNS ? count : TH_PATTERNS;
    for (i = 0; i < th->count; ++i)
        th->patterns[i] = patterns[i];
    for (i = 0; i < TH_WINDOW; ++i)
        th->window[i] = .5f - .5f * cosf(2 * (float) M_PI * i / TH_WINDOW);
    for (i = 0; i < TH_WINDOW / 2; ++i) {
        th->cosine[i] = cosf(2 * (float) M_PI * i / TH_WINDOW);
        th->sine[i] = -sinf(2 * (float) M_PI * i / TH_WINDOW);
    }
    th->reported = -1;
}

static void report(struct tone_hearing *th, int pattern,
                   const struct tone *tone)
{
    struct th_event *event;

    if (th->queued == TH_QUEUE)
        return;
    event = &th->queue[(th->first + th->queued++) % TH_QUEUE];
    event->pattern = pattern;
    event->begin = tone->begin;
    event->end = tone->end;
    event->f1 = (int32_t) (tone->f1 + .5f);
    event->f2 = (int32_t) (tone->f2 + .5f);
}

int th_get(struct tone_hearing *th, struct th_event *event)
{
    if (!th->queued)
        return 0;
    *event = th->queue[th->first];
    th->first = (th->first + 1) % TH_QUEUE;
    --th->queued;
    return 1;
}

/*
 * The power of each bin.
 */
static void spectrum(const struct tone_hearing *th, float *power)
{
    float re[TH_WINDOW], im[TH_WINDOW];
    int i, j, bit, size;

    for (i = 0, j = 0; i < TH_WINDOW; ++i) {
        re[j] = th->samples[i] * th->window[i];
        im[j] = 0;
        for (bit = TH_WINDOW >> 1; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
    }
    for (size = 2; size <= TH_WINDOW; size <<= 1) {
        int half = size / 2, step = TH_WINDOW / size;

        for (i = 0; i < TH_WINDOW; i += size) {
            for (j = 0; j < half; ++j) {
                float c = th->cosine[j * step], s = th->sine[j * step];
                int a = i + j, b = a + half;
                float r = re[b] * c - im[b] * s, m = re[b] * s + im[b] * c;

                re[b] = re[a] - r;
                im[b] = im[a] - m;
                re[a] += r;
                im[a] += m;
            }
        }
    }
    for (i = 0; i <= BINS; ++i)
        power[i] = re[i] * re[i] + im[i] * im[i];
}

/*
 * The frequency of a peak of a Hann window: the bin and a part of one, by the
 * larger of its neighbours.
 */
static float frequency(const float *power, int bin)
{
    int side = power[bin + 1] > power[bin - 1] ? 1 : -1;
    float ratio = sqrtf(power[bin + side] / power[bin]);

    return (bin + side * (2 * ratio - 1) / (1 + ratio)) * HZ_PER_BIN;
}

static float lobe(const float *power, int bin)
{
    float sum = 0;
    int i;

    for (i = bin - LOBE; i <= bin + LOBE; ++i)
        sum += power[i];
    return sum;
}

static float ratio_db(float db)
{
    return powf(10, db / 10);
}

/*
 * DTMF is of people, and heard elsewhere.
 */
static int is_digit(const struct look *look)
{
    static const float low[] = { 697, 770, 852, 941 };
    static const float high[] = { 1209, 1336, 1477, 1633 };
    int i, l = 0, h = 0;

    for (i = 0; i < 4; ++i) {
        l |= fabsf(look->f1 - low[i]) < low[i] * .018f;
        h |= fabsf(look->f2 - high[i]) < high[i] * .018f;
    }
    return l && h;
}

static void look(const struct tone_hearing *th, struct look *look)
{
    /* A full sine's power in the sum of its bins: the window's squares */
    const float full = 32768.f * 32768.f / 4 * TH_WINDOW * .375f * TH_WINDOW;
    static const float voiced[] = { 4 / 3.f, 1.5f, 2, 3, 4, 5 };
    float power[BINS + 1], total = 1e-3f, peaks, overtones = 0;
    int i, first = LOWEST, second = 0;

    spectrum(th, power);
    for (i = BAND_LOW; i <= BAND_HIGH; ++i)
        total += power[i];
    look->level = 10 * log10f(total / full);
    look->tonal = 0;
    look->f1 = look->f2 = 0;
    if (look->level < QUIETEST_DB)
        return;

    for (i = LOWEST; i <= HIGHEST; ++i) {
        if (power[i] > power[first])
            first = i;
    }
    if (power[first - 1] > power[first] || power[first + 1] > power[first])
        return;
    for (i = LOWEST; i <= HIGHEST; ++i) {
        if ((i < first - 1 || i > first + 1) &&
            power[i] >= power[i - 1] && power[i] >= power[i + 1] &&
            (!second || power[i] > power[second]))
        {
            second = i;
        }
    }
    if (second && power[second] < power[first] * ratio_db(SECOND_DB))
        second = 0;

    peaks = lobe(power, first);
    if (second) {
        int low = first < second ? first : second;
        int high = first < second ? second : first;

        for (peaks = 0, i = low - LOBE; i <= high + LOBE; ++i) {
            if (i <= low + LOBE || i >= high - LOBE)
                peaks += power[i];
        }
        look->f1 = frequency(power, low);
        look->f2 = frequency(power, high);
        /* Two overtones of one voice */
        for (i = 0; i < (int) (sizeof(voiced) / sizeof(*voiced)); ++i) {
            if (fabsf(look->f2 - voiced[i] * look->f1) < VOICED_HZ)
                return;
        }
    } else {
        look->f1 = frequency(power, first);
        for (i = 2; i <= 4; ++i) {
            int bin = (int) (i * look->f1 / HZ_PER_BIN + .5f);

            if (bin + 1 <= BAND_HIGH)
                overtones += power[bin - 1] + power[bin] + power[bin + 1];
        }
        if (overtones > peaks * ratio_db(HARMONIC_DB) +
                        (total - peaks) * .2f)
            return;
    }
    look->tonal = peaks >= total * PURITY && !is_digit(look);
}

static int is_near(float a, float b, float hz)
{
    return fabsf(a - b) <= hz;
}

static int sounds_as(const struct tone *tone, const struct th_pattern *pattern)
{
    return !tone->f2 == !pattern->f2 &&
           is_near(tone->f1, pattern->f1, PATTERN_HZ) &&
           is_near(tone->f2, pattern->f2, PATTERN_HZ);
}

static int lasts(uint32_t ms, int32_t wanted)
{
    int32_t off = (int32_t) ms - wanted;

    return (off < 0 ? -off : off) <= LATE(wanted);
}

/*
 * Whether the last tones and pauses are those of the pattern. `count` of
 * them, backwards from the last tone, or from the pause after it, which has
 * lasted until `now`.
 */
static int fits(const struct tone_hearing *th,
                const struct th_pattern *pattern, int count, int pause,
                uint32_t now)
{
    int turn, i;

    for (turn = 0; turn < pattern->steps; ++turn) {
        int at = th->known - 1, step = turn, is_pause = pause;

        for (i = 0; i < count; ++i) {
            const struct tone *tone;

            if (at < 0)
                break;
            tone = &th->history[at];
            if (is_pause) {
                uint32_t until = at + 1 < th->known ?
                                 th->history[at + 1].begin : now;

                if (!lasts(until - tone->end, pattern->off[step]))
                    break;
            } else {
                if (!sounds_as(tone, pattern) ||
                    !lasts(tone->end - tone->begin, pattern->on[step]))
                    break;
                --at;
                step = (step + pattern->steps - 1) % pattern->steps;
            }
            is_pause = !is_pause;
        }
        if (i == count)
            return 1;
    }
    return 0;
}

/*
 * Look for a pattern, at the end of a tone or at the beginning of the next.
 */
static void patterns(struct tone_hearing *th, int pause, uint32_t now)
{
    int i;

    for (i = 0; i < th->count; ++i) {
        const struct th_pattern *pattern = &th->patterns[i];
        int longest = 0, shortest = pattern->on[0], step, count;

        if (!pattern->off[0])
            continue;
        for (step = 0; step < pattern->steps; ++step) {
            if (pattern->off[step] > longest)
                longest = pattern->off[step];
            if (pattern->on[step] < shortest)
                shortest = pattern->on[step];
        }
        /* A long pause says enough; short tones might be a machine's. */
        if (longest >= 1500) {
            if (!pause)
                continue;
            count = 2 * pattern->steps;
        } else {
            if (pause)
                continue;
            count = 2 * pattern->steps + (shortest < 350 ? 3 : 1);
        }
        if (count > 2 * TH_HISTORY - 1 || !fits(th, pattern, count, pause, now))
            continue;
        th->waiting = 0;
        if (th->reported != i) {
            th->reported = i;
            report(th, i, &th->history[th->known - 1]);
        }
        return;
    }
}

/*
 * How long silence must follow a tone until it is a beep: longer where it
 * might be the first of a progress tone.
 */
static uint32_t patience(const struct tone_hearing *th,
                         const struct tone *tone)
{
    uint32_t ms = SILENCE_MS;
    int i, step;

    for (i = 0; i < th->count; ++i) {
        const struct th_pattern *pattern = &th->patterns[i];

        if (!sounds_as(tone, pattern))
            continue;
        for (step = 0; step < pattern->steps; ++step) {
            uint32_t until = pattern->off[step] + LATE(pattern->off[step]);

            if (lasts(tone->end - tone->begin, pattern->on[step]) &&
                until > ms)
                ms = until;
        }
    }
    return ms;
}

static int same(const struct tone *a, const struct tone *b)
{
    return is_near(a->f1, b->f1, SAME_HZ) && is_near(a->f2, b->f2, SAME_HZ);
}

/*
 * The tone that sounded has ended.
 */
static void ended(struct tone_hearing *th)
{
    struct tone *tone = &th->tone;
    uint32_t ms;

    th->on = 0;
    tone->end += MS_PER_LOOK;
    ms = tone->end - tone->begin;
    if (ms < SHORTEST_MS || th->tonal < SHARE * th->looks)
        return;

    if (th->known && (tone->begin - th->history[th->known - 1].end >
                      FORGET_MS || !same(tone, &th->history[th->known - 1])))
    {
        th->known = 0;
        th->reported = -1;
    }
    if (th->known == TH_HISTORY) {
        memmove(th->history, th->history + 1,
                (TH_HISTORY - 1) * sizeof(*th->history));
        --th->known;
    }
    th->history[th->known++] = *tone;
    patterns(th, 0, tone->end);

    /* Swollen: a voice or an instrument. Reported: a progress tone. */
    if (th->reported >= 0 || th->swell > SWELL_DB || ms < PART_MIN_MS) {
        th->waiting = 0;
        return;
    }
    if (th->waiting && th->parts < PARTS && same(tone, &th->beep) &&
        tone->begin - th->beep.end <= SPLIT_MS)
    {
        ++th->parts;
        th->beep.end = tone->end;
    } else {
        th->parts = 1;
        th->beep = *tone;
    }
    ms = th->beep.end - th->beep.begin;
    th->waiting = ms <= BEEP_MAX_MS;
    th->wait_ms = patience(th, tone);
    th->beep_level = th->loudest;
    th->after = th->silent = 0;
}

/*
 * A beep that waits for its silence; the tone's last looks may still sound.
 */
static void silence(struct tone_hearing *th, const struct look *look)
{
    uint32_t since = th->now - th->beep.end;

    if (since < 3 * MS_PER_LOOK)
        return;
    ++th->after;
    th->silent += look->level <= th->beep_level - SILENCE_DB;
    if (th->after >= 5 && th->silent < SILENCE_SHARE * th->after &&
        !th->on && !look->tonal)
    {
        th->waiting = 0;
        return;
    }
    if (th->on || since < th->wait_ms)
        return;
    th->waiting = 0;
    if (th->silent >= SILENCE_SHARE * th->after &&
        th->beep.end - th->beep.begin >= BEEP_MIN_MS)
        report(th, -1, &th->beep);
}

static void turn(struct tone_hearing *th)
{
    struct tone *tone = &th->tone;
    struct look now;
    uint32_t begin;

    look(th, &now);
    begin = th->now += MS_PER_LOOK;

    if (th->on) {
        int goes_on = now.tonal && is_near(now.f1, tone->f1, SAME_HZ) &&
                      !now.f2 == !tone->f2 &&
                      is_near(now.f2, tone->f2, SAME_HZ) &&
                      now.level >= th->loudest - DIP_DB;

        if (goes_on) {
            th->looks += th->dip + 1;
            th->dip = 0;
            ++th->tonal;
            th->sum1 += now.f1;
            th->sum2 += now.f2;
            /* Not the first, of which silence is a part */
            tone->f1 = th->sum1 / th->tonal;
            tone->f2 = th->sum2 / th->tonal;
            if (th->tonal > 3 && now.level - th->loudest > .5f)
                th->swell += now.level - th->loudest;
            if (now.level > th->loudest)
                th->loudest = now.level;
            tone->end = th->now;
            if (tone->end - tone->begin >= DIAL_MS && th->reported < 0) {
                int i;

                for (i = 0; i < th->count; ++i) {
                    if (!th->patterns[i].off[0] &&
                        sounds_as(tone, &th->patterns[i]))
                    {
                        th->reported = i;
                        report(th, i, tone);
                        break;
                    }
                }
            }
        } else if (now.tonal && th->tonal <= TORN) {
            /* The first looks saw half of it, and were wrong. */
            begin = tone->begin;
            th->on = 0;
        } else if (++th->dip > LONGEST_DIP) {
            ended(th);
        }
    }
    if (!th->on && now.tonal) {
        th->on = 1;
        th->sum1 = tone->f1 = now.f1;
        th->sum2 = tone->f2 = now.f2;
        tone->begin = begin;
        tone->end = th->now;
        th->loudest = now.level;
        th->swell = 0;
        th->tonal = th->looks = 1;
        th->dip = 0;
        if (th->known && same(tone, &th->history[th->known - 1]))
            patterns(th, 1, th->now);
    }
    if (th->waiting)
        silence(th, &now);
}

void th_put(struct tone_hearing *th, const int16_t *samples, int count)
{
    while (count > 0) {
        int room = TH_HOP - th->filled, n = count < room ? count : room;

        memcpy(th->samples + TH_WINDOW - TH_HOP + th->filled, samples,
               n * sizeof(*samples));
        th->filled += n;
        samples += n;
        count -= n;
        if (th->filled == TH_HOP) {
            turn(th);
            memmove(th->samples, th->samples + TH_HOP,
                    (TH_WINDOW - TH_HOP) * sizeof(*samples));
            th->filled = 0;
        }
    }
}
