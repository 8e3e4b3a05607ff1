/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * service.h - the name that IANA's service registry gives a port. Systems' own services files
 * have neither 3409 nor 3410, so those rows are built in; the rest comes from getservbyport(3).
 */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include <stdint.h>

#include "../../bpf/abi.h"

/* The service name; NULL when the port has none. Valid until the next call. */
const char *service_name(uint16_t port, enum protocol protocol);

/* IANA's description; NULL when not built in. Static. */
const char *service_description(uint16_t port, enum protocol protocol);

#endif
