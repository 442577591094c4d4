/* A network file system whose server can go away, preloaded into the real program by tests/it/hanging.rs: reads of files
 * under a directory wait for as long as a file exists, and the table of mounts is one that the test wrote.
 *
 *   HANG_DIRECTORY   the directory
 *   HANG_WHILE       reads of its files wait while this file exists
 *   HANG_MOUNTS      what is read in place of /proc/self/mountinfo
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int open64(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    const char *mounts = getenv("HANG_MOUNTS");
    mode_t mode = 0;
    if (!real)
        real = dlsym(RTLD_NEXT, "open64");
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (mounts && strcmp(path, "/proc/self/mountinfo") == 0)
        path = mounts;
    return real(path, flags, mode);
}

static int hangs(int descriptor)
{
    const char *directory = getenv("HANG_DIRECTORY"), *hang_while = getenv("HANG_WHILE");
    char link[64], path[PATH_MAX];
    ssize_t length;
    if (!directory || !hang_while || access(hang_while, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strncmp(path, directory, strlen(directory)) == 0;
}

ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t at)
{
    static ssize_t (*real)(int, void *, size_t, off64_t);
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    if (!real)
        real = dlsym(RTLD_NEXT, "pread64");
    while (hangs(descriptor))
        nanosleep(&pause, NULL);
    return real(descriptor, bytes, size, at);
}
