/* What the copy (unsynced.c) and the calls (calls.c) of unsynced.so have in common. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sys/types.h>

/* None of these names is another program's business. */
#pragma GCC visibility push(hidden)

#define MOST_RANGES 1024

struct range {
    off_t from, to;
};

/* A file of the folder, by its inode; `number` is its name in the copy, and never used again. */
struct file {
    ino_t inode;
    int number;
    int copy;
    off_t bytes; /* as of the last write that was seen */
    struct range dirty[MOST_RANGES];
    int ranges;
};

/* The folder, without a slash at the end. */
extern char folder[PATH_MAX];
/* Whether there is one; whether an fsync does nothing; how long it takes, 0 for the disk's own time. */
extern int watching, ignoring;
extern long slow_us;
/* Held by whoever writes to the folder's files, or to the copy. */
extern pthread_mutex_t all;

/* The system's own. */
extern int (*real_open)(const char *, int, ...);
extern int (*real_close)(int);
extern ssize_t (*real_write)(int, const void *, size_t);
extern ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
extern int (*real_ftruncate)(int, off_t);
extern int (*real_fsync)(int);
extern int (*real_rename)(const char *, const char *);
extern int (*real_unlink)(const char *);
void find_all(void);

/* The file behind a descriptor, a new one if its inode has not been seen; NULL if it is no file. */
struct file *file_behind(int fd);
/* These bytes of it were written, and are not safe yet. */
void mark(struct file *file, off_t from, off_t to);
/* All that was written to it is safe now. */
void copy_dirty(int fd, struct file *file);
/* The names that are in the folder now are safe. */
void copy_names(void);
/* An inode that has lost its last name: its number may be another file's soon. */
void forget(ino_t inode);

#pragma GCC visibility pop
