/*
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 */
#ifndef GREETING_H
#define GREETING_H

/*
 * Who has answered a call, by how long the greeting is: people say little and
 * wait; machines go on. Takes sound of 8000 Hz from the answer on.
 */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GR_LOOK         160         /* samples of a level                   */
#define GR_LOOKS        400         /* after these it stays unsure          */

enum gr_answerer
{
    GR_UNKNOWN,                     /* as yet                               */
    GR_PERSON,
    GR_MACHINE,
    GR_UNSURE
};

struct greeting
{
    uint8_t             levels[GR_LOOKS];   /* dBFS + 100                   */
    int                 count;
    double              squares;    /* of the look that is not complete     */
    int                 filled;
    enum gr_answerer    answerer;
};

void gr_init(struct greeting *gr);

/* Listen to samples. */
void gr_put(struct greeting *gr, const int16_t *samples, int count);

#ifdef __cplusplus
}
#endif
#endif
