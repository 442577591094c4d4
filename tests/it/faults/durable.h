/* What is durable of one directory (durable.c), and what both parts of the shim need. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The longest name of a file in the directory, with its end. */
enum { NAME_BYTES_MAX = 64 };

/* A file in the directory: not its name. */
struct file;

/* The file of this name as the program sees it; NULL if there is none. */
struct file *file_named(const char *name);
/* Takes in a file that is there already: its bytes are durable as they are at `path`, its name when the directory is. */
struct file *adopt(const char *name, const char *path);

/* What the program did. */
struct file *created(const char *name);
void renamed(const char *from, const char *to);
void unlinked(const char *name);
void written(struct file *file, size_t at, const void *bytes, size_t length);
void truncated(struct file *file, size_t size);
void synced(struct file *file);
void sync_failed(struct file *file);
void directory_synced(void);

/* Writes the files as they are found after a power cut into the directory `survivors`. */
void lose_power(const char *survivors, unsigned long long seed);

/* Ends the process, whose test has failed then. */
_Noreturn void give_up(const char *why);

/* The C library's own functions, behind those of disk.c. */
extern int (*open64_of_libc)(const char *, int, ...);
extern int (*close_of_libc)(int);
extern ssize_t (*write_of_libc)(int, const void *, size_t);
