/* criterion/logging.h: what a test may say besides its checks. */
#ifndef SHIM_LOGGING_H
#define SHIM_LOGGING_H

#include <criterion/criterion.h>

#define cr_log_info(...)  shim_log("info", __VA_ARGS__)
#define cr_log_warn(...)  shim_log("warning", __VA_ARGS__)
#define cr_log_error(...) shim_log("error", __VA_ARGS__)

#endif
