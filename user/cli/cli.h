/* SPDX-License-Identifier: GPL-2.0-only */
/* cli.h - the command line, whole. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Returns the exit status. */
int cli_main(int argc, char **argv);

#endif
