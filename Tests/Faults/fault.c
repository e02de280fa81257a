// Loaded before a program (LD_PRELOAD), it lets one call of its that changes a file fail, or kills the program there. Calls are
// counted over all threads, so that every one has a number.
//
//   FAULT_UNDER  what counts: files whose path begins with one of these, with ':' between them, and their folders' flushes
//   FAULT_KIND   kill (before the call), torn (in the middle of a write), EIO, ENOSPC, count (nothing fails)
//   FAULT_AT     the number of the call, from 1; with a '+' behind it also every later one
//   FAULT_LOG    where it says what it counted and did, a line each
//   FAULT_CLOCK  seconds by which the machine's clock seems to be ahead
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { writes = 1, flushes = 2, names = 4, sends = 8, makes = 16 };
static enum { off, count, kill_it, torn, eio, enospc } kind;
static long at, ahead;
static int is_lasting;
static const char *under, *log_path;
static atomic_long seen;

__attribute__((constructor)) static void begin(void) {
  const char *words[] = {"off", "count", "kill", "torn", "EIO", "ENOSPC"}, *asked = getenv("FAULT_KIND");
  for (int i = 1; asked && i < 6; i++) if (!strcmp(asked, words[i])) kind = i;
  const char *number = getenv("FAULT_AT"), *clock = getenv("FAULT_CLOCK");
  at = number ? atol(number) : 0, is_lasting = number && strchr(number, '+'), ahead = clock ? atol(clock) : 0;
  under = getenv("FAULT_UNDER"), log_path = getenv("FAULT_LOG");
  if (!under || !log_path) kind = off;
}

static void say(const char *what, long number, const char *call, const char *path) {
  char line[PATH_MAX + 64];
  int size = snprintf(line, sizeof line, "%s %ld %s %s\n", what, number, call, path);
  int log = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  syscall(SYS_write, log, line, size);
  syscall(SYS_close, log);
}

static int concerns(int what, const char *path) {
  size_t length = strlen(path);
  for (const char *one = under; *one;) {
    size_t size = strcspn(one, ":");
    if (length >= size && !strncmp(path, one, size)) return 1;
    // The flush of a folder makes the names in it last.
    if (what == flushes && size > length && one[length] == '/' && !strncmp(path, one, length)
        && !memchr(one + length + 1, '/', size - length - 1)) return 1;
    one += size + (one[size] == ':');
  }
  return 0;
}

// Whether this call is the one. A program that is to be killed does not come back from here, unless it dies in the middle.
static int fails(int what, const char *call, const char *path) {
  int most = kind == torn ? writes : kind == enospc ? writes | makes : kind == eio ? ~sends : ~0;
  if (kind == off || !(what & most) || (what != sends && !concerns(what, path))) return 0;
  long number = atomic_fetch_add(&seen, 1) + 1;
  if (kind == count) { say(what == sends ? "send" : what == writes ? "write" : what == makes ? "make" : "other", number, call, path); return 0; }
  if (is_lasting ? number < at : number != at) return 0;
  say("happened", number, call, path);
  if (kind == kill_it) for (;;) syscall(SYS_kill, getpid(), SIGKILL);
  errno = kind == enospc ? ENOSPC : EIO;
  return 1;
}

static int fails_at(int what, const char *call, int file) {
  if (kind == off) return 0;
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  long size = syscall(SYS_readlink, name, path, sizeof path - 1);
  path[size < 0 ? 0 : size] = 0;
  return fails(what, call, path);
}

#define REAL(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))
// Half of a write is there when the program dies in it.
#define HALF(written) do { if (kind == torn) { (void)!(written); for (;;) syscall(SYS_kill, getpid(), SIGKILL); } } while (0)

ssize_t write(int file, const void *bytes, size_t size) {
  if (fails_at(writes, "write", file)) { HALF(syscall(SYS_write, file, bytes, size / 2)); return -1; }
  return syscall(SYS_write, file, bytes, size);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) {
  if (fails_at(writes, "pwrite", file)) { HALF(syscall(SYS_pwrite64, file, bytes, size / 2, place)); return -1; }
  return syscall(SYS_pwrite64, file, bytes, size, place);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place) { return pwrite(file, bytes, size, place); }
ssize_t writev(int file, const struct iovec *parts, int number) {
  if (fails_at(writes, "writev", file)) { HALF(syscall(SYS_writev, file, parts, 1)); return -1; }
  return REAL(writev)(file, parts, number);
}
int fsync(int file) { return fails_at(flushes, "fsync", file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return fails_at(flushes, "fdatasync", file) ? -1 : REAL(fdatasync)(file); }
int ftruncate(int file, off_t size) { return fails_at(names, "ftruncate", file) ? -1 : syscall(SYS_ftruncate, file, size); }
int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }
int fallocate(int file, int mode, off_t from, off_t size) {
  return fails_at(makes, "fallocate", file) ? -1 : syscall(SYS_fallocate, file, mode, from, size);
}
int posix_fallocate(int file, off_t from, off_t size) {
  return fails_at(makes, "fallocate", file) ? errno : REAL(posix_fallocate)(file, from, size);
}
int rename(const char *from, const char *to) { return fails(names, "rename", from) ? -1 : REAL(rename)(from, to); }
int link(const char *from, const char *to) { return fails(makes, "link", to) ? -1 : REAL(link)(from, to); }
int unlink(const char *path) { return fails(names, "unlink", path) ? -1 : REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { return fails(makes, "mkdir", path) ? -1 : REAL(mkdir)(path, mode); }
int fchmod(int file, mode_t mode) { return fails_at(names, "fchmod", file) ? -1 : REAL(fchmod)(file, mode); }
int chmod(const char *path, mode_t mode) { return fails(names, "chmod", path) ? -1 : REAL(chmod)(path, mode); }

int open(const char *path, int how, ...) {
  va_list more;
  va_start(more, how);
  mode_t mode = how & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  // Only what makes a file changes one.
  if (how & O_CREAT && faccessat(AT_FDCWD, path, F_OK, 0) && fails(makes, "open", path)) return -1;
  return syscall(SYS_openat, AT_FDCWD, path, how, mode);
}
int open64(const char *path, int how, ...) __attribute__((alias("open")));

ssize_t send(int socket, const void *bytes, size_t size, int how) {
  return fails(sends, "send", "") ? -1 : REAL(send)(socket, bytes, size, how);
}
ssize_t sendmsg(int socket, const struct msghdr *message, int how) {
  return fails(sends, "sendmsg", "") ? -1 : REAL(sendmsg)(socket, message, how);
}

// Not through the kernel's page that needs no call: what others read there is not what this program reads.
int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = syscall(SYS_clock_gettime, clock, now);
  if (!result && clock == CLOCK_REALTIME) now->tv_sec += ahead;
  return result;
}
time_t time(time_t *now) {
  struct timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  if (now) *now = real.tv_sec;
  return real.tv_sec;
}
int gettimeofday(struct timeval *now, void *zone) {
  struct timespec real;
  (void)zone, clock_gettime(CLOCK_REALTIME, &real);
  now->tv_sec = real.tv_sec, now->tv_usec = real.tv_nsec / 1000;
  return 0;
}
