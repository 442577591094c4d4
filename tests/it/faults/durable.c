/* What is durable of a directory, and what a power cut leaves of it.
 *
 * A file's bytes are durable from the file's own sync on. What was written since may have reached the disk too, in any
 * order: by the seed nothing of it, all, what came first, or any of its sectors of 512 bytes. Entries of the directory
 * (create, rename, unlink) are durable from the sync of the directory on, and those since then may have reached the disk
 * in their order, as file systems with a journal keep it. Syncing a new file does not keep its name here, which is less
 * than Linux's file systems promise. A sync that fails drops what it should have written: Linux reports a failed write
 * once, and takes its pages for clean from then on. Shared memory (-shm) never survives. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"

enum { FILES_MAX = 256, SECTOR = 512 };

/* A change that is written and not synced: bytes at a place, or a new size. */
struct change {
    struct change *next;
    bool truncates;
    size_t at, length;
    unsigned char bytes[];
};

/* What is durable of a file, and the changes since. */
struct file {
    unsigned char *bytes;
    size_t size;
    struct change *first, **last;
};

struct entry { char name[NAME_BYTES_MAX]; struct file *file; };

/* A change of the directory: `gone` goes, then `put.name` stands for `put.file`. An empty name stands for none. */
struct entry_change { char gone[NAME_BYTES_MAX]; struct entry put; };

struct directory { struct entry entries[FILES_MAX]; size_t count; };

static struct directory now, durable;
static struct entry_change *pending;
static size_t pending_count;
static unsigned long long seed;

static void *allocate(void *old, size_t bytes) {
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory) give_up("no memory");
    return memory;
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static struct file *new_file(void) {
    struct file *file = allocate(NULL, sizeof *file);
    *file = (struct file){0};
    file->last = &file->first;
    return file;
}

static void resize(struct file *file, size_t size) {
    if (size > file->size) {
        file->bytes = allocate(file->bytes, size);
        memset(file->bytes + file->size, 0, size - file->size);
    }
    file->size = size;
}

static void put(struct file *file, size_t at, const unsigned char *bytes, size_t length) {
    if (length == 0) return;
    if (at + length > file->size) resize(file, at + length);
    memcpy(file->bytes + at, bytes, length);
}

static void apply(struct file *file, const struct change *change) {
    if (change->truncates) resize(file, change->at);
    else put(file, change->at, change->bytes, change->length);
}

static struct change *note(struct file *file, size_t at, size_t length) {
    struct change *change = allocate(NULL, sizeof *change + length);
    *change = (struct change){.at = at, .length = length};
    *file->last = change;
    file->last = &change->next;
    return change;
}

void written(struct file *file, size_t at, const void *bytes, size_t length) {
    memcpy(note(file, at, length)->bytes, bytes, length);
}

void truncated(struct file *file, size_t size) { note(file, size, 0)->truncates = true; }

void sync_failed(struct file *file) {
    while (file->first) {
        struct change *change = file->first;
        file->first = change->next;
        free(change);
    }
    file->last = &file->first;
}

void synced(struct file *file) {
    for (struct change *change = file->first; change; change = change->next) apply(file, change);
    sync_failed(file);
}

static void load(struct file *file, const char *path) {
    int descriptor = open64_of_libc(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    /* Another process, which made the file, may have deleted or cut it again by now. */
    if (descriptor < 0) return;
    if (fstat(descriptor, &state) != 0) give_up("a file cannot be asked for its size");
    resize(file, (size_t)state.st_size);
    for (size_t at = 0; at < file->size;) {
        ssize_t bytes = pread(descriptor, file->bytes + at, file->size - at, (off_t)at);
        if (bytes < 0) give_up("a file cannot be read");
        if (bytes == 0) resize(file, at);
        at += (size_t)bytes;
    }
    /* Closing drops the process's locks on a file; it has none before it has opened the file itself. */
    close_of_libc(descriptor);
}

/* --- the directory ----------------------------------------------------------------------------------------------- */

static struct entry *find(struct directory *in, const char *name) {
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->entries[i].name, name) == 0) return &in->entries[i];
    return NULL;
}

static void take_out(struct directory *from, const char *name) {
    struct entry *found = find(from, name);
    if (found) *found = from->entries[--from->count];
}

static void change_entries(struct directory *in, const struct entry_change *change) {
    take_out(in, change->gone);
    take_out(in, change->put.name);
    if (!change->put.name[0]) return;
    if (in->count == FILES_MAX) give_up("too many files");
    in->entries[in->count++] = change->put;
}

static struct entry_change entry_change(const char *gone, const char *name, struct file *file) {
    struct entry_change change = {.put.file = file};
    snprintf(change.gone, sizeof change.gone, "%s", gone);
    snprintf(change.put.name, sizeof change.put.name, "%s", name);
    return change;
}

static void change_now(const char *gone, const char *name, struct file *file) {
    pending = allocate(pending, (pending_count + 1) * sizeof *pending);
    pending[pending_count] = entry_change(gone, name, file);
    change_entries(&now, &pending[pending_count++]);
}

static void sync_entries(size_t count) {
    for (size_t i = 0; i < count; i++) change_entries(&durable, &pending[i]);
    pending_count -= count;
    if (pending_count) memmove(pending, pending + count, pending_count * sizeof *pending);
}

void directory_synced(void) { sync_entries(pending_count); }

struct file *file_named(const char *name) {
    struct entry *found = find(&now, name);
    return found ? found->file : NULL;
}

struct file *created(const char *name) {
    struct file *file = new_file();
    change_now("", name, file);
    return file;
}

struct file *adopt(const char *name, const char *path) {
    struct file *file = created(name);
    load(file, path);
    return file;
}

void renamed(const char *from, const char *to) { change_now(from, to, file_named(from)); }

void unlinked(const char *name) { change_now(name, "", NULL); }

/* --- the power cut ----------------------------------------------------------------------------------------------- */

/* The next of a series of numbers that the seed begins (xorshift). */
static unsigned long long chance(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed >> 11;
}

/* A change of which some sectors may be missing. */
static void apply_some(struct file *file, const struct change *change) {
    if (change->truncates) {
        if (chance() % 2) apply(file, change);
        return;
    }
    for (size_t done = 0; done < change->length;) {
        size_t piece = SECTOR - (change->at + done) % SECTOR;
        if (piece > change->length - done) piece = change->length - done;
        if (chance() % 2) put(file, change->at + done, change->bytes + done, piece);
        done += piece;
    }
}

static void lose_power_in(struct file *file) {
    enum { NOTHING, ALL, FIRST, ANY } kept = seed ? chance() % 4 : NOTHING;
    size_t count = 0, whole = 0;
    for (struct change *change = file->first; change; change = change->next) count++;
    if (kept == ALL) whole = count;
    if (kept == FIRST && count) whole = chance() % count;
    for (struct change *change = file->first; change; change = change->next) {
        if (whole > 0) {
            whole--;
            apply(file, change);
        } else if (kept == ANY) {
            apply_some(file, change);
        } else {
            if (kept == FIRST) apply_some(file, change);
            return;
        }
    }
}

static void save(const char *directory, const struct entry *entry) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, entry->name);
    int descriptor = open64_of_libc(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0) give_up("a survivor cannot be made");
    for (size_t at = 0; at < entry->file->size;) {
        ssize_t bytes = write_of_libc(descriptor, entry->file->bytes + at, entry->file->size - at);
        if (bytes <= 0) give_up("a survivor cannot be written");
        at += (size_t)bytes;
    }
    close_of_libc(descriptor);
}

void lose_power(const char *survivors, unsigned long long by_seed) {
    /* Neighbouring seeds shall not begin alike. */
    seed = by_seed * 0x9E3779B97F4A7C15ULL;
    sync_entries(seed && pending_count ? chance() % (pending_count + 1) : 0);
    for (size_t i = 0; i < durable.count; i++) {
        struct entry *entry = &durable.entries[i];
        size_t length = strlen(entry->name);
        if (length >= 4 && strcmp(entry->name + length - 4, "-shm") == 0) continue;
        lose_power_in(entry->file);
        save(survivors, entry);
    }
}
