/* Loaded before the C library (LD_PRELOAD): the process ends, as by a fault that nothing can catch, when it writes
 * ABORT_BYTES into a database's log. ABORT_COUNT names a file of one byte for each time that it still shall. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_log(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

static void look(int fd, const void *bytes, size_t count) {
    const char *wanted = getenv("ABORT_BYTES"), *left = getenv("ABORT_COUNT");
    struct stat stat_of;
    if (!wanted || !left || !memmem(bytes, count, wanted, strlen(wanted)) || !is_log(fd)) return;
    if (stat(left, &stat_of) != 0 || stat_of.st_size == 0) return;
    if (truncate(left, stat_of.st_size - 1) == 0) abort();
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    look(fd, bytes, count);
    return real(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    look(fd, bytes, count);
    return real(fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    look(fd, bytes, count);
    return real(fd, bytes, count);
}
