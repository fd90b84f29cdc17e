/* unsynced.so, for LD_PRELOAD: what a power cut would leave of one folder.
 *
 * A killed process leaves the page cache whole, so a program that never syncs loses nothing by SIGKILL. This library keeps,
 * beside the folder, a second copy that gets only what was synced: whoever puts it in the folder's place after a kill has
 * what a disk may hold after the power failed, with every write lost that no fsync had ended.
 *
 *   UNSYNCED_FOLDER   the folder; its files, not its subfolders
 *   UNSYNCED_COPY     where the copy goes: `names`, lines of "NUMBER NAME", and files `NUMBER`; an empty folder at the start
 *   UNSYNCED_IGNORE   if set, fsync does nothing, as with SQLite's `synchronous = OFF`
 *   UNSYNCED_SLOW     microseconds that an fsync takes at least, one after the other, as on one slow disk
 *
 * At the start all that is in the folder counts as synced. A file's bytes are safe once the file is synced, its name (a new
 * one, or that it is gone) once the folder is: stricter than ext4, as POSIX allows. What a killed fsync had copied so far is
 * in the copy: so may it be on a disk. Not seen: writes through mmap (SQLite's -shm file, which it makes anew), through
 * descriptors that were duplicated, and copy_file_range.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST_FILES 256
#define MOST_DESCRIPTORS 65536
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

static struct file *files[MOST_FILES];
static struct file *file_of[MOST_DESCRIPTORS];
static char is_folder[MOST_DESCRIPTORS];
static char folder[PATH_MAX], copy_folder[PATH_MAX];
static int numbers, watching, ignoring;
static long slow_us;
static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER, disk = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_unlink)(const char *);

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

static void find_all(void) {
    if (real_unlink != NULL)
        return;
    find(&real_open, "open64");
    find(&real_openat, "openat64");
    find(&real_close, "close");
    find(&real_write, "write");
    find(&real_writev, "writev");
    find(&real_pwrite, "pwrite64");
    find(&real_ftruncate, "ftruncate64");
    find(&real_fsync, "fsync");
    find(&real_unlink, "unlink");
}

static void mark(struct file *file, off_t from, off_t to) {
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

static void copy_dirty(int from, struct file *file) {
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

/* The file behind a descriptor, a new one if its inode has not been seen. */
static struct file *file_behind(int fd) {
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

/* The names that are in the folder now are safe. Readers of `names` find the old list or this one. */
static void copy_names(void) {
    char draft[PATH_MAX + 16], final[PATH_MAX + 16];
    snprintf(draft, sizeof draft, "%s/names.new", copy_folder);
    snprintf(final, sizeof final, "%s/names", copy_folder);
    FILE *list = fopen(draft, "we");
    DIR *entries = opendir(folder);
    if (list == NULL || entries == NULL)
        give_up("listing the folder");
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        int fd = entry->d_type == DT_REG ? real_openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC) : -1;
        struct file *file = fd < 0 ? NULL : file_behind(fd);
        if (file != NULL)
            fprintf(list, "%d %s\n", file->number, entry->d_name);
        if (fd >= 0)
            real_close(fd);
    }
    closedir(entries);
    if (fclose(list) != 0 || rename(draft, final) != 0)
        give_up("writing the names");
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
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        int fd = entry->d_type == DT_REG ? real_openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        struct file *file = file_behind(fd);
        mark(file, 0, LLONG_MAX);
        copy_dirty(fd, file);
        real_close(fd);
    }
    closedir(entries);
    copy_names();
    watching = 1;
}

static int opened(int fd) {
    char link[64], path[PATH_MAX];
    if (!watching || fd < 0 || fd >= MOST_DESCRIPTORS)
        return fd;
    int error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    size_t prefix = strlen(folder);
    pthread_mutex_lock(&all);
    is_folder[fd] = strcmp(path, folder) == 0;
    file_of[fd] = NULL;
    if (strncmp(path, folder, prefix) == 0 && path[prefix] == '/' && strchr(path + prefix + 1, '/') == NULL) {
        struct stat now;
        struct file *file = file_of[fd] = file_behind(fd);
        /* O_TRUNC */
        if (file != NULL && fstat(fd, &now) == 0 && now.st_size < file->bytes) {
            mark(file, now.st_size, file->bytes);
            file->bytes = now.st_size;
        }
    }
    pthread_mutex_unlock(&all);
    errno = error;
    return fd;
}

static int mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
}

#define OPEN(name)                                             \
    int name(const char *path, int flags, ...) {               \
        va_list arguments;                                     \
        va_start(arguments, flags);                            \
        int mode = mode_of(flags, arguments);                  \
        va_end(arguments);                                     \
        find_all();                                            \
        return opened(real_open(path, flags, mode));           \
    }
#define OPENAT(name)                                           \
    int name(int at, const char *path, int flags, ...) {       \
        va_list arguments;                                     \
        va_start(arguments, flags);                            \
        int mode = mode_of(flags, arguments);                  \
        va_end(arguments);                                     \
        find_all();                                            \
        return opened(real_openat(at, path, flags, mode));     \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    find_all();
    /* Sockets are closed all the time, and none shall wait for an fsync. */
    if (watching && fd >= 0 && fd < MOST_DESCRIPTORS && (file_of[fd] != NULL || is_folder[fd])) {
        pthread_mutex_lock(&all);
        file_of[fd] = NULL;
        is_folder[fd] = 0;
        pthread_mutex_unlock(&all);
    }
    return real_close(fd);
}

static int is_watched(int fd) {
    return watching && fd >= 0 && fd < MOST_DESCRIPTORS && file_of[fd] != NULL;
}

/* Marked while `all` is held, as the write itself was done: an fsync between the two would not know of it. */
static void wrote(int fd, off_t at, ssize_t bytes) {
    struct file *file = file_of[fd];
    if (bytes <= 0)
        return;
    /* A hole before it reads as zeros. */
    mark(file, at < file->bytes ? at : file->bytes, at + bytes);
    if (at + bytes > file->bytes)
        file->bytes = at + bytes;
}

static ssize_t pwrite_both(int fd, const void *bytes, size_t length, off_t at) {
    find_all();
    if (!is_watched(fd))
        return real_pwrite(fd, bytes, length, at);
    pthread_mutex_lock(&all);
    ssize_t written = real_pwrite(fd, bytes, length, at);
    wrote(fd, at, written);
    pthread_mutex_unlock(&all);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite_both(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    return pwrite_both(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    find_all();
    if (!is_watched(fd))
        return real_write(fd, bytes, length);
    pthread_mutex_lock(&all);
    ssize_t written = real_write(fd, bytes, length);
    wrote(fd, lseek(fd, 0, SEEK_CUR) - (written > 0 ? written : 0), written);
    pthread_mutex_unlock(&all);
    return written;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    find_all();
    if (!is_watched(fd))
        return real_writev(fd, pieces, count);
    pthread_mutex_lock(&all);
    ssize_t written = real_writev(fd, pieces, count);
    wrote(fd, lseek(fd, 0, SEEK_CUR) - (written > 0 ? written : 0), written);
    pthread_mutex_unlock(&all);
    return written;
}

static int truncate_both(int fd, off_t length) {
    find_all();
    if (!is_watched(fd))
        return real_ftruncate(fd, length);
    pthread_mutex_lock(&all);
    int result = real_ftruncate(fd, length);
    if (result == 0) {
        struct file *file = file_of[fd];
        mark(file, length < file->bytes ? length : file->bytes, length < file->bytes ? file->bytes : length);
        file->bytes = length;
    }
    pthread_mutex_unlock(&all);
    return result;
}

int ftruncate(int fd, off_t length) {
    return truncate_both(fd, length);
}

int ftruncate64(int fd, off_t length) {
    return truncate_both(fd, length);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int sync_slowly(int fd) {
    if (slow_us == 0)
        return real_fsync(fd);
    pthread_mutex_lock(&disk);
    int64_t begun = now_us();
    int result = real_fsync(fd);
    int64_t left = slow_us - (now_us() - begun);
    if (left > 0)
        usleep((useconds_t)left);
    pthread_mutex_unlock(&disk);
    return result;
}

static int sync_both(int fd) {
    find_all();
    if (ignoring)
        return 0;
    if (!is_watched(fd) && !(watching && fd >= 0 && fd < MOST_DESCRIPTORS && is_folder[fd]))
        return sync_slowly(fd);
    /* Nobody writes meanwhile: what came too late for this fsync would be taken for safe. Copied at its end, so that who
     * does not wait for it is found out. */
    pthread_mutex_lock(&all);
    int result = sync_slowly(fd);
    if (result == 0 && is_folder[fd])
        copy_names();
    else if (result == 0)
        copy_dirty(fd, file_of[fd]);
    pthread_mutex_unlock(&all);
    return result;
}

int fsync(int fd) {
    return sync_both(fd);
}

int fdatasync(int fd) {
    return sync_both(fd);
}

int unlink(const char *path) {
    struct stat before;
    find_all();
    int known = watching && lstat(path, &before) == 0 && before.st_nlink == 1;
    int result = real_unlink(path);
    if (result == 0 && known) {
        pthread_mutex_lock(&all);
        /* Its number may be another file's soon. The copy stays: the name may still be safe. */
        for (int i = 0; i < MOST_FILES; i++) {
            if (files[i] != NULL && files[i]->inode == before.st_ino) {
                files[i]->inode = 0;
            }
        }
        pthread_mutex_unlock(&all);
    }
    return result;
}
