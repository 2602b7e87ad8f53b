/* Transfers of ALSA fail with EIO: as many reads as the file $FAILING_CARD/read has bytes, and writes as .../write has. */
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int fails(const char *way)
{
    char file[4096];
    struct stat facts;

    snprintf(file, sizeof(file), "%s/%s", getenv("FAILING_CARD"), way);
    return stat(file, &facts) == 0 && facts.st_size > 0 && truncate(file, facts.st_size - 1) == 0;
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buffer, snd_pcm_uframes_t size)
{
    static snd_pcm_sframes_t (*real)(snd_pcm_t *, void *, snd_pcm_uframes_t);

    if (!real)
        real = (snd_pcm_sframes_t (*)(snd_pcm_t *, void *, snd_pcm_uframes_t)) dlsym(RTLD_NEXT, "snd_pcm_readi");
    return fails("read") ? -EIO : real(pcm, buffer, size);
}

snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *pcm, const void *buffer, snd_pcm_uframes_t size)
{
    static snd_pcm_sframes_t (*real)(snd_pcm_t *, const void *, snd_pcm_uframes_t);

    if (!real)
        real = (snd_pcm_sframes_t (*)(snd_pcm_t *, const void *, snd_pcm_uframes_t)) dlsym(RTLD_NEXT, "snd_pcm_writei");
    return fails("write") ? -EIO : real(pcm, buffer, size);
}
