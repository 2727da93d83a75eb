# test/explore/explore.mk: the interleaving explorer (test/explore/README.md).
#
# The code under test and the scenarios are compiled with ThreadSanitizer's instrumentation,
# the explorer without; it is linked in the sanitizer's place.

explore_dir := build/explore

# The explorer; its tests are scenarios like others, but for those that ask how it searches.
explore_engine := $(wildcard test/explore/engine/*.c) \
                  test/explore/self/equivalence.c test/explore/self/axioms.c
# Scenarios, and the scheduler whole: without the files that ask the operating system for
# something (test/explore/sched/support.c does that).
explore_scenarios := $(filter-out $(explore_engine),$(wildcard \
                     test/explore/self/*.c test/explore/sched/*.c test/explore/actor/*.c \
                     test/explore/name/*.c \
                     test/explore/runtime/*.c))
explore_runtime   := $(filter-out sched/hold.c sched/park.c,$(wildcard sched/*.c)) lib/base/memory.c \
                     lib/base/clock.c lib/base/heap.c lib/actor/block.c \
                     lib/name/table.c

explore_as       = $(patsubst %.c,$(explore_dir)/%.o,$1)
explore_objects := $(call explore_as,$(explore_engine) $(explore_scenarios) $(explore_runtime))

# Two operations of the source must not be made one: a label is found by its line.
explore_flags := -O2
explore_tsan  := -fsanitize=thread -DWEFT_EXPLORE -Itest/explore/stand_in \
                 $(if $(findstring clang,$(CC)),-O0,-O2 -fno-crossjumping -fno-tree-tail-merge -Wno-tsan)
$(call explore_as,$(explore_scenarios) $(explore_runtime)): explore_flags := $(explore_tsan)
$(call explore_as,$(explore_runtime)): explore_flags += -include test/explore/stand_in/threads.h

$(explore_objects): $(explore_dir)/%.o: %.c $(explore_dir)/flags
	$(call say,CC)
	@mkdir -p '$(@D)'
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -fno-pie $(warn_c) $(explore_flags) -I. -Iinclude \
	    -MMD -MP -c -o $@ $<

$(explore_dir)/explore: $(explore_objects)
	$(call say,LINK)
	$(Q)$(CC) -no-pie -o $@ $^

.PHONY: explore-quick explore-long
explore-quick: $(explore_dir)/explore   ## all interleavings of small scenarios, and all mutants
	$< --survivors test/explore/survivors.txt

explore-long: $(explore_dir)/explore    ## ... with more runs of everything
	$< --long --survivors test/explore/survivors.txt
