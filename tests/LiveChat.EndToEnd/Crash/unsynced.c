/* Preloaded into a server, it makes every request to sync a lie: the proof that the power-cut test can fail. */
#define _GNU_SOURCE
#include <sys/types.h>

int fsync(int fd) { (void)fd; return 0; }
int fdatasync(int fd) { (void)fd; return 0; }
int sync_file_range(int fd, off64_t offset, off64_t bytes, unsigned int flags)
{
    (void)fd; (void)offset; (void)bytes; (void)flags;
    return 0;
}
int msync(void *address, size_t length, int flags)
{
    (void)address; (void)length; (void)flags;
    return 0;
}
