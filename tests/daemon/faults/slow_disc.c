/* A disc that hangs: while the file that SLOW_DISC names is there, whatever writes or syncs recordings or the database
   waits. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 10000000
#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static void wait_for_disc(int descriptor)
{
    const char *hangs = getenv("SLOW_DISC");
    char link[64], path[PATH_MAX] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    if (!hangs || readlink(link, path, sizeof(path) - 1) < 0)
        return;
    if (strstr(path, "/recordings/") || strstr(path, ".sqlite3"))
        while (access(hangs, F_OK) == 0)
            nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *file)
{
    wait_for_disc(fileno(file));
    return REAL(fwrite)(data, size, count, file);
}

int fclose(FILE *file)
{
    wait_for_disc(fileno(file));
    return REAL(fclose)(file);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    wait_for_disc(descriptor);
    return REAL(pwrite)(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
    wait_for_disc(descriptor);
    return REAL(pwrite64)(descriptor, data, size, offset);
}

int fsync(int descriptor)
{
    wait_for_disc(descriptor);
    return REAL(fsync)(descriptor);
}

int fdatasync(int descriptor)
{
    wait_for_disc(descriptor);
    return REAL(fdatasync)(descriptor);
}
