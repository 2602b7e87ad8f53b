/* The playback buffer of one-thread-for-a-card.patch with clocks that the test sets, and what the echo canceller
 * knows of it. A frame is 20 ms of 16 kHz. All times are samples of the capture clock; -1 is never.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define PJ_MIN(a, b) ((a) < (b) ? (a) : (b))
#define PJ_MAX(a, b) ((a) > (b) ? (a) : (b))
#define PJ_ABS(a) ((a) > 0 ? (a) : -(a))
#define PJ_LOG(level, arguments)
#define pj_bzero(at, size) memset(at, 0, size)
typedef int pj_bool_t, pj_status_t;
typedef int16_t pj_int16_t;
typedef struct { uint64_t u64; } pj_timestamp;
enum { PJ_FALSE, PJ_TRUE, PJ_SUCCESS = 0, PJMEDIA_FRAME_TYPE_AUDIO, PJMEDIA_EAUD_SYSERR };
enum { SND_PCM_STATE_PREPARED, SND_PCM_STATE_RUNNING, SND_PCM_STATE_XRUN };
enum { RATE = 16000, FRAME = RATE / 50, SIZE = 7 * FRAME, MANY = 1 << 17 };
typedef unsigned long snd_pcm_uframes_t;
typedef long snd_pcm_sframes_t;
typedef struct {
    int type;
    void *buf;
    size_t size;
    pj_timestamp timestamp;
    unsigned bit_info;
} pjmedia_frame;
typedef pj_status_t (*callback)(void *, pjmedia_frame *);
typedef struct {
    int state, playback;
    long part;                        /* What it takes at once. */
    double clock;                     /* Of the card: samples in one of the capture clock. */
    double started;
    long written, read;
} snd_pcm_t;
struct alsa_stream {
    struct { unsigned channel_count; } param;
    int quit;
    unsigned alone, patience;
    void *user_data;
    snd_pcm_t *pb_pcm, *ca_pcm;
    snd_pcm_uframes_t pb_frames, pb_size, pb_shallow, pb_deep, pb_depth, pb_part, ca_frames;
    callback pb_cb, ca_cb;
    unsigned pb_buf_size, pb_rate, pb_worked, looks, seen, calm, due, shorter, ca_buf_size, ca_worked;
    char *pb_buf, *pb_adjusted, *ca_buf;
    snd_pcm_sframes_t most, least;
    int spare, lack, excess, silence;
    pj_timestamp pb_timestamp, ca_timestamp;
};

typedef struct {
    void *ec_state;
    pj_int16_t *ec_silence;
    unsigned ec_left_out;
} pjmedia_snd_port;

static unsigned underruns, overruns;
static double now;
static int partial;                   /* Writes that were no whole frames. */
static long number;                   /* Of the frame that the port gave last. */
static int loudness;
static long heard_at[MANY], known_at[MANY], known;
static long gone;                     /* Samples of the microphone that the port did not get. */

static double began(const snd_pcm_t *pcm) { return pcm->state == SND_PCM_STATE_RUNNING ? pcm->started : now; }
static long played(const snd_pcm_t *pcm) { return (long) floor((now - pcm->started) * pcm->clock); }
static long taken(const snd_pcm_t *pcm) { return (played(pcm) + pcm->part - 1) / pcm->part * pcm->part; }

static snd_pcm_sframes_t snd_pcm_avail(snd_pcm_t *pcm)
{
    if (!pcm->playback)
        return (long) now - pcm->read;
    if (pcm->state == SND_PCM_STATE_RUNNING && played(pcm) > pcm->written)
        pcm->state = SND_PCM_STATE_XRUN;
    if (pcm->state == SND_PCM_STATE_XRUN)
        return -EPIPE;
    return SIZE - pcm->written + (pcm->state == SND_PCM_STATE_RUNNING ? taken(pcm) : 0);
}

static snd_pcm_sframes_t snd_pcm_avail_update(snd_pcm_t *pcm) { return snd_pcm_avail(pcm); }
static int snd_pcm_state(snd_pcm_t *pcm) { return pcm->state; }
static void pj_thread_sleep(unsigned ms) { (void) ms; }

static int snd_pcm_start(snd_pcm_t *pcm)
{
    pcm->state = SND_PCM_STATE_RUNNING;
    pcm->started = now;
    return 0;
}

static snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *pcm, const void *buf, snd_pcm_uframes_t count)
{
    if (snd_pcm_avail(pcm) < 0)
        return -EPIPE;
    if (*(const pj_int16_t *) buf)
        heard_at[number] = (long) (began(pcm) + pcm->written / pcm->clock) - gone;
    pcm->written += count;
    partial += count % FRAME > 0;
    if (pcm->state == SND_PCM_STATE_PREPARED && pcm->written >= 2 * FRAME)
        snd_pcm_start(pcm);
    return count;
}

static snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buf, snd_pcm_uframes_t count)
{
    (void) buf;
    pcm->read += count;
    return count;
}

static snd_pcm_sframes_t snd_pcm_rewindable(snd_pcm_t *pcm) { return pcm->written - played(pcm); }
static void snd_pcm_rewind(snd_pcm_t *pcm, snd_pcm_sframes_t count) { pcm->written -= count; }

static pj_bool_t goes_on(snd_pcm_t *pcm, int result, unsigned *worked)
{
    (void) worked;
    pcm->state = SND_PCM_STATE_PREPARED;
    pcm->written = 0;
    return result == -EPIPE;
}

/* The canceller gets the frame of the port, or silence. */
static void pjmedia_echo_playback(void *state, const pj_int16_t *frame)
{
    (void) state;
    if (*frame)
        known_at[number] = FRAME * known;
    known++;
}

#include ADDED

static snd_pcm_t ear, mouth;
static struct alsa_stream stream;
static pjmedia_snd_port port;
static unsigned owed;

static pj_status_t played_cb(void *unused, pjmedia_frame *frame)
{
    pj_int16_t *samples = frame->buf;

    (void) unused;
    for (int i = 0; i < FRAME; i++)
        samples[i] = loudness;
    number++;
    ec_playback(&port, samples);
    frame->bit_info = 0;
    return PJ_SUCCESS;
}

static pj_status_t captured_cb(void *unused, pjmedia_frame *frame)
{
    (void) unused;
    ec_follow(&port, (int) frame->bit_info);
    return PJ_SUCCESS;
}

/* A card begins whose playback clock is faster by so many of a million, or a sound server. */
void begin(double ppm, int server)
{
    static pj_int16_t silence[FRAME];
    static char buf[2 * FRAME], adjusted[2 * (FRAME + 1)], microphone[2 * FRAME];

    memset(heard_at, -1, sizeof heard_at);
    memset(known_at, -1, sizeof known_at);
    now = number = known = gone = partial = 0;
    port = (pjmedia_snd_port){ .ec_silence = silence };
    reduced = needed_again = PJ_FALSE;
    ear = (snd_pcm_t){ .playback = 1, .part = server ? FRAME : 1, .clock = 1 + ppm / 1e6 };
    mouth = (snd_pcm_t){ .state = SND_PCM_STATE_RUNNING };
    stream = (struct alsa_stream){
        .param.channel_count = 1, .pb_pcm = &ear, .ca_pcm = &mouth, .pb_frames = FRAME, .pb_size = SIZE,
        .pb_shallow = (2 + server) * FRAME, .pb_deep = SIZE - FRAME, .pb_depth = (2 + server) * FRAME,
        .pb_part = server * FRAME, .ca_frames = FRAME,
        .pb_cb = played_cb, .ca_cb = captured_cb, .pb_buf_size = sizeof buf, .ca_buf_size = sizeof microphone,
        .pb_rate = RATE, .pb_buf = buf, .pb_adjusted = adjusted, .ca_buf = microphone,
    };
    for (owed = 2 + server; owed;)
        play_frame(&stream, &owed);
}

/* The microphone gives its first frame at a moment. */
void begin_late(long moment)
{
    mouth.read = moment - FRAME;
    gone = mouth.read;
}

/* The sound's thread runs at a moment; the port's sound has such samples, at least 1. Returns the buffer's depth. */
unsigned run(long moment, int loud)
{
    unsigned frames;

    now = moment;
    loudness = loud;
    while (waiting(&stream) >= FRAME) {
        frames = 1;
        capture_frame(&stream, &frames);
        if (frames)
            play_frame(&stream, &owed);
        else
            gone += FRAME;
    }
    return stream.pb_depth;
}

/* The microphone stands still at a moment; what it did not give is lost for ever, or comes later. */
void stand_still(long moment, int lost)
{
    now = moment;
    do_without_capture(&stream);
    play_frame(&stream, &owed);
    if (lost) {
        mouth.read += FRAME;
        gone += FRAME;
        stream.alone = 0;
    }
}

/* Who has pressed a button hears the port at once. */
void press(long moment)
{
    now = moment;
    for (owed = discard_queued(&stream); owed;)
        play_frame(&stream, &owed);
}

long last(void) { return number; }
int partial_writes(void) { return partial; }

/* When the frame is heard, in samples of the microphone that the port got, and when the canceller could expect that. */
long heard(long frame) { return heard_at[frame]; }
long expected(long frame) { return known_at[frame]; }
