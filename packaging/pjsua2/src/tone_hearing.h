/*
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 */
#ifndef TONE_HEARING_H
#define TONE_HEARING_H

/*
 * Hears the beep of an answering machine, and the progress tones of telephone
 * networks, in sound of 8000 Hz. Needs the C library's mathematics only.
 */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TH_RATE         8000
#define TH_HOP          160         /* samples from one look to the next    */
#define TH_WINDOW       512         /* samples of a look                    */
#define TH_STEPS        4           /* at most, of a pattern                */
#define TH_PATTERNS     32
#define TH_HISTORY      8           /* tones that are remembered            */
#define TH_QUEUE        16

/* A progress tone. Times in ms; a tone without pause has off[0] = 0. */
struct th_pattern
{
    int32_t     f1, f2;             /* Hz, f2 = 0: one frequency            */
    int32_t     steps;
    int32_t     on[TH_STEPS], off[TH_STEPS];
};

/* Something heard. */
struct th_event
{
    int32_t     pattern;            /* its index, -1: a beep                */
    uint32_t    begin, end;         /* ms since the beginning               */
    int32_t     f1, f2;             /* Hz                                   */
};

struct tone_hearing;

/* How much memory a hearing needs, and its beginning in that memory. */
unsigned th_size(void);
void th_init(struct tone_hearing *th, const struct th_pattern *patterns,
             int count);

/* Listen to samples. */
void th_put(struct tone_hearing *th, const int16_t *samples, int count);

/* Take the oldest event; 0: there is none. */
int th_get(struct tone_hearing *th, struct th_event *event);

#ifdef __cplusplus
}
#endif
#endif
