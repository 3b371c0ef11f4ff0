/*
 * Preloaded into a server, it makes its disk fail from the moment on at which the file $LIVECHAT_FAULT exists, for
 * files below $LIVECHAT_FAULT_FOLDER. $LIVECHAT_FAULT_KIND says how:
 *   sync-once   one sync fails, as Linux reports it: the next one succeeds although the pages are gone
 *   write-eio   every write fails with EIO
 *   write-full  every write fails with ENOSPC
 * The first failure is noted as "f" in $LIVECHAT_FAULT, and each later sync of a write-ahead log of the message log
 * as "s".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int failed;

static int path_of(int fd, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return 1;
}

static void note(const char *what)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "write");
    int fd = open(getenv("LIVECHAT_FAULT"), O_WRONLY | O_APPEND);
    next(fd, what, 1);
    close(fd);
}

/* Whether the disk is failing by now and the file lies on it. */
static int is_failing(int fd, char *path, size_t size)
{
    const char *trigger = getenv("LIVECHAT_FAULT"), *folder = getenv("LIVECHAT_FAULT_FOLDER");
    return trigger && folder && access(trigger, F_OK) == 0 && path_of(fd, path, size)
        && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_kind(const char *kind)
{
    const char *wanted = getenv("LIVECHAT_FAULT_KIND");
    return wanted && strcmp(wanted, kind) == 0;
}

static int fails_to_write(int fd)
{
    char path[4096];
    int error = is_kind("write-eio") ? EIO : is_kind("write-full") ? ENOSPC : 0;
    if (!error || !is_failing(fd, path, sizeof path))
        return 0;
    if (!__sync_lock_test_and_set(&failed, 1))
        note("f");
    errno = error;
    return 1;
}

static int fails_to_sync(int fd)
{
    char path[4096];
    if (!is_kind("sync-once") || !is_failing(fd, path, sizeof path) || !strstr(path, "/log/") || !strstr(path, ".log"))
        return 0;
    if (__sync_lock_test_and_set(&failed, 1))
    {
        note("s");
        return 0;
    }
    note("f");
    errno = EIO;
    return 1;
}

int fsync(int fd)
{
    static int (*next)(int);
    if (!next)
        next = dlsym(RTLD_NEXT, "fsync");
    return fails_to_sync(fd) ? -1 : next(fd);
}

int fdatasync(int fd)
{
    static int (*next)(int);
    if (!next)
        next = dlsym(RTLD_NEXT, "fdatasync");
    return fails_to_sync(fd) ? -1 : next(fd);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "write");
    return fails_to_write(fd) ? -1 : next(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "pwrite");
    return fails_to_write(fd) ? -1 : next(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next)
        next = dlsym(RTLD_NEXT, "pwrite64");
    return fails_to_write(fd) ? -1 : next(fd, bytes, length, offset);
}
