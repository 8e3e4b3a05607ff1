/* SPDX-License-Identifier: GPL-2.0-only */
/* attach_mode.h - the ways a program can be attached, and numbers that older headers lack. */
#ifndef KERNEL_ATTACH_MODE_H
#define KERNEL_ATTACH_MODE_H

enum attach_mode {
	ATTACH_NONE,
	ATTACH_XDP_NATIVE,
	ATTACH_XDP_GENERIC,
	ATTACH_TCX,
	ATTACH_CLSACT,
};

/* "xdp-native", "tcx", ... Static. */
const char *attach_mode_word(unsigned int mode);

/* include/uapi/linux/bpf.h of 6.6 */
#define ATTACH_TYPE_TCX_INGRESS 46
#define ATTACH_TYPE_TCX_EGRESS 47
#define ATTACH_BEFORE_ALL (1U << 3) /* BPF_F_BEFORE, relative to nothing: at the head */

#endif
