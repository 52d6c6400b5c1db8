# SPDX-License-Identifier: GPL-2.0
#
# Front door: packages, kernel source, configuration, kernel, root image, tests.  The work is done by
# scripts/ and by the kernel's own kbuild, which gets every target that is not named here.
# "make help" tells the rest.

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := all

top   := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
build := $(top)/build

ifneq ($(words $(top)),1)
$(error The path of this directory must not contain blanks: "$(top)")
endif
ifneq ($(findstring :,$(top)),)
$(error The path of this directory must not contain colons: "$(top)")
endif

# --- What a user may set ----------------------------------------------------------------------------

KDIR      ?=#                   use this Linux 6.12.y tree instead of Debian's linux-source-6.12
DEFCONFIG ?= x86_64_defconfig# the first configuration (a file of arch/um/configs)
MEM       ?= 512M#              guest memory of "make run"
ARGS      ?=#                   more words for the kernel command line of "make run" and "make check"
DISK      ?= $(top)/root.img#   the disk of "make run"; made from the cached image if it is not there
TESTS     ?=#                   run only these test files in "make check"
PREFIX    ?= /usr/local
DESTDIR   ?=
SELFTESTS ?=#                   options of tests/selftests/run-selftests in "make check-selftests"
MUTANTS   ?=#                   options of tests/attack/run-mutants in "make check-attack-mutants"
DEPS      ?= yes#               "no": do not look for missing packages
V         ?= 0
override KDIR := $(strip $(KDIR))

# --- kbuild -----------------------------------------------------------------------------------------

ifneq ($(KDIR),)
src      := $(build)/kdir/linux
O        ?= $(build)/kdir/obj
srcflags := --kdir $(KDIR)
pkgs     := build
else
src      := $(build)/linux
O        ?= $(build)/obj
srcflags :=
pkgs     := build source
endif
override O := $(abspath $(O))

# Expanded in recipes, where MAKEFLAGS shows a -j of the user.
jobs      = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
compiler :=
ifeq ($(LLVM)$(filter-out default file undefined,$(origin CC) $(origin HOSTCC)),)
ifneq ($(shell command -v ccache),)
compiler := CC="ccache gcc" HOSTCC="ccache gcc"
endif
endif
kbuild    = +$(MAKE) $(jobs) -C $(src) O=$(O) ARCH=um SUBARCH=x86 LOCALVERSION= V=$(V) $(compiler)
Q        := $(if $(filter 1 2,$(V)),,@)

# --- Steps ------------------------------------------------------------------------------------------

kernel := $(top)/linux
image  := $(build)/root.img
disk   := $(abspath $(DISK))

# All packages that the goals need come first: what can fail for want of one fails early.
goals := $(or $(MAKECMDGOALS),all)
pkgs  += $(if $(filter %menuconfig nconfig,$(goals)),menu)
pkgs  += $(if $(filter run image root.img check check-selftests,$(goals)),image)
pkgs  += $(if $(filter tools install check check-selftests,$(goals)),tools)
pkgs  += $(if $(filter check,$(goals)),check)
pkgs  += $(if $(filter check-selftests,$(goals)),selftests)

# How many steps there are and which of them is the root image.
steps      := 4
image_step := 2
ifneq ($(filter run,$(goals)),)
steps      := 6
image_step := 5
else ifneq ($(filter check,$(goals)),)
steps      := 7
image_step := 5
else ifneq ($(filter check-selftests,$(goals)),)
steps      := 4
image_step := 3
else ifeq ($(filter-out image root.img,$(goals)),)
steps      := 2
endif

# How long the kernel will take is known only by what is there already.
kernel_time = $(if $(wildcard $(O)/vmlinux),up to a minute after small changes,about 8 minutes the first time)

.PHONY: all run check check-selftests check-attack-mutants install clean distclean help deps source config kernel image tests tools uml-menuconfig

all: kernel

deps:
ifneq ($(DEPS),no)
	@$(top)/scripts/install-deps --label "[1/$(steps)]" $(pkgs)
endif

source: deps
	@$(top)/scripts/unpack-kernel --label "[2/$(steps)]" $(srcflags)

config: source
	@+$(top)/scripts/configure $(O) $(top)/arch/um/configs/$(DEFCONFIG) "[3/$(steps)]" \
		$(kbuild:+%=%)

# The default target of kbuild makes the binary and, when configured, the modules.
kernel: config
	@echo "[4/$(steps)] kernel: building ($(kernel_time))"
	$(Q)$(kbuild) all
	@test -x $(O)/linux || { echo "make: kbuild made no $(O)/linux" >&2; exit 1; }
	@if ! [ $(kernel) -ef $(O)/linux ]; then \
		ln -f $(O)/linux $(kernel) 2>/dev/null || \
		{ rm -f $(kernel); cp $(O)/linux $(kernel); }; fi
ifeq ($(filter run check install,$(MAKECMDGOALS)),)
	@echo "The kernel is ./linux.  \"make run\" boots a Debian with it; \"./linux --help\" lists its options."
endif

image: deps
	@$(top)/scripts/make-rootimg --label "[$(image_step)/$(steps)]" --output $(image)

# The disk is the user's: made once from the cached image, never overwritten.
ifeq ($(wildcard $(disk)),)
$(disk): | image
	@cp --sparse=always --reflink=auto $(image) $@.new && mv $@.new $@
endif

boot = mem=$(MEM) ubd0=$(disk) root=/dev/ubd0 con0=fd:0,fd:1 con=null $(ARGS)

run: kernel $(disk)
	@echo "[6/6] booting: ./linux $(boot)"
	@echo '      ("poweroff" leaves; what you change stays on that disk: remove it for a fresh one)'
	@$(kernel) $(boot)

tools: deps
	@+$(MAKE) -s $(jobs) -C $(top)/tools OUT=$(build)/tools

# --- Tests ------------------------------------------------------------------------------------------

# What test programs may rely on in their environment.
export UM_TOP := $(top)
export UM_LINUX := $(kernel)
export UM_ROOT_IMG := $(image)
export UM_SRC := $(src)
export UM_OBJ := $(O)
export UM_ARGS := $(ARGS)

all_tests  = $(wildcard $(top)/scripts/check-*) $(sort $(wildcard $(top)/tests/*/*.t))
tap        = $(build)/tap
some_tests = $(patsubst $(top)/%,%,$(or $(TESTS),$(all_tests)))

tests:
	@+set -e; for ring in $(dir $(wildcard $(top)/tests/*/Makefile)); do \
		$(MAKE) -s $(jobs) -C $$ring; done

check: kernel tools image
	@echo "[6/$(steps)] tests: building the test programs (about a minute)"
	@+$(MAKE) -f $(top)/Makefile tests
	@echo "[7/$(steps)] tests: running (about 15 minutes the first time: kunit.py builds a kernel of its own)"
	@rm -rf $(tap) && mkdir -p $(tap)
	@unset MAKEFLAGS MFLAGS MAKELEVEL; cd $(top) && HARNESS_RULESFILE=$(top)/scripts/testrules.yml PERL_TEST_HARNESS_DUMP_TAP=$(tap) \
		prove --exec '' --jobs 2 --timer $(if $(filter 1 2,$(V)),--verbose --comments) $(some_tests) || \
	{ status=$$?; cd $(tap) && grep -r -A 20 '^not ok' . | sed 's|^\./||' | head -n 100; \
	  echo "All that the tests said is in $(tap)"; exit $$status; }

# The kernel's own selftests, and its file systems, with a kernel of their own: not in "check", as they
# take longer than it.
check-selftests: source tools image
	@echo "[4/$(steps)] selftests: building a kernel and the programs, running (half an hour the first time)"
	@unset MAKEFLAGS MFLAGS MAKELEVEL; cd $(top) && tests/selftests/run-selftests $(SELFTESTS); \
	status=$$?; tests/selftests/run-filesystems && exit $$status

# Kernels without one rule each, and the attacks that ought to notice: not in "check" for the same reason.
check-attack-mutants: kernel
	@echo "Building mutants and attacking them (half an hour)"
	@+unset MAKEFLAGS MFLAGS MAKELEVEL; cd $(top) && tests/attack/run-mutants $(MUTANTS) -- $(kbuild:+%=%)

# --- Putting it elsewhere, and away -----------------------------------------------------------------

moduledir = $(DESTDIR)$(PREFIX)/lib/uml

install: kernel tools
	@install -D -m 755 $(kernel) $(DESTDIR)$(PREFIX)/bin/linux
	@+$(MAKE) -s -C $(top)/tools OUT=$(build)/tools PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install
	@set -e; for page in $(wildcard $(top)/Documentation/man/*.[1-8]); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	@if grep -qs '^CONFIG_MODULES=y' $(O)/.config; then \
		$(kbuild:+%=%) -s INSTALL_MOD_PATH=$(moduledir) modules_install; fi
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/linux, tools$(if $(shell grep -s '^CONFIG_MODULES=y' $(O)/.config), and modules under $(moduledir))"

clean_tests = for ring in $(dir $(wildcard $(top)/tests/*/Makefile)); do $(MAKE) -s -C $$ring clean || exit; done

# clean keeps the configuration, distclean only what is the user's: root.img.
clean:
	@if [ -d $(src) ] && [ -d $(O) ]; then $(kbuild:+%=%) -s clean; fi
	@+$(clean_tests)
	@+$(MAKE) -s -C $(top)/tools OUT=$(build)/tools clean
	@rm -f $(kernel)

distclean:
	@+$(clean_tests)
	@rm -rf $(build) $(kernel) $(top)/root.img.new
	@if [ -e $(top)/root.img ]; then echo "root.img is kept (it may hold your data); remove it by hand"; fi

# --- Everything else is kbuild's ----------------------------------------------------------------------

own     := all run check check-selftests check-attack-mutants install clean distclean help deps source config kernel image tests tools uml-menuconfig
forward := $(filter-out $(own) root.img linux,$(MAKECMDGOALS))

ifneq ($(forward),)
.PHONY: $(forward)
unconfigured := $(filter %config mrproper,$(forward))
$(unconfigured): source
$(filter-out $(unconfigured),$(forward)): config
$(forward):
	$(Q)$(kbuild) $@
endif

# The port's own options alone, for reading: the top-level Kconfig here.
uml-menuconfig: source
	$(Q)$(kbuild) -s build_menuconfig
	@cd $(top) && srctree=$(top) KCONFIG_CONFIG=$(build)/uml-menuconfig.config $(O)/scripts/kconfig/mconf Kconfig

.PHONY: linux root.img
linux: kernel
root.img: $(top)/root.img

help:
	@echo 'User Mode Linux: the Linux kernel as an ordinary process.'
	@echo
	@echo '  make            build ./linux (finds packages, unpacks the kernel source, configures, compiles)'
	@echo '  make run        build, make a Debian disk image and boot it (MEM=512M, DISK=root.img, ARGS="...")'
	@echo '  make check      build and run all tests (TESTS="tests/boot/x.t" for some of them, ARGS="backend=ptrace")'
	@echo '  make check-selftests   run the selftests of the kernel itself (SELFTESTS="--tests mm/cow" for some of them)'
	@echo '  make check-attack-mutants   show that the attacks of tests/attack find what they look for (MUTANTS="--list")'
	@echo '  make tools      build the host tools (uml_mconsole, uml_moo, uml_mkcow, uml_cow) in build/tools'
	@echo '  make image      make only the root image, build/root.img'
	@echo '  make install    install the binary, modules, tools and man pages (PREFIX=/usr/local, DESTDIR=)'
	@echo '  make deps       install the packages that are needed to build'
	@echo '  make clean      remove what was built; keeps the configuration'
	@echo '  make distclean  remove build/ and ./linux; keeps root.img'
	@echo '  make uml-menuconfig   look at the options of this port alone'
	@echo
	@echo 'Handed on to kbuild (ARCH=um, output in build/obj), among others:'
	@echo '  defconfig tiny_defconfig menuconfig nconfig oldconfig olddefconfig savedefconfig tinyconfig'
	@echo '  modules modules_install kernel/fork.o fs/ compile_commands.json cscope tags'
	@echo
	@echo 'Variables:'
	@echo '  V=1             show the commands            W=1, C=1        more warnings, sparse'
	@echo '  KDIR=DIR        use DIR, a Linux 6.12.y tree, instead of Debian'"'"'s source (it is only read)'
	@echo '  O=DIR           put objects and .config in DIR'
	@echo '  LLVM=1, CC=...  another compiler             DEPS=no         do not look for packages'
	@echo '  DEFCONFIG=NAME  first configuration: $(patsubst $(top)/arch/um/configs/%,%,$(wildcard $(top)/arch/um/configs/*))'
