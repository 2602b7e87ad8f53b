/* A sound card whose driver does not wait: for as long as the file SWITCH is there, writing to a PCM goes on and on. */
#include <dlfcn.h>
#include <unistd.h>

long snd_pcm_writei(void *pcm, const void *frames, unsigned long count)
{
    static long (*real)(void *, const void *, unsigned long);

    if (!real)
        real = (long (*)(void *, const void *, unsigned long))dlsym(dlopen("libasound.so.2", RTLD_LAZY), "snd_pcm_writei");
    while (access(SWITCH, F_OK) == 0)
        continue;
    return real(pcm, frames, count);
}
