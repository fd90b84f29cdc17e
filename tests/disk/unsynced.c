/* unsynced.so, for LD_PRELOAD: what a power cut would leave of one folder.
 *
 * A killed process leaves the page cache whole, so a program that never syncs loses nothing by SIGKILL. This library keeps,
 * beside the folder, a second copy that gets only what was synced: whoever puts it in the folder's place after a kill has
 * what a disk may hold after the power failed, with every write lost that no fsync had ended.
 *
 *   UNSYNCED_FOLDER   the folder; its files, not its subfolders
 *   UNSYNCED_COPY     where the copy goes: `names`, lines of "NUMBER NAME", and files `NUMBER`; an empty folder at the start
 *   UNSYNCED_IGNORE   if set, fsync does nothing, as with SQLite's `synchronous = OFF`
 *   UNSYNCED_SLOW     microseconds that an fsync takes, one after the other, as on one slow disk; the real one is left out
 *
 * At the start all that is in the folder counts as synced. A file's bytes are safe once the file is synced, its name (a new
 * one, or that it is gone) once the folder is: stricter than ext4, as POSIX allows. What a killed fsync had copied so far is
 * in the copy: so may it be on a disk. Not seen, since neither SQLite nor the server's own files come that way: writes through
 * mmap (but of SQLite's -shm file, which it makes anew), writev, copy_file_range, openat and descriptors that were duplicated.
 */
#include "unsynced.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 256

static struct file *files[MOST_FILES];
static char copy_folder[PATH_MAX];
static int numbers;

char folder[PATH_MAX];
int watching, ignoring;
long slow_us;
pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;

int (*real_open)(const char *, int, ...);
int (*real_close)(int);
ssize_t (*real_write)(int, const void *, size_t);
ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
int (*real_ftruncate)(int, off_t);
int (*real_fsync)(int);
int (*real_rename)(const char *, const char *);
int (*real_unlink)(const char *);

/* A copy that is not what it says would let a test pass. */
static void give_up(const char *what) {
    fprintf(stderr, "unsynced: %s: %s\n", what, strerror(errno));
    abort();
}

static void find(void *function, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        give_up(name);
    memcpy(function, &found, sizeof found);
}

void find_all(void) {
    if (real_unlink != NULL)
        return;
    find(&real_open, "open64");
    find(&real_close, "close");
    find(&real_write, "write");
    find(&real_pwrite, "pwrite64");
    find(&real_ftruncate, "ftruncate64");
    find(&real_fsync, "fsync");
    find(&real_rename, "rename");
    find(&real_unlink, "unlink");
}

void mark(struct file *file, off_t from, off_t to) {
    if (from >= to)
        return;
    struct range *last = file->ranges > 0 ? &file->dirty[file->ranges - 1] : NULL;
    if (last != NULL && from <= last->to && to >= last->from) {
        last->from = from < last->from ? from : last->from;
        last->to = to > last->to ? to : last->to;
    } else if (file->ranges < MOST_RANGES) {
        file->dirty[file->ranges++] = (struct range){from, to};
    } else {
        file->dirty[0] = (struct range){0, LLONG_MAX};
        file->ranges = 1;
    }
}

void copy_dirty(int from, struct file *file) {
    static char piece[1 << 16];
    struct stat now;
    if (fstat(from, &now) != 0)
        give_up("fstat");
    for (int i = 0; i < file->ranges; i++) {
        off_t at = file->dirty[i].from, to = file->dirty[i].to < now.st_size ? file->dirty[i].to : now.st_size;
        while (at < to) {
            size_t most = to - at < (off_t)sizeof piece ? (size_t)(to - at) : sizeof piece;
            ssize_t read = pread(from, piece, most, at);
            if (read <= 0 || real_pwrite(file->copy, piece, (size_t)read, at) != read)
                give_up("copying what was synced");
            at += read;
        }
    }
    if (real_ftruncate(file->copy, now.st_size) != 0)
        give_up("copying a length");
    file->ranges = 0;
    file->bytes = now.st_size;
}

struct file *file_behind(int fd) {
    struct stat status;
    char name[PATH_MAX + 16];
    int free_place = -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    for (int i = 0; i < MOST_FILES; i++) {
        if (files[i] != NULL && files[i]->inode == status.st_ino)
            return files[i];
        if (files[i] == NULL && free_place < 0)
            free_place = i;
    }
    struct file *file = free_place < 0 ? NULL : calloc(1, sizeof *file);
    if (file == NULL)
        give_up("too many files");
    file->inode = status.st_ino;
    file->number = ++numbers;
    file->bytes = status.st_size;
    snprintf(name, sizeof name, "%s/%d", copy_folder, file->number);
    file->copy = real_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->copy < 0)
        give_up(name);
    files[free_place] = file;
    return file;
}

/* Calls for each file of the folder, with its name and a descriptor. */
static void each(void (*call)(FILE *, const char *, int), FILE *list) {
    DIR *entries = opendir(folder);
    if (entries == NULL)
        give_up("listing the folder");
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[PATH_MAX + 256];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        int fd = entry->d_type == DT_REG ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        call(list, entry->d_name, fd);
        real_close(fd);
    }
    closedir(entries);
}

static void write_name(FILE *list, const char *name, int fd) {
    fprintf(list, "%d %s\n", file_behind(fd)->number, name);
}

static void copy_all(FILE *list, const char *name, int fd) {
    struct file *file = file_behind(fd);
    (void)list, (void)name;
    mark(file, 0, LLONG_MAX);
    copy_dirty(fd, file);
}

/* Readers of `names` find the old list or this one. */
void copy_names(void) {
    char draft[PATH_MAX + 16], final[PATH_MAX + 16];
    snprintf(draft, sizeof draft, "%s/names.new", copy_folder);
    snprintf(final, sizeof final, "%s/names", copy_folder);
    FILE *list = fopen(draft, "we");
    if (list == NULL)
        give_up(draft);
    each(write_name, list);
    if (fclose(list) != 0 || real_rename(draft, final) != 0)
        give_up(final);
}

__attribute__((constructor)) static void start(void) {
    const char *under = getenv("UNSYNCED_FOLDER"), *to = getenv("UNSYNCED_COPY"), *slow = getenv("UNSYNCED_SLOW");
    find_all();
    slow_us = slow == NULL ? 0 : atol(slow);
    ignoring = getenv("UNSYNCED_IGNORE") != NULL;
    if (under == NULL || to == NULL)
        return;
    if (realpath(under, folder) == NULL || realpath(to, copy_folder) == NULL)
        give_up("a folder that was named");
    each(copy_all, NULL);
    copy_names();
    watching = 1;
}

/* The copy stays: its name may still be safe. */
void forget(ino_t inode) {
    pthread_mutex_lock(&all);
    for (int i = 0; i < MOST_FILES && inode != 0; i++) {
        if (files[i] != NULL && files[i]->inode == inode)
            files[i]->inode = 0;
    }
    pthread_mutex_unlock(&all);
}
