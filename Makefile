# SPDX-License-Identifier: GPL-2.0-only
# portsentinel: one flat file, in the order that things are made.
#
#   make            build/portsentinel
#   make run        install what is missing, build, run the sensor (as root)
#   make check      install what the tests need, run them all (as root)
#   make help       every target

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= gcc
CLANG ?= clang
# Looked for when it is needed: it may have been installed by then.
BPFTOOL ?= $(shell scripts/find-bpftool || echo bpftool)
# Debian keeps bpftool where an ordinary user's PATH does not lead.
export PATH := $(PATH):/usr/sbin:/sbin
PKG_CONFIG ?= pkg-config
V ?= 0
SAY = @printf '  %-8s %s\n'
Q = @
ifeq ($(V),1)
SAY = @:
Q =
endif

ARCH := $(shell uname -m)
LIBRARIES := libbpf libelf zlib jansson libmnl libpcap openssl libmicrohttpd
WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wvla
CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=gnu17 $(WARNINGS) $(CFLAGS) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ibuild/bpf \
	$(shell $(PKG_CONFIG) --cflags $(LIBRARIES))
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -linih -lpthread
SANITIZE := -fsanitize=address,undefined -fno-omit-frame-pointer
# The name that libbpf's headers have for the machine, for the registers of a kprobe
BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(ARCH)))
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v2 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra \
	-Wno-unused-parameter -idirafter /usr/include/$(ARCH)-linux-gnu
BPF_OBJECTS := $(patsubst bpf/%.bpf.c,build/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
SKELETONS := $(BPF_OBJECTS:.bpf.o=.skel.h)

ROOMS := base model kernel who judge sink view daemon cli
SOURCES := $(foreach room,$(ROOMS),$(wildcard user/$(room)/*.c)) user/main.c
OBJECTS := $(SOURCES:%.c=build/%.o)

# Unit tests link the pure rooms only, built with sanitizers; who/ asks the system by way of
# outside.h, which a test can be.
PURE := $(foreach room,base model who judge sink view,$(wildcard user/$(room)/*.c)) \
	user/kernel/link.c user/kernel/choose.c user/kernel/above.c user/cli/match.c \
	user/cli/arguments.c
PURE_OBJECTS := $(PURE:%.c=build/sanitized/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,build/tests/unit/%,$(wildcard tests/unit/test_*.c))
# Program tests load the real object: everything but main.
PROG_TESTS := $(patsubst tests/prog/%.c,build/tests/prog/%,$(wildcard tests/prog/test_*.c))

.PHONY: all
all: build/portsentinel

# bpf/: C to BPF objects, and each object to a header that carries it
build/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(SAY) BPF $*
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $@.d -c $< -o $@.full
	$(Q)$(BPFTOOL) gen object $@ $@.full

build/bpf/%.skel.h: build/bpf/%.bpf.o
	$(SAY) SKELETON $*
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# user/: the program
$(filter build/user/kernel/%,$(OBJECTS)): | $(SKELETONS)
build/user/%.o: user/%.c Makefile
	$(SAY) CC user/$*
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

build/portsentinel: $(OBJECTS)
	$(SAY) LD $(@F)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LDLIBS) -o $@

# tests/
build/sanitized/%.o: %.c Makefile
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(SANITIZE) -MMD -MP -c $< -o $@

build/libpure.a: $(PURE_OBJECTS)
	$(SAY) AR $(@F)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

build/tests/unit/%: build/sanitized/tests/unit/%.o build/libpure.a
	$(SAY) LD $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(SANITIZE) $^ $(LDLIBS) -lcmocka -o $@

build/tests/prog/%: build/tests/prog/%.o build/tests/prog/frame.o \
		$(filter-out build/user/main.o build/user/cli/%,$(OBJECTS))
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $^ $(LDLIBS) -lcmocka -o $@

build/tests/%.o: tests/%.c Makefile | $(SKELETONS)
	$(SAY) CC tests/$*
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

build/tests/bench/%: build/tests/bench/%.o build/tests/bench/empty.o build/tests/prog/frame.o \
		$(filter-out build/user/main.o build/user/cli/%,$(OBJECTS))
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $^ $(LDLIBS) -o $@

build/tests/kernels/traffic: build/tests/kernels/traffic.o
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $^ -o $@

build/tests/kernels/actor: $(patsubst %.c,build/%.o,$(wildcard tests/kernels/actor*.c tests/kernels/truth*.c))
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $^ -ljansson -lpthread -o $@

build/tests/kernels/trial: $(patsubst %.c,build/%.o,$(wildcard tests/kernels/trial*.c))
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $^ -ljansson -o $@

# The parser alone, under libFuzzer; FUZZ_SECONDS=600 for longer
FUZZ_SECONDS ?= 60
build/tests/fuzz/parse: tests/fuzz/parse.c tests/fuzz/native.h $(wildcard bpf/*.h) Makefile
	$(SAY) FUZZER parse
	$(Q)mkdir -p $(@D)/corpus
	$(Q)$(CLANG) -std=gnu17 -O1 -g -Wall -Wextra -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -fno-sanitize=alignment $< -o $@

.PHONY: tests bench fuzz
fuzz:
	$(Q)scripts/install-dependencies build fuzz
	$(Q)$(MAKE) --no-print-directory build/tests/fuzz/parse
	$(Q)build/tests/fuzz/parse -max_total_time=$(FUZZ_SECONDS) -max_len=600 -print_final_stats=1 \
		build/tests/fuzz/corpus

bench: build/portsentinel build/tests/bench/packet build/tests/bench/cycle
	$(Q)build/tests/bench/packet
	$(Q)build/tests/bench/cycle

tests: build/portsentinel build/tests/kernels/actor build/tests/kernels/trial $(UNIT_TESTS) $(PROG_TESTS)

.PHONY: run check check-kernels check-deps install uninstall clean help
run:
	$(Q)scripts/install-dependencies build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)exec build/portsentinel run $(ARGS)

check:
	$(Q)scripts/install-dependencies build test
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)scripts/run-tests

check-kernels:
	$(Q)scripts/install-dependencies build kernels
	$(Q)$(MAKE) --no-print-directory build/portsentinel $(PROG_TESTS) build/tests/kernels/traffic \
		build/tests/kernels/actor build/tests/kernels/trial
	$(Q)tests/kernels/run

install: build/portsentinel
	install -D -m 0755 build/portsentinel $(DESTDIR)$(PREFIX)/sbin/portsentinel
	install -D -m 0644 scripts/portsentinel.catalog \
		$(DESTDIR)$(PREFIX)/lib/systemd/catalog/portsentinel.catalog
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/|$(PREFIX)/|' scripts/portsentinel.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/portsentinel.service

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/portsentinel \
		$(DESTDIR)$(PREFIX)/lib/systemd/catalog/portsentinel.catalog \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/portsentinel.service

clean:
	rm -rf build

help:
	@echo 'make            build/portsentinel'
	@echo 'make run        install what is missing, build, run the sensor (root); ARGS="--ports 53/udp"'
	@echo 'make check      install what the tests need, build and run them all (root)'
	@echo 'make check-kernels  the same in Debian kernels, 5.10 to the newest, in qemu (root to install)'
	@echo 'make bench      what a packet costs, and what a socket does (root)'
	@echo 'make fuzz       the parser under libFuzzer for FUZZ_SECONDS=60'
	@echo 'make tests      build the tests without running them'
	@echo 'make install    DESTDIR= PREFIX=/usr/local'
	@echo 'make uninstall  the same place'
	@echo 'make clean      remove build/'
	@echo 'V=1 shows the commands'

.SECONDARY:
-include $(shell find build -name '*.d' 2>/dev/null)
