/* ALSA's external rate converter "intercomd", by libspeexdsp, for cards that cannot do the rate of the bridge. alsa-lib's
 * own "linear" has no filter: sound above 8 kHz becomes other sound below it. Interface: alsa/pcm_rate.h. */
#include <alsa/asoundlib.h>
#include <alsa/pcm_rate.h>
#include <errno.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>

/* Of 0 to 10. From 48 to 16 kHz, 4 keeps 7 kHz (-0.4 dB; 3 loses 3 dB), has aliases below -85 dB, and is 2 ms late. */
#define QUALITY 4

struct converter {
    SpeexResamplerState *filter;
    unsigned int channels;
    uint64_t in, out; /* frames in a period of each side */
};

static void release(void *obj)
{
    struct converter *c = obj;

    if (c->filter)
        speex_resampler_destroy(c->filter);
    c->filter = NULL;
}

static void closed(void *obj)
{
    release(obj);
    free(obj);
}

/* The ratio is that of the periods, not of the rates: alsa-lib converts one period into one, which may be rounded. */
static int init(void *obj, snd_pcm_rate_info_t *info)
{
    struct converter *c = obj;

    release(c);
    c->channels = info->channels;
    c->in = info->in.period_size;
    c->out = info->out.period_size;
    c->filter = speex_resampler_init_frac(info->channels, c->in, c->out, info->in.rate, info->out.rate, QUALITY, NULL);
    return c->filter ? 0 : -ENOMEM;
}

static void reset(void *obj)
{
    struct converter *c = obj;

    if (c->filter)
        speex_resampler_reset_mem(c->filter);
}

static int16_t *samples(const snd_pcm_channel_area_t *area, snd_pcm_uframes_t offset)
{
    return (int16_t *)((char *)area->addr + (area->first + area->step * offset) / 8);
}

/* One period into one; as the ratio is theirs, all frames are read and written. */
static void convert(void *obj, const snd_pcm_channel_area_t *to, snd_pcm_uframes_t to_offset, unsigned int to_frames,
                    const snd_pcm_channel_area_t *from, snd_pcm_uframes_t from_offset, unsigned int from_frames)
{
    struct converter *c = obj;

    for (unsigned int channel = 0; channel < c->channels; channel++) {
        spx_uint32_t read = from_frames, written = to_frames;

        speex_resampler_set_input_stride(c->filter, from[channel].step / 16);
        speex_resampler_set_output_stride(c->filter, to[channel].step / 16);
        speex_resampler_process_int(c->filter, channel, samples(&from[channel], from_offset), &read,
                                    samples(&to[channel], to_offset), &written);
    }
}

static snd_pcm_uframes_t input_frames(void *obj, snd_pcm_uframes_t frames)
{
    struct converter *c = obj;

    return (frames * c->in + c->out / 2) / c->out;
}

static snd_pcm_uframes_t output_frames(void *obj, snd_pcm_uframes_t frames)
{
    struct converter *c = obj;

    return (frames * c->out + c->in / 2) / c->in;
}

/* alsa-lib converts other formats to this one and back. */
static int formats(void *obj, uint64_t *in, uint64_t *out, unsigned int *flags)
{
    (void)obj;
    *in = *out = 1ULL << SND_PCM_FORMAT_S16;
    *flags = SND_PCM_RATE_FLAG_SYNC_FORMATS;
    return 0;
}

int SND_PCM_RATE_PLUGIN_ENTRY(intercomd)(unsigned int version, void **objp, snd_pcm_rate_ops_t *ops)
{
    if (version < SND_PCM_RATE_PLUGIN_VERSION)
        return -EINVAL;
    if (!(*objp = calloc(1, sizeof(struct converter))))
        return -ENOMEM;
    *ops = (snd_pcm_rate_ops_t){
        .close = closed,
        .init = init,
        .free = release,
        .reset = reset,
        .convert = convert,
        .input_frames = input_frames,
        .output_frames = output_frames,
        .version = SND_PCM_RATE_PLUGIN_VERSION,
        .get_supported_formats = formats,
    };
    return 0;
}
