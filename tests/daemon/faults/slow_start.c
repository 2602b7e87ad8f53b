/* Holds the SIP process's main thread up for a while once it has begun to wait for another socket (epoll_ctl,
   EPOLL_CTL_ADD): each of the next times that it lets go of a lock, so that other threads may take it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define TIMES 8
#define PAUSE_NS 20000000

static int left;

static int is_main_thread_of_sip(void)
{
    static int is_sip = -1;
    char words[4096] = "";

    if (gettid() != getpid())
        return 0;
    if (is_sip < 0) {
        int file = open("/proc/self/cmdline", O_RDONLY);
        ssize_t length = read(file, words, sizeof(words) - 1);

        close(file);
        is_sip = length > 0 && memmem(words, length, "appliance.sip", strlen("appliance.sip")) != NULL;
    }
    return is_sip;
}

int epoll_ctl(int queue, int operation, int descriptor, struct epoll_event *event)
{
    static int (*real)(int, int, int, struct epoll_event *);

    if (!real)
        real = (int (*)(int, int, int, struct epoll_event *)) dlsym(RTLD_NEXT, "epoll_ctl");
    if (operation == EPOLL_CTL_ADD && is_main_thread_of_sip())
        left = TIMES;
    return real(queue, operation, descriptor, event);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    static int (*real)(pthread_mutex_t *);
    int status;

    if (!real)
        real = (int (*)(pthread_mutex_t *)) dlsym(RTLD_NEXT, "pthread_mutex_unlock");
    status = real(mutex);
    if (left > 0 && is_main_thread_of_sip()) {
        --left;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return status;
}
