# test/explore/explore.mk: the interleaving explorer (test/explore/README.md).
#
# The code under test and the scenarios are compiled with ThreadSanitizer's instrumentation,
# the explorer without; it is linked in the sanitizer's place.

explore_dir       := build/explore
explore_engine    := $(wildcard test/explore/engine/*.c) \
                     test/explore/self/equivalence.c test/explore/self/axioms.c
explore_scenarios := $(filter-out $(explore_engine),\
                     $(wildcard test/explore/self/*.c test/explore/sched/*.c))
explore_objects    = $(patsubst %.c,$(explore_dir)/%.o,$(explore_engine) $(explore_scenarios))
explore_flags     := -std=c11 -D_GNU_SOURCE -I. -Iinclude -g -fno-pie

instrument :=
$(patsubst %.c,$(explore_dir)/%.o,$(explore_scenarios)): instrument := \
    -fsanitize=thread -DWEFT_EXPLORE $(if $(findstring clang,$(CC)),,-Wno-tsan)

$(explore_objects): $(explore_dir)/%.o: %.c $(explore_dir)/flags
	$(call say,CC)
	@mkdir -p '$(@D)'
	$(Q)$(CC) $(explore_flags) $(warn_c) $(instrument) -O2 -MMD -MP -c -o $@ $<

$(explore_dir)/explore: $(explore_objects)
	$(call say,LINK)
	$(Q)$(CC) -no-pie -o $@ $^

.PHONY: explore-quick explore-long
explore-quick: $(explore_dir)/explore   ## all interleavings of small scenarios, and all mutants
	$< --survivors test/explore/survivors.txt

explore-long: $(explore_dir)/explore    ## ... with more runs of everything
	$< --long --survivors test/explore/survivors.txt
