# Weft. One Makefile for everything; `make help` lists the targets.
#
#   V=1           shows the commands       WERROR=1      makes warnings errors
#   CC=, CXX=     other compilers          CFLAGS=, CXXFLAGS=, LDFLAGS=   add to ours
#   ONLY=deque    runs only the tests with this in their path
#   ARGS='...'    what `make run` and `make bench` give to build/release/weft bench
#   DEPS=check    never installs a package, only says what is missing; DEPS=install installs
#
# Everything is built in build/VARIANT/, by rules that serve all variants: the target's path
# says which one is meant. A variant is a way of compiling: release and debug, one for each
# sanitizer, and so on; see "variants" below.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# As many jobs as there are processors, unless the command line has -j; but one if there are
# several goals, which would disturb each other's tests.
ifeq ($(word 2,$(MAKECMDGOALS)),)
    MAKEFLAGS += -j$(shell nproc)
endif

PREFIX ?= /usr/local

ifeq ($(origin CC),default)
    CC := gcc
endif
ifeq ($(origin CXX),default)
    CXX := g++
endif

# --- sources ---

JEMALLOC    := lib/actor/jemalloc.c
CORE_SRC    := $(filter-out $(JEMALLOC),$(wildcard $(patsubst %,%/*.c,lib/base sched lib/actor \
               lib/sup lib/timer lib/name)))
# Libraries of their own, beside libweft.a: lib/KIT is libweft-KIT.a.
KITS        := test bench sim
LIBRARIES   := build/release/libweft.a $(KITS:%=build/release/libweft-%.a)
KIT_SRC     := $(wildcard $(KITS:%=lib/%/*.c))
TOOL_SRC    := tools/weft.c $(wildcard tools/load/*.c bench/*.c bench/savina/*.c)
SAVINA_SRC  := bench/clock.c $(filter-out $(foreach f,main options report,bench/savina/$(f).c),\
               $(wildcard bench/savina/*.c))
EXAMPLE_SRC := $(wildcard examples/*.c examples/*.cc)
SUPPORT_SRC := $(filter-out test/support/install_%,$(wildcard test/support/*.c))
HEADERS     := $(wildcard include/weft/*.h)

# Every test is a program. Those in test/api see what a user sees: the archive and the
# public headers; those in test/bench see the benchmarks as well. The others are linked with the
# plain objects.
TEST_SRC := $(wildcard $(foreach kind,unit fault stress api sim bench,test/$(kind)/test_*.c)) \
            $(wildcard test/api/test_*.cc)

REVISION := $(if $(wildcard .git),$(shell git describe --always --dirty 2>/dev/null))
VERSION  := $(shell sed -n 's/^.define WEFT_VERSION  *"\(.*\)"/\1/p' include/weft/version.h)

# --- variants ---
#
# flags.V goes to compiler and linker; cc.V and cxx.V are other compilers than CC and CXX;
# wrap.V runs a program, env.V is its environment, slow.V stretches its time limits;
# packages.V is a group of tools/dev/deps.

debug     := -O1 -DWEFT_DEBUG
sanitizer := -g -fno-omit-frame-pointer -fno-sanitize-recover=all

flags.release  := -O2
flags.debug    := $(debug)
flags.asan     := $(debug) $(sanitizer) -fsanitize=address,undefined
flags.ubsan    := -O2 $(sanitizer) -fsanitize=undefined
flags.tsan     := -O1 $(sanitizer) -fsanitize=thread
flags.valgrind := $(debug)
flags.cover    := -O0 -DWEFT_DEBUG --coverage
flags.arm64    := -O2 -Werror
# For libweft.so, which other languages load.
flags.shared   := -O2 -fPIC

env.asan  := ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
env.tsan  := TSAN_OPTIONS=history_size=4:second_deadlock_stack=1
env.ubsan := UBSAN_OPTIONS=print_stacktrace=1
env.asan  += $(env.ubsan)

# Their maps of memory do not stand every randomization of addresses.
wrap.asan = $(shell setarch -R true 2>/dev/null && echo setarch -R)
wrap.tsan = $(wrap.asan)
wrap.valgrind := valgrind --quiet --error-exitcode=99 --leak-check=full \
                 --errors-for-leak-kinds=definite --fair-sched=yes

slow.asan     := 4
slow.ubsan    := 2
slow.tsan     := 10
slow.valgrind := 30
slow.cover    := 4

cc.arm64       := aarch64-linux-gnu-gcc
binutils.arm64 := aarch64-linux-gnu-
# Behind the cross compiler's own headers, for those that are the same everywhere.
include.arm64  := -idirafter /usr/include

packages.valgrind := valgrind
packages.cover    := cover
packages.arm64    := arm64

# The same with clang.
CLANG := clang clang-debug clang-asan clang-tsan
$(foreach name,flags env wrap slow,\
    $(eval $(name).clang = $($(name).release))\
    $(foreach kind,debug asan tsan,$(eval $(name).clang-$(kind) = $($(name).$(kind)))))
$(foreach v,$(CLANG),$(eval cc.$v = clang)$(eval cxx.$v = clang++)$(eval packages.$v = clang))

# Where Criterion cannot run, test/shim stands in for it.
SHIMMED := asan ubsan tsan valgrind cover clang-asan clang-tsan

# --- functions ---

Q      := $(if $(filter 1,$(V)),,@)
say     = $(if $(filter 1,$(V)),@:,@printf '  %-5s %s\n' '$1' '$@')
folder  = @mkdir -p '$(@D)'
# Writes a file only if what it says has changed; with a + before it, so that make -n knows too.
record  = $(folder); printf '%s\n' '$(strip $1)' | cmp -s - $@ || printf '%s\n' '$(strip $1)' >$@

# A target, build/VARIANT/PATH or build/VARIANT/PATH.o, in its parts.
variant = $(word 2,$(subst /, ,$1))
path    = $(patsubst build/$(call variant,$1)/%,%,$(basename $1))
v       = $(call variant,$@)
shimmed = $(filter $(SHIMMED),$1)
is_cc   = $(wildcard $(call path,$1).cc)

cc   = $(or $(cc.$v),$(CC))
cxx  = $(or $(cxx.$v),$(CXX))
link = $(if $(call is_cc,$@),$(cxx),$(cc))

# Vectorized pairs of stores to a record would stall the loads that follow them.
slp_of_cc := $(if $(findstring clang,$(shell $(CC) --version 2>&1)),-fno-slp-vectorize,-fno-tree-slp-vectorize)
slp        = $(if $(filter clang,$(cc.$v)),-fno-slp-vectorize,$(slp_of_cc))

# To the optimiser the library is one piece: what the floors do for each other is inlined.
lto.release := $(if $(findstring clang,$(slp_of_cc)$(shell $(CC) --version 2>&1)),,-flto=auto -ffat-lto-objects)
lto          = $(lto.$v)

warn   := -Wall -Wextra -Wshadow -Wconversion -Wundef -Wvla $(if $(filter 1,$(WERROR)),-Werror)
warn_c := $(warn) -Wstrict-prototypes -Wmissing-prototypes -Wpedantic
common  = $(flags.$v) $(slp) -g -pthread
# The one object that knows the revision is compiled again with each.
revised = $(if $(filter bench/revision,$(call path,$1)),build/revision)
# What a source may include goes by its first folder.
in.lib       = -I. -Iinclude -fvisibility=hidden $(lto)
in.sched     = $(in.lib)
in.bench     = -I. -Iinclude $(if $(call revised,$@),$(REVISION:%=-DWEFT_REVISION='"%"'))
in.tools    := -I. -Iinclude
in.test      = -I. -Iinclude $(if $(call shimmed,$v),-Itest/shim)
in.examples := -Iinclude
compile     = -D_GNU_SOURCE $(common) $(in.$(firstword $(subst /, ,$(call path,$@)))) \
              $(call from_pkg,--cflags) $(include.$v) $(CPPFLAGS) -MMD -MP -c -o $@ $<

objects  = $(patsubst %,build/$1/%.o,$(basename $2))
programs = $(patsubst %,build/$1/%,$(basename $2))
chosen   = $(if $(ONLY),$(foreach p,$1,$(if $(findstring $(ONLY),$p),$p)),$1)
# jemalloc replaces the host's malloc, so only programs that are named after it are linked
# with it, and none where a tool has a malloc of its own.
jemalloc = $(if $(findstring jemalloc,$1),-ljemalloc)
possible = $(foreach p,$2,$(if $(and $(call shimmed,$1),$(call jemalloc,$p)),,$p))
tests    = $(call chosen,$(call programs,$1,$(call possible,$1,$(TEST_SRC))))
examples = $(call chosen,$(call programs,$1,$(call possible,$1,$(EXAMPLE_SRC))))

# What a program is linked with beside its own object.
support      = $(call objects,$1,$(SUPPORT_SRC) $(if $(call shimmed,$1),test/shim/main.c))
archives     = $(KITS:%=build/$1/libweft-%.a) build/$1/libweft.a
with.unit    = $(call support,$1) $(call objects,$1,$(CORE_SRC))
with.fault   = $(with.unit)
with.stress  = $(with.unit)
with.api     = $(call support,$1) $(archives)
with.sim     = $(with.api)
with.bench   = $(with.api) $(call objects,$1,$(SAVINA_SRC))
with.shim    = $(call objects,$1,test/shim/main.c)
with         = $(if $(filter examples/%,$(call path,$1)),$(call archives,$(call variant,$1)),$(call \
               with.$(word 4,$(subst /, ,$1)),$(call variant,$1)))
libs         = $(if $(filter test/%,$(call path,$@)),$(if $(call shimmed,$v),,-lcriterion)) \
               $(call jemalloc,$@) $(call from_pkg,--libs) -lm

# Examples with another library: its name for pkg-config.
library.examples/uv := libuv
library  = $(library.$(call path,$1))
from_pkg = $(if $(call library,$@),$(shell pkg-config $1 $(call library,$@)))

# The packages that must be there before a target is made.
needs = $(addprefix build/deps/,build $(packages.$(call variant,$1)) \
        $(if $(filter test/%,$(call path,$1)),$(if $(call shimmed,$(call variant,$1)),,test)) \
        $(if $(call is_cc,$1),cxx) $(if $(call library,$1),examples))

# --- building ---

.PHONY: FORCE
FORCE:

build/%/flags: FORCE
	+@$(call record,$(cc) $(cxx) $(warn_c) $(common) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS))

# Newer than what was linked when a source is gone.
build/sources: FORCE
	+@$(call record,$(CORE_SRC) $(KIT_SRC) $(SUPPORT_SRC) $(TOOL_SRC))

# Newer than what was compiled of another revision.
build/revision: FORCE
	+@$(call record,$(REVISION))

build/%.o: $$(call path,$$@).c build/$$(call variant,$$@)/flags $$(call revised,$$@) | $$(call needs,$$@)
	$(call say,CC)
	$(folder)
	$(Q)$(cc) -std=c11 $(warn_c) $(compile) $(CFLAGS)

build/%.o: $$(call path,$$@).cc build/$$(call variant,$$@)/flags | $$(call needs,$$@)
	$(call say,CXX)
	$(folder)
	$(Q)$(cxx) -std=c++17 $(warn) $(compile) $(CXXFLAGS)

# A member of the archive is one object in which only weft_ symbols are left visible.
build/%/archive/weft.o: $$(call objects,$$*,$(CORE_SRC)) build/sources
	$(member)
build/%/archive/weft_jemalloc.o: $$(call objects,$$*,$(JEMALLOC))
	$(member)
define member
$(call say,LD)
$(folder)
$(Q)$(if $(lto),$(cc) -r $(lto) -flinker-output=nolto-rel -nostdlib $(common) $(CFLAGS),$(binutils.$v)ld -r) \
    -o $@ $(filter %.o,$^)
$(Q)$(binutils.$v)objcopy --localize-hidden $@
endef

build/%/libweft.a: build/%/archive/weft.o build/%/archive/weft_jemalloc.o
	$(members)
define members
$(call say,AR)
@rm -f $@
$(Q)$(binutils.$v)ar rcs $@ $^
endef

define kit
build/%/archive/weft_$1.o: $$$$(call objects,$$$$*,$$(wildcard lib/$1/*.c)) build/sources
	$$(member)
build/%/libweft-$1.a: build/%/archive/weft_$1.o
	$$(members)
endef
$(foreach k,$(KITS),$(eval $(call kit,$k)))

# Not installed: programs in C link the archive.
build/%/libweft.so: build/%/archive/weft.o
	$(call say,LINK)
	$(Q)$(cc) $(common) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

build/%/weft: $$(call objects,$$*,$(TOOL_SRC)) build/%/libweft-sim.a build/%/libweft-bench.a build/%/libweft.a build/sources
	$(call say,LINK)
	$(Q)$(cc) $(common) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -ljemalloc -lm

# Every other program.
build/%: build/%.o $$(call with,$$@) build/sources
	$(call say,LINK)
	$(Q)$(link) $(common) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(libs)

build/%.d: ;
-include $(if $(wildcard build),$(shell find build -name '*.d'))

# --- packages ---

# What a goal needs beside the group "build"; goals of this list install what is missing, the
# others only say so.
goal.run  := build
goal.bench-smoke := examples
goal.bench-baseline := valgrind
goal.test := test cxx examples
goal.examples := cxx examples
goal.lint := lint
goal.install-check := cxx
$(foreach g,$(SHIMMED),$(eval goal.$g := cxx examples $(packages.$g)))
$(foreach g,clang clang-debug,$(eval goal.$g := test cxx examples clang))
goal.arm64 := arm64
goals     := $(sort $(foreach g,$(MAKECMDGOALS),$(goal.$g)))
DEPS      ?= $(if $(goals),install,check)

# All at once in the first of them, so that apt-get runs once.
build/deps/build: tools/dev/deps
	@tools/dev/deps $(DEPS) build $(goals)
	$(folder)
	@touch $@
build/deps/%: tools/dev/deps | build/deps/build
	@tools/dev/deps $(DEPS) $*
	@touch $@

# --- targets ---

.PHONY: all lib examples run bench bench-smoke bench-baseline test asan ubsan tsan valgrind cover clang clang-asan \
        clang-tsan arm64 lint install install-check nightly clean help

all: lib build/release/weft             ## the libraries and the weft command
lib: $(LIBRARIES)                       ## build/release/libweft.a, and the kits: -test, -bench, -sim
examples: $(call examples,release)      ## build/release/examples/*

run: bench                              ## installs what is missing, builds, runs the benchmarks
bench: build/release/weft               ## the benchmarks: build/release/weft bench $(ARGS)
	build/release/weft bench $(ARGS)
bench-smoke: build/release/weft         ## that every benchmark, and weft load, has right results
	@tools/dev/run_tests $(smoke)
bench-baseline: build/release/weft      ## that no message takes over 3 % more instructions
	build/release/weft bench --baseline $(ARGS)

# A make that is called by a script, and so is not run by make -n.
again    := $(MAKE)
explorer  = $(if $(wildcard test/explore/explore.mk),--check $1 '$(again) $1')
canary    = $(if $(call shimmed,$1),build/$1/test/shim/canary)
run_tests = $(env.$1) tools/dev/run_tests --slow $(or $(slow.$1),1) \
            $(if $(wrap.$1),--wrap '$(wrap.$1)') \
            $(if $(canary),--check canary 'tools/dev/check_canary $1 $(wrap.$1) $(canary)') \
            --tests $(call tests,$1) --programs $(call examples,$1)

# In debug all; in release, by day, what is linked with the archive and what depends on timing.
by_day   = build/release/test/api/% build/release/test/stress/%
released = $(filter $(if $(filter nightly,$(WEFT_TEST_TIER)),%,$(by_day)),$(call tests,release))
python    = --check examples/python/step.py 'python3 examples/python/step.py build/shared/libweft.so'
smoke     = --check benchmarks 'build/release/weft bench --smoke' \
            --check Savina 'build/release/weft bench savina --smoke' \
            --check load 'python3 test/load/check_load.py build/release/weft'
others    = $(if $(ONLY),,$(python) $(smoke) $(call explorer,explore-quick))
test: $$(call tests,debug) $$(released) $$(call examples,release) build/release/weft \
      build/shared/libweft.so
test:                                   ## the quick tier of all tests
	@tools/dev/run_tests --tests $(call tests,debug) $(released) \
	    --programs $(call examples,release) $(others)

asan:                                   ## the tests under AddressSanitizer and UBSan
ubsan:                                  ## ... under UBSan with release flags
tsan:                                   ## ... under ThreadSanitizer
valgrind:                               ## ... under Valgrind
clang clang-debug clang-asan clang-tsan: ## ... compiled by clang
asan ubsan tsan valgrind $(CLANG): $$(call tests,$$@) $$(call examples,$$@) $$(call canary,$$@)
	@$(call run_tests,$@)

cover: $$(call tests,cover) $$(call examples,cover) $$(call canary,cover)
cover:                                  ## ... and which lines of sched/ and lib/ they reach
	@find build/cover -name '*.gcda' -delete
	@$(call run_tests,cover)
	@tools/dev/cover.py build/cover

arm64: build/arm64/libweft.a            ## cross-compiles the library

# --- checks that run nothing of ours ---

LINT_SRC  := $(wildcard $(foreach d,include include/weft sched lib/* bench bench/* tools tools/* examples test/* \
             test/shim/criterion,$(d)/*.c $(d)/*.h $(d)/*.cc))
LIB_SRC   := $(CORE_SRC) $(JEMALLOC) $(KIT_SRC)
lint_flags := -std=c11 -D_GNU_SOURCE -I. -Iinclude

export PYTHONDONTWRITEBYTECODE := 1
# cppcheck takes the address of a variable for its value: uninitvar is left to the compilers.
lint: | build/deps/lint
lint:                                   ## format, orderings, dependencies, lengths, symbols, ...
	@tools/dev/run_tests \
	    --check format 'tools/dev/check_format $(LINT_SRC)' \
	    --check text 'tools/dev/check_text.py' \
	    --check dependencies 'tools/dev/check_deps.py' \
	    --check lengths 'tools/dev/check_length.py' \
	    --check orderings 'tools/dev/check_atomics.py' \
	    --check 'implicit orderings' 'clang $(lint_flags) -fsyntax-only -Werror=atomic-implicit-seq-cst $(LIB_SRC)' \
	    --check symbols '$(again) lib && tools/dev/check_symbols $(LIBRARIES)' \
	    --check headers 'tools/dev/check_headers' \
	    --check README 'tools/dev/check_readme' \
	    --check cppcheck 'cppcheck -q --std=c11 --enable=warning,performance --inline-suppr \
	        --error-exitcode=1 --suppress=missingIncludeSystem --suppress=uninitvar $(filter-out -std=%,$(lint_flags)) $(LIB_SRC) $(TOOL_SRC)' \
	    --check clang-tidy 'clang-tidy --quiet --config-file=tools/dev/clang-tidy.yaml $(LIB_SRC) $(TOOL_SRC) -- $(lint_flags) 2>/dev/null'

# --- installing ---

at = $(DESTDIR)$(PREFIX)

install: lib build/release/weft         ## to PREFIX (/usr/local), below DESTDIR
	install -d '$(at)/include/weft' '$(at)/lib/pkgconfig' '$(at)/bin'
	install -m 644 include/weft.h '$(at)/include'
	install -m 644 $(HEADERS) '$(at)/include/weft'
	install -m 644 $(LIBRARIES) '$(at)/lib'
	for pc in weft $(KITS:%=weft-%); do \
	    sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $$pc.pc.in >'$(at)/lib/pkgconfig/'$$pc.pc && \
	    chmod 644 '$(at)/lib/pkgconfig/'$$pc.pc || exit 1; \
	done
	install -m 755 build/release/weft '$(at)/bin'

install-check: lib build/release/weft | build/deps/cxx
install-check:                          ## installs elsewhere, links in C and C++, runs
	@tools/dev/run_tests --check install-and-link 'MAKE="$(again)" tools/dev/check_install'

# --- everything ---

NIGHTLY := test asan ubsan tsan clang clang-debug clang-asan clang-tsan arm64 lint install-check \
           bench-baseline
nightly:                                ## all of it, with the long tests
	@WEFT_TEST_TIER=nightly tools/dev/steps $(foreach t,$(NIGHTLY),'$(again) WERROR=1 $t') \
    'WEFT_TEST_TIER=quick $(again) valgrind' 'WEFT_TEST_TIER=quick $(again) cover' \
	    $(if $(call explorer,explore-long),"tools/dev/run_tests $(call explorer,explore-long)")

clean:                                  ## removes build/
	rm -rf build

help:                                   ## this list
	@sed -n 's/^\([a-z0-9][a-z0-9 -]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 28
	@sed -n '/^#   [A-Z]/s/^# //p' $(firstword $(MAKEFILE_LIST))

# The interleaving explorer: explore-quick and explore-long.
-include test/explore/explore.mk
