/* An ALSA plug-in: a sound card with a perfect clock and no buffer of its own, whose samples have known times.
 *
 * Capture is silence, with a chirp at each time (seconds of CLOCK_MONOTONIC) in the file DIR/ROLE.chirps; a sample can be
 * read as soon as its time has come. Playback writes DIR/ROLE.played, capture DIR/ROLE.captured: lines that begin with
 *   O TIME                      the PCM was opened
 *   P TIME                      it was prepared: what was written before and is not played yet is gone
 *   S TIME RATE PERIOD BUFFER   it began to run
 *   W TIME FRAMES AT            so many samples follow, 16 bit each, and a line feed (played only); AT: where they begin,
 *                               counted since it was prepared, as a program may take back what is not played yet
 *   X TIME                      an underrun or an overrun
 *   E TIME                      it was stopped
 *
 *   pcm_type.exact { lib "/path/libexact.so" }   pcm.mouth { type exact role mouth dir "/tmp/x" }
 *
 * With `echo 0.4` a microphone also hears what this process plays: its samples times 0.4, 5 ms later.
 */
#define PIC 1
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <alsa/pcm_ioplug.h>
#include <math.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

#define CHIRP_S 0.03
#define CHIRP_FROM 500.0
#define CHIRP_TO 2800.0
#define LEVEL 12000.0
#define CHIRPS 4096
#define ECHO_LATE 0.005
#define AIR (1 << 16)
#define QUIET 8000

static int16_t air[AIR];                /* What is played, by the number of the sample since the clock began. */

struct exact {
    snd_pcm_ioplug_t io;
    char role[64], directory[512];
    double echo;
    FILE *out;
    double started;
    int running;
    double chirps[CHIRPS];
    int count;
    struct timespec read_at;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void note(struct exact *e, const char *what)
{
    fprintf(e->out, "%s %.9f\n", what, now());
    fflush(e->out);
}

static struct timespec moment(double at)
{
    struct timespec t = { (time_t) at, (long) ((at - (time_t) at) * 1e9) };

    return t;
}

static int exact_start(snd_pcm_ioplug_t *io)
{
    struct exact *e = io->private_data;
    double period = (double) io->period_size / io->rate;
    struct itimerspec timer;

    e->started = now();
    e->running = 1;
    timer.it_value = moment(e->started + period + 20e-6);
    timer.it_interval = moment(period);
    timerfd_settime(io->poll_fd, TFD_TIMER_ABSTIME, &timer, NULL);
    fprintf(e->out, "S %.9f %u %lu %lu\n", e->started, io->rate, io->period_size, io->buffer_size);
    fflush(e->out);
    return 0;
}

static int exact_stop(snd_pcm_ioplug_t *io)
{
    struct exact *e = io->private_data;
    struct itimerspec none = { { 0, 0 }, { 0, 0 } };

    if (e->running)
        note(e, "E");
    e->running = 0;
    timerfd_settime(io->poll_fd, 0, &none, NULL);
    return 0;
}

static int exact_prepare(snd_pcm_ioplug_t *io)
{
    struct exact *e = io->private_data;

    exact_stop(io);
    note(e, "P");
    return 0;
}

static snd_pcm_sframes_t exact_pointer(snd_pcm_ioplug_t *io)
{
    struct exact *e = io->private_data;
    uint64_t at;

    if (!e->running)
        return 0;
    at = (uint64_t) ((now() - e->started) * io->rate);
    if (io->stream == SND_PCM_STREAM_PLAYBACK) {
        if (at >= io->appl_ptr && io->state == SND_PCM_STATE_RUNNING) {
            note(e, "X");
            return -EPIPE;
        }
        if (at > io->appl_ptr)
            at = io->appl_ptr;
    } else if (at > io->appl_ptr + io->buffer_size) {
        note(e, "X");
        return -EPIPE;
    }
    return at % io->buffer_size;
}

/* Read the times of the chirps, if the file is another one. */
static void read_chirps(struct exact *e)
{
    char path[600];
    struct stat facts;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.chirps", e->directory, e->role);
    if (stat(path, &facts) || (facts.st_mtim.tv_sec == e->read_at.tv_sec && facts.st_mtim.tv_nsec == e->read_at.tv_nsec))
        return;
    e->read_at = facts.st_mtim;
    e->count = 0;
    file = fopen(path, "r");
    if (!file)
        return;
    while (e->count < CHIRPS && fscanf(file, "%lf", &e->chirps[e->count]) == 1)
        e->count++;
    fclose(file);
}

static double sound(const struct exact *e, double at)
{
    for (int i = 0; i < e->count; i++) {
        double into = at - e->chirps[i];

        if (into >= 0 && into < CHIRP_S)
            return LEVEL * sqrt(0.5 - 0.5 * cos(2 * M_PI * into / CHIRP_S))
                * sin(2 * M_PI * (CHIRP_FROM * into + (CHIRP_TO - CHIRP_FROM) * into * into / (2 * CHIRP_S)));
    }
    return 0;
}

static int16_t *in_air(const struct exact *e, double at)
{
    return &air[(uint64_t) (at * e->io.rate) % AIR];
}

/* Until something else is played, there is silence after it. */
static void play(const struct exact *e, double at, const int16_t *samples, unsigned channels, snd_pcm_uframes_t size)
{
    int16_t *place = in_air(e, at);

    for (snd_pcm_uframes_t i = 0; i < size + QUIET; i++, place++) {
        if (place == &air[AIR])
            place = air;
        *place = i < size ? samples[i * channels] : 0;
    }
}

static snd_pcm_sframes_t exact_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                        snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
    struct exact *e = io->private_data;
    unsigned channels = io->channels;
    int16_t *samples = (int16_t *) ((char *) areas[0].addr + (areas[0].first + areas[0].step * offset) / 8);

    if (io->stream == SND_PCM_STREAM_CAPTURE) {
        read_chirps(e);
        for (snd_pcm_uframes_t i = 0; i < size; i++) {
            double at = e->started + (double) (io->appl_ptr + i) / io->rate;
            int16_t value = (int16_t) lrint(sound(e, at) + e->echo * *in_air(e, at - ECHO_LATE));

            for (unsigned channel = 0; channel < channels; channel++)
                samples[i * channels + channel] = value;
        }
    } else {
        if (e->echo)
            play(e, (e->running ? e->started : now()) + (double) io->appl_ptr / io->rate, samples, channels, size);
        fprintf(e->out, "W %.9f %lu %lu\n", now(), (unsigned long) size, (unsigned long) io->appl_ptr);
        for (snd_pcm_uframes_t i = 0; i < size; i++)
            fwrite(&samples[i * channels], 2, 1, e->out);
        fputc('\n', e->out);
        fflush(e->out);
    }
    return size;
}

static int exact_close(snd_pcm_ioplug_t *io)
{
    struct exact *e = io->private_data;

    close(io->poll_fd);
    fclose(e->out);
    free(e);
    return 0;
}

static int exact_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int count, unsigned short *events)
{
    struct exact *e = io->private_data;
    unsigned short wanted = io->stream == SND_PCM_STREAM_PLAYBACK ? POLLOUT : POLLIN;
    snd_pcm_sframes_t available;
    uint64_t expirations;

    (void) count;
    *events = 0;
    if ((fds[0].revents & POLLIN) && read(io->poll_fd, &expirations, sizeof(expirations)) < 0)
        return 0;
    if (io->state == SND_PCM_STATE_XRUN) {
        *events = wanted | POLLERR;
        return 0;
    }
    available = snd_pcm_avail_update(io->pcm);
    if (available < 0 || available >= (snd_pcm_sframes_t) io->period_size || !e->running)
        *events = wanted;
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = exact_start,
    .stop = exact_stop,
    .pointer = exact_pointer,
    .transfer = exact_transfer,
    .close = exact_close,
    .prepare = exact_prepare,
    .poll_revents = exact_revents,
};

static int make(struct exact **made, const char *role, const char *directory, double echo, int playback)
{
    struct exact *e = calloc(1, sizeof(*e));
    char path[600];

    if (!e)
        return -ENOMEM;
    e->echo = echo;
    snprintf(e->role, sizeof(e->role), "%s", role);
    snprintf(e->directory, sizeof(e->directory), "%s", directory);
    snprintf(path, sizeof(path), "%s/%s.%s", e->directory, e->role, playback ? "played" : "captured");
    e->out = fopen(path, "a");
    if (!e->out) {
        free(e);
        return -EACCES;
    }
    /* A record is one write: other processes open the PCM, too, when they list all. */
    setvbuf(e->out, NULL, _IOFBF, 1 << 18);
    note(e, "O");
    *made = e;
    return 0;
}

SND_PCM_PLUGIN_DEFINE_FUNC(exact)
{
    static const unsigned access[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED };
    static const unsigned format[] = { SND_PCM_FORMAT_S16_LE };
    const char *role = NULL, *directory = NULL;
    double echo = 0;
    snd_config_iterator_t each, next;
    struct exact *e;
    int error;

    (void) root;
    snd_config_for_each(each, next, conf)
    {
        snd_config_t *entry = snd_config_iterator_entry(each);
        const char *id;

        if (snd_config_get_id(entry, &id) < 0)
            continue;
        if (!strcmp(id, "role"))
            snd_config_get_string(entry, &role);
        else if (!strcmp(id, "dir"))
            snd_config_get_string(entry, &directory);
        else if (!strcmp(id, "echo"))
            snd_config_get_real(entry, &echo);
    }
    if (!role || !directory)
        return -EINVAL;
    error = make(&e, role, directory, echo, stream == SND_PCM_STREAM_PLAYBACK);
    if (error < 0)
        return error;
    e->io.version = SND_PCM_IOPLUG_VERSION;
    e->io.name = "exact";
    e->io.callback = &callbacks;
    e->io.private_data = e;
    e->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    e->io.poll_events = POLLIN;
    error = snd_pcm_ioplug_create(&e->io, name, stream, mode);
    if (error < 0) {
        exact_close(&e->io);
        return error;
    }
    snd_pcm_ioplug_set_param_list(&e->io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
    snd_pcm_ioplug_set_param_list(&e->io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
    snd_pcm_ioplug_set_param_minmax(&e->io, SND_PCM_IOPLUG_HW_RATE, 8000, 48000);
    snd_pcm_ioplug_set_param_minmax(&e->io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 2);
    snd_pcm_ioplug_set_param_minmax(&e->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 18);
    snd_pcm_ioplug_set_param_minmax(&e->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 128, 1 << 20);
    snd_pcm_ioplug_set_param_minmax(&e->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024);
    *pcmp = e->io.pcm;
    return 0;
}
SND_PCM_PLUGIN_SYMBOL(exact);
