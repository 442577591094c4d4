/* A disk that fails on demand, and one that loses power: preloaded into the real program by the tests
 * (tests/it/powercut/disk.rs compiles it and sets the variables). It stands between the program and the C library, looks
 * only at files directly in one directory, and knows nothing of what is in them.
 *
 *   DISK_DIRECTORY   the directory; without it nothing is done
 *   DISK_COUNTS      here stands at any time how many calls there were
 *   DISK_LOGS        optional: closing a deleted file under this directory is a call as well ("letgo")
 *
 *   DISK_FAIL        an errno by its name, or "short": a write does half of its work, and the next one goes on behind it
 *   DISK_FAIL_CALLS  which calls are counted for it: a list of write, sync (of a file), directory (its sync),
 *                    truncate, create, rename, unlink
 *   DISK_FAIL_AT     the number of the call that fails, from 1 ...
 *   DISK_FAIL_WHILE  ... or, where this is given, all from that number on while this file exists
 *
 *   DISK_END         "kill": the process ends, the disk keeps what the kernel holds; "cut": what durable.c says
 *   DISK_END_CALLS   which calls are counted for it
 *   DISK_END_AT      before which of them, from 1
 *   DISK_SURVIVORS   cut: an empty directory, for the files as they are found afterwards
 *   DISK_SEED        cut: what survives beside what was synced; 0 is nothing */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"

enum { DESCRIPTORS_MAX = 65536, ENDED_HERE = 137, GAVE_UP = 99 };

enum call { WRITE, SYNC, DIRECTORY, TRUNCATE, CREATE, RENAME, UNLINK, LETGO, CALLS };
static const char *const CALL_NAMES[CALLS] = {"write", "sync", "directory", "truncate", "create", "rename", "unlink", "letgo"};

static const struct { const char *name; int number; } ERRORS[] = {
    {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT},
};

/* Some calls, and which of them is meant. */
struct target { bool of[CALLS]; unsigned long at, made; };

static struct {
    const char *directory, *logs, *fail_while, *survivors;
    int counts, error;
    bool shortens, fails, ends, cuts;
    struct target failing, ending;
    unsigned long long seed;
} plan;

static unsigned long made[CALLS];
/* What a descriptor is open on: a file, or the directory itself. */
static struct file *open_on[DESCRIPTORS_MAX];
static struct file *const THE_DIRECTORY = (struct file *)&plan;
/* Calls and their record have one order: both are made under this lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, function, ...)                                              \
    result (*function##_of_libc)(__VA_ARGS__);                                   \
    static __attribute__((constructor(101))) void find_##function(void) {        \
        *(void **)&function##_of_libc = dlsym(RTLD_NEXT, #function);             \
    }
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, ftruncate64, int, off_t)
REAL(int, open64, const char *, int, ...)
REAL(int, openat64, int, const char *, int, ...)
REAL(int, rename, const char *, const char *)
REAL(int, unlink, const char *)
REAL(int, close, int)

void give_up(const char *why) {
    dprintf(2, "disk.c: %s\n", why);
    _exit(GAVE_UP);
}

/* --- counting, failing, ending ----------------------------------------------------------------------------------- */

static void show_counts(void) {
    if (plan.counts < 0) return;
    char text[256];
    int length = 0;
    for (int call = 0; call < CALLS; call++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s %08lu\n", CALL_NAMES[call], made[call]);
    if (pwrite64_of_libc(plan.counts, text, (size_t)length, 0) != length) give_up("the counts cannot be written");
}

/* Counts a call that is about to be made. Does not return if the process ends here; true if the call shall fail. */
static bool fails(enum call call) {
    made[call]++;
    plan.failing.made += plan.failing.of[call];
    plan.ending.made += plan.ending.of[call];
    show_counts();
    if (plan.ends && plan.ending.of[call] && plan.ending.made == plan.ending.at) {
        if (plan.cuts) lose_power(plan.survivors, plan.seed);
        _exit(ENDED_HERE);
    }
    if (!plan.fails || !plan.failing.of[call]) return false;
    if (!plan.fail_while) return plan.failing.made == plan.failing.at;
    return plan.failing.made >= plan.failing.at && access(plan.fail_while, F_OK) == 0;
}

static int refuse(void) {
    errno = plan.error;
    return -1;
}

static void seize(void) { pthread_mutex_lock(&lock); }

static void release(void) {
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
}

/* What is open on a descriptor, as far as it is in the directory. */
static struct file *file_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS_MAX ? open_on[descriptor] : NULL;
}

/* The name of a file directly in the directory; NULL for any other path. */
static const char *name_of(const char *path) {
    size_t length = plan.directory ? strlen(plan.directory) : 0;
    if (length == 0 || strncmp(path, plan.directory, length) != 0 || path[length] != '/') return NULL;
    const char *name = path + length + 1;
    return *name && !strchr(name, '/') && strlen(name) < NAME_BYTES_MAX ? name : NULL;
}

/* --- what the program calls -------------------------------------------------------------------------------------- */

static ssize_t put(int descriptor, const void *bytes, size_t length, off_t at, bool places) {
    bool chosen = fails(WRITE);
    if (chosen && !plan.shortens) return refuse();
    if (chosen && length > 1) length /= 2;
    ssize_t done = places ? pwrite64_of_libc(descriptor, bytes, length, at) : write_of_libc(descriptor, bytes, length);
    if (done > 0) written(file_of(descriptor), (size_t)at, bytes, (size_t)done);
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    if (!file_of(descriptor)) return write_of_libc(descriptor, bytes, length);
    seize();
    struct stat state;
    bool appends = (fcntl(descriptor, F_GETFL) & O_APPEND) && fstat(descriptor, &state) == 0;
    off_t at = appends ? state.st_size : lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = put(descriptor, bytes, length, at, false);
    release();
    return done;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t at) {
    if (!file_of(descriptor)) return pwrite64_of_libc(descriptor, bytes, length, at);
    seize();
    ssize_t done = put(descriptor, bytes, length, at, true);
    release();
    return done;
}

/* The kernel's own sync is left out: nothing here would outlive the power cut by it. */
static int sync_one(int descriptor) {
    seize();
    struct file *file = file_of(descriptor);
    int result = fails(file == THE_DIRECTORY ? DIRECTORY : SYNC) ? refuse() : 0;
    if (file != THE_DIRECTORY) (result == 0 ? synced : sync_failed)(file);
    else if (result == 0) directory_synced();
    release();
    return result;
}

int fsync(int descriptor) { return file_of(descriptor) ? sync_one(descriptor) : fsync_of_libc(descriptor); }

int fdatasync(int descriptor) { return file_of(descriptor) ? sync_one(descriptor) : fdatasync_of_libc(descriptor); }

int ftruncate64(int descriptor, off_t size) {
    if (!file_of(descriptor)) return ftruncate64_of_libc(descriptor, size);
    seize();
    int result = fails(TRUNCATE) ? refuse() : ftruncate64_of_libc(descriptor, size);
    if (result == 0) truncated(file_of(descriptor), (size_t)size);
    release();
    return result;
}

static int open_one(const char *path, int flags, mode_t mode) {
    const char *name = name_of(path);
    bool is_directory = plan.directory && strcmp(path, plan.directory) == 0;
    if (!name && !is_directory) return open64_of_libc(path, flags, mode);
    seize();
    bool makes = name && (flags & O_CREAT) && access(path, F_OK) != 0;
    int descriptor = makes && fails(CREATE) ? refuse() : open64_of_libc(path, flags, mode);
    if (descriptor >= DESCRIPTORS_MAX) give_up("too many descriptors");
    if (descriptor >= 0) {
        struct file *file = is_directory ? THE_DIRECTORY : makes ? created(name) : file_named(name);
        /* Made by another process, or by a call that does not pass here. */
        if (!file) file = adopt(name, path);
        if (flags & O_TRUNC) truncated(file, 0);
        open_on[descriptor] = file;
    }
    release();
    return descriptor;
}

#define MODE_OF(flags)                                   \
    mode_t mode = 0;                                     \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {             \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode = va_arg(rest, mode_t);                     \
        va_end(rest);                                    \
    }

int open64(const char *path, int flags, ...) {
    MODE_OF(flags)
    return open_one(path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE_OF(flags)
    return name_of(path) ? open_one(path, flags, mode) : openat64_of_libc(directory, path, flags, mode);
}

int rename(const char *from, const char *to) {
    const char *gone = name_of(from), *name = name_of(to);
    if (!gone || !name) return rename_of_libc(from, to);
    seize();
    int result = fails(RENAME) ? refuse() : rename_of_libc(from, to);
    if (result == 0) renamed(gone, name);
    release();
    return result;
}

int unlink(const char *path) {
    const char *name = name_of(path);
    if (!name) return unlink_of_libc(path);
    seize();
    int result = fails(UNLINK) ? refuse() : unlink_of_libc(path);
    if (result == 0) unlinked(name);
    release();
    return result;
}

/* Is this the last that holds a deleted log? */
static bool lets_go(int descriptor) {
    struct stat state;
    char link[64], path[4096];
    if (!plan.logs || fstat(descriptor, &state) != 0 || !S_ISREG(state.st_mode) || state.st_nlink > 0) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path);
    size_t logs = strlen(plan.logs);
    return length > (ssize_t)logs && strncmp(path, plan.logs, logs) == 0;
}

int close(int descriptor) {
    if (!plan.directory) return close_of_libc(descriptor);
    seize();
    if (file_of(descriptor)) open_on[descriptor] = NULL;
    else if (lets_go(descriptor)) fails(LETGO);
    int result = close_of_libc(descriptor);
    release();
    return result;
}

/* The same under their other names: off_t has 64 bits here. */
ssize_t pwrite(int, const void *, size_t, off_t) __attribute__((alias("pwrite64")));
int ftruncate(int, off_t) __attribute__((alias("ftruncate64")));
int open(const char *, int, ...) __attribute__((alias("open64")));
int openat(int, const char *, int, ...) __attribute__((alias("openat64")));

/* --- the plan ---------------------------------------------------------------------------------------------------- */

static unsigned long number(const char *variable) {
    const char *text = getenv(variable);
    return text ? strtoul(text, NULL, 10) : 0;
}

static struct target target(const char *calls, const char *at) {
    const char *list = getenv(calls);
    struct target target = {.at = number(at)};
    for (int call = 0; call < CALLS; call++) target.of[call] = list && strstr(list, CALL_NAMES[call]);
    return target;
}

static void read_failure(const char *name) {
    plan.fails = true;
    plan.shortens = strcmp(name, "short") == 0;
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (strcmp(name, ERRORS[i].name) == 0) plan.error = ERRORS[i].number;
    if (!plan.shortens && plan.error == 0) give_up("DISK_FAIL is no errno that is known here");
    plan.failing = target("DISK_FAIL_CALLS", "DISK_FAIL_AT");
    plan.fail_while = getenv("DISK_FAIL_WHILE");
}

static void read_directory(void) {
    DIR *directory = opendir(plan.directory);
    struct dirent *found;
    while (directory && (found = readdir(directory))) {
        char path[4096];
        struct stat state;
        snprintf(path, sizeof path, "%s/%s", plan.directory, found->d_name);
        bool fits = strlen(found->d_name) < NAME_BYTES_MAX;
        if (fits && stat(path, &state) == 0 && S_ISREG(state.st_mode)) adopt(found->d_name, path);
    }
    if (directory) closedir(directory);
    directory_synced();
}

static __attribute__((constructor(102))) void begin(void) {
    const char *counts = getenv("DISK_COUNTS"), *fail = getenv("DISK_FAIL"), *ends = getenv("DISK_END");
    plan.counts = counts ? open64_of_libc(counts, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    plan.logs = getenv("DISK_LOGS");
    plan.survivors = getenv("DISK_SURVIVORS");
    plan.seed = number("DISK_SEED");
    if (fail) read_failure(fail);
    plan.ends = ends != NULL;
    plan.cuts = ends && strcmp(ends, "cut") == 0;
    plan.ending = target("DISK_END_CALLS", "DISK_END_AT");
    if (plan.cuts && !plan.survivors) give_up("DISK_SURVIVORS is missing");
    plan.directory = getenv("DISK_DIRECTORY");
    if (plan.directory) read_directory();
}
