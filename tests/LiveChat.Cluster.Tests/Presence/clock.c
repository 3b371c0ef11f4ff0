// The wall clock of a process is what a file says: LIVECHAT_CLOCK names it, and it has eight bytes, the microseconds
// since 1970. The clock by which a process waits is the machine's.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long long *now;

static long long microseconds(void) {
  if (!now) {
    int file = open(getenv("LIVECHAT_CLOCK"), O_RDONLY);
    void *page = mmap(0, sizeof *now, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort();
    close(file);
    now = page;
  }
  return *now;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  long long at = microseconds();
  time->tv_sec = at / 1000000;
  time->tv_usec = at % 1000000;
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (clock != CLOCK_REALTIME) return syscall(SYS_clock_gettime, clock, time);
  long long at = microseconds();
  time->tv_sec = at / 1000000;
  time->tv_nsec = at % 1000000 * 1000;
  return 0;
}

time_t time(time_t *time) {
  time_t at = microseconds() / 1000000;
  if (time) *time = at;
  return at;
}
