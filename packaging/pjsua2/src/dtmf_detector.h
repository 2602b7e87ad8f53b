/* 
 * Copyright (C) 2026 The intercomd maintainers
 *
 * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU General Public License as published by
 * the Free Software Foundation; either version 2 of the License, or
 * (at your option) any later version.
 *
 * This program is distributed in the hope that it will be useful,
 * but WITHOUT ANY WARRANTY; without even the implied warranty of
 * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
 * GNU General Public License for more details.
 *
 * You should have received a copy of the GNU General Public License
 * along with this program; if not, write to the Free Software
 * Foundation, Inc., 59 Temple Place, Suite 330, Boston, MA  02111-1307  USA 
 */
#ifndef __PJMEDIA_DTMF_DETECTOR_H__
#define __PJMEDIA_DTMF_DETECTOR_H__

/**
 * @file dtmf_detector.h
 * @brief DTMF digits in the sound itself.
 */
#include <pjmedia/port.h>


/**
 * @defgroup PJMEDIA_DTMF_DETECTOR DTMF detector
 * @ingroup PJMEDIA_PORT
 * @brief A media port that hears DTMF digits (ITU-T Q.23, Q.24) in what is
 * put into it.
 * @{
 *
 * Digits are queued, and taken from the queue by #pjmedia_dtmf_detector_get()
 * in any thread; no callback is made. Time is counted in samples since the
 * port was created. Frames without sound count as silence, so that ports of
 * one conference bridge, which gives all of them their frames at the same
 * time, report times that can be compared.
 */


PJ_BEGIN_DECL


/** Clock rate of the port. The conference bridge converts to it. */
#define PJMEDIA_DTMF_DETECTOR_CLOCK_RATE    8000


/**
 * What a detector listens for.
 */
typedef struct pjmedia_dtmf_detector_param
{
    /** How much weaker the higher tone may be, in dB. */
    unsigned        twist;

    /** How much weaker the lower tone may be, in dB. */
    unsigned        reverse_twist;

    /** The least level of each tone, in dBm0. */
    int             threshold;

} pjmedia_dtmf_detector_param;


/**
 * A digit: queued once when it was heard to begin, and again when it was
 * heard to end.
 */
typedef struct pjmedia_dtmf_detector_digit
{
    /** 0 to 9, A to D, star or pound. */
    char            digit;

    /** When it began, in samples. */
    pj_uint32_t     begin;

    /** When it ended, in samples; zero while it goes on. */
    pj_uint32_t     end;

} pjmedia_dtmf_detector_digit;


/**
 * Create a detector: a port for 16 bit mono of 8000 Hz.
 *
 * @param pool                  Pool whose factory the port has its own from.
 * @param param                 What to listen for.
 * @param p_port                Pointer to receive the port instance.
 *
 * @return                      PJ_SUCCESS on success.
 */
PJ_DECL(pj_status_t)
pjmedia_dtmf_detector_create(pj_pool_t *pool,
                             const pjmedia_dtmf_detector_param *param,
                             pjmedia_port **p_port);

/**
 * Take the oldest digit from the queue.
 *
 * @param port                  The detector.
 * @param digit                 Receives the digit.
 *
 * @return                      PJ_FALSE if there is none.
 */
PJ_DECL(pj_bool_t)
pjmedia_dtmf_detector_get(pjmedia_port *port,
                          pjmedia_dtmf_detector_digit *digit);


PJ_END_DECL

/**
 * @}
 */


#endif  /* __PJMEDIA_DTMF_DETECTOR_H__ */
