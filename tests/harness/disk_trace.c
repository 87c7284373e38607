/* Preloaded into a process: writes down, in order, what it does to the files under one folder, and what it says on stdout.

   GADELYS_TRACE is the file of the trace, GADELYS_TRACE_UNDER the folder. A record: a letter, then numbers of 8 bytes in the
   machine's order: number of the file, offset, length; then `length` bytes. disk_replay.py reads it.
     O  a file was opened: its number is new, the bytes are its path     W  bytes were written      T  truncated to `offset`
     S  file synced        D  folder synced (bytes: path)                C  created (bytes: path)
     U  unlinked (path)    R  renamed (two paths, a NUL between)         M  a line on stdout
   Lines of stdout are written down after they were said, all else after it was done; a lock keeps the order of threads. */
#define _GNU_SOURCE
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
#include <sys/types.h>
#include <unistd.h>

#define MOST 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char under[PATH_MAX];
static int64_t known[MOST], last_known;
static int is_folder[MOST];

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static ssize_t plain_write(int fd, const void *from, size_t size) { REAL(write); return real(fd, from, size); }

static void record(char kind, int64_t file, int64_t offset, const void *bytes, int64_t length) {
    if (trace < 0) return;
    char head[25];
    head[0] = kind;
    memcpy(head + 1, &file, 8);
    memcpy(head + 9, &offset, 8);
    memcpy(head + 17, &length, 8);
    if (plain_write(trace, head, 25) != 25 || (length && plain_write(trace, bytes, length) != length)) abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("GADELYS_TRACE"), *folder = getenv("GADELYS_TRACE_UNDER");
    if (!name || !folder) return;
    REAL(open);
    snprintf(under, sizeof under, "%s", folder);
    trace = real(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int ours(const char *path) { return trace >= 0 && !strncmp(path, under, strlen(under)); }

static void opened(int fd, const char *path, int flags, int existed) {
    struct stat status;
    if (fd < 0 || fd >= MOST || !ours(path) || fstat(fd, &status)) return;
    known[fd] = ++last_known;
    is_folder[fd] = S_ISDIR(status.st_mode);
    record('O', known[fd], 0, path, strlen(path));
    if (!existed) record('C', known[fd], 0, path, strlen(path));
    else if (flags & O_TRUNC) record('T', known[fd], 0, "", 0);
}

#define OPEN(name)                                                                                     \
    int name(const char *path, int flags, ...) {                                                       \
        REAL(name);                                                                                    \
        va_list rest;                                                                                  \
        va_start(rest, flags);                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                        \
        va_end(rest);                                                                                  \
        pthread_mutex_lock(&lock);                                                                     \
        int existed = access(path, F_OK) == 0;                                                         \
        int fd = real(path, flags, mode), error = errno;                                               \
        opened(fd, path, flags, existed);                                                                     \
        pthread_mutex_unlock(&lock);                                                                   \
        errno = error;                                                                                 \
        return fd;                                                                                     \
    }
OPEN(open)
OPEN(open64)

int openat(int at, const char *path, int flags, ...) { /* an absolute path, as Python's and SQLite's are */
    REAL(openat);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    pthread_mutex_lock(&lock);
    int existed = access(path, F_OK) == 0;
    int fd = real(at, path, flags, mode), error = errno;
    opened(fd, path, flags, existed);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

int close(int fd) {
    REAL(close);
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < MOST) known[fd] = 0;
    int done = real(fd), error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

#define PWRITE(name, type)                                                                             \
    ssize_t name(int fd, const void *from, size_t size, type offset) {                                 \
        REAL(name);                                                                                    \
        pthread_mutex_lock(&lock);                                                                     \
        ssize_t done = real(fd, from, size, offset);                                                   \
        int error = errno;                                                                             \
        if (done > 0 && fd < MOST && known[fd]) record('W', known[fd], offset, from, done);            \
        pthread_mutex_unlock(&lock);                                                                   \
        errno = error;                                                                                 \
        return done;                                                                                   \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *from, size_t size) {
    pthread_mutex_lock(&lock);
    off_t at = fd >= 0 && fd < MOST && known[fd] ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = plain_write(fd, from, size);
    int error = errno;
    if (done > 0 && fd == 1) record('M', 0, 0, from, done);
    else if (done > 0 && fd >= 0 && fd < MOST && known[fd]) record('W', known[fd], at, from, done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static void synced(int fd, int done) {
    char path[PATH_MAX], link[64];
    if (done || fd < 0 || fd >= MOST || !known[fd]) return;
    if (!is_folder[fd]) { record('S', known[fd], 0, "", 0); return; }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    if (length > 0) record('D', known[fd], 0, path, length);
}

#define SYNC(name)                                                                                     \
    int name(int fd) {                                                                                 \
        REAL(name);                                                                                    \
        pthread_mutex_lock(&lock);                                                                     \
        int done = real(fd), error = errno;                                                            \
        synced(fd, done);                                                                              \
        pthread_mutex_unlock(&lock);                                                                   \
        errno = error;                                                                                 \
        return done;                                                                                   \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, type)                                                                           \
    int name(int fd, type length) {                                                                    \
        REAL(name);                                                                                    \
        pthread_mutex_lock(&lock);                                                                     \
        int done = real(fd, length), error = errno;                                                    \
        if (!done && fd >= 0 && fd < MOST && known[fd]) record('T', known[fd], length, "", 0);         \
        pthread_mutex_unlock(&lock);                                                                   \
        errno = error;                                                                                 \
        return done;                                                                                   \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int unlink(const char *path) {
    REAL(unlink);
    pthread_mutex_lock(&lock);
    int done = real(path), error = errno;
    if (!done && ours(path)) record('U', 0, 0, path, strlen(path));
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    pthread_mutex_lock(&lock);
    int done = real(from, to), error = errno;
    if (!done && ours(from)) {
        char both[2 * PATH_MAX];
        int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
        record('R', 0, 0, both, length);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
