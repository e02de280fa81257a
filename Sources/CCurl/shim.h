#ifndef RELAY_CCURL_SHIM_H
#define RELAY_CCURL_SHIM_H
#include <curl/curl.h>
#ifdef __linux__
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Swift cannot call C's variadic functions: one wrapper a kind of argument, and nothing else, stands here.
static inline CURLcode relay_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_set_write(CURL *easy, CURLoption option, curl_write_callback value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_set_progress(CURL *easy, CURLoption option, curl_xferinfo_callback value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode relay_curl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}
#ifdef __linux__
// The system call itself, which is variadic: the library's own function is hidden from whoever does not ask for GNU's names.
static inline long relay_statx(const char *path, unsigned mask, struct statx *found) {
  return syscall(SYS_statx, AT_FDCWD, path, 0, mask, found);
}
#endif
#endif
