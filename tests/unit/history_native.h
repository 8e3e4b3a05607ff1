/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history_native.h - the kernel side's pure helpers of histories, compiled for this machine. What
 * stands around them asks for the kernel's types and is never called: the compiler's questions
 * about the running kernel get any answer.
 */
#ifndef TESTS_HISTORY_NATIVE_H
#define TESTS_HISTORY_NATIVE_H

#define __builtin_preserve_access_index(place) (place)
#define __builtin_preserve_field_info(...) 0
#define __builtin_preserve_type_info(...) 0
#define __builtin_preserve_enum_value(...) 0
#define __builtin_btf_type_id(...) 0

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* clang's */
#pragma GCC diagnostic ignored "-Wattributes"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../../bpf/mark.h"
#include "../../bpf/owner_history.h"
#pragma GCC diagnostic pop

#endif
