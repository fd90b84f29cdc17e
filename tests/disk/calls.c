/* The calls that unsynced.so is put before: each does what it says, and tells the copy. */
#include "unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 65536

static struct file *file_of[MOST_DESCRIPTORS];
static char is_folder[MOST_DESCRIPTORS];
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

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

static int open_both(const char *path, int flags, va_list arguments) {
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
    find_all();
    return opened(real_open(path, flags, mode));
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int fd = open_both(path, flags, arguments);
    va_end(arguments);
    return fd;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int fd = open_both(path, flags, arguments);
    va_end(arguments);
    return fd;
}

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

static int sync_slowly(int fd) {
    if (slow_us == 0)
        return real_fsync(fd);
    pthread_mutex_lock(&disk);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    next.tv_nsec += slow_us * 1000;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
        ;
    pthread_mutex_unlock(&disk);
    return 0;
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

/* The inode that a path is the last name of, 0 if it is not. */
static ino_t last_name(const char *path) {
    struct stat status;
    return watching && lstat(path, &status) == 0 && status.st_nlink == 1 ? status.st_ino : 0;
}

int unlink(const char *path) {
    find_all();
    ino_t gone = last_name(path);
    int result = real_unlink(path);
    if (result == 0)
        forget(gone);
    return result;
}

int rename(const char *from, const char *to) {
    find_all();
    ino_t gone = last_name(to), moved = last_name(from);
    int result = real_rename(from, to);
    if (result == 0 && gone != moved)
        forget(gone);
    return result;
}
