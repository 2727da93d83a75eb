/* lib/sup/supervisor.c: making a supervisor; and finding one's siblings. */
#include "lib/sup/sup.h"

#include <string.h>

enum { DEFAULT_INTENSITY = 5 };

/* --- tables --- */

bool sup_spec_is_sound(const weft_child *c)
{
    return (c->behavior != NULL) != (c->supervisor != NULL) &&
           c->restart <= WEFT_TEMPORARY && (c->supervisor == NULL || c->args == NULL) &&
           (c->args == NULL || c->behavior->args_size > 0);
}

static bool ids_differ(const weft_supervisor *s)
{
    for (size_t i = 0; i < s->child_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->children[i].id, s->children[k].id) == 0)
                return false;
    return true;
}

static bool is_sound(const weft_supervisor *s)
{
    if (s == NULL || s->strategy > WEFT_REST_FOR_ONE || s->backoff.jitter < 0 ||
        s->backoff.jitter > 1 || s->backoff.factor < 0)
        return false;
    for (size_t i = 0; i < s->child_count; i++)
        if (s->children[i].id == NULL || !sup_spec_is_sound(&s->children[i]))
            return false;
    if (s->pool != NULL && (s->pool->behavior == NULL || s->pool->args != NULL ||
                            s->pool->behavior->args_size > WEFT_SMALL_MAX))
        return false;
    return ids_differ(s);
}

/* --- life --- */

static bool children_begin(struct sup *sup)
{
    const weft_supervisor *spec = sup->spec;

    for (size_t i = 0; i < spec->child_count; i++) {
        struct sup_child *c = sup_child_new(sup, &spec->children[i]);

        if (c == NULL)
            return false;
        c->place = (uint32_t)i;
        sup_wait(sup, c, 0);
    }
    return true;
}

static bool parts_begin(struct sup *sup)
{
    const weft_supervisor *spec = sup->spec;
    const struct memory *m = &sup->rt->memory;

    sup->intensity = spec->intensity == 0                    ? DEFAULT_INTENSITY
                     : spec->intensity == WEFT_ANY_INTENSITY ? 0
                                                             : spec->intensity;
    sup->by_key.by_key = true;
    if (sup->intensity > 0)
        sup->times = memory_zalloc(m, sup->intensity * sizeof *sup->times, CACHE_LINE);
    if (spec->child_count > 0)
        sup->pids = memory_zalloc(m, spec->child_count * sizeof *sup->pids, CACHE_LINE);
    return (sup->intensity == 0 || sup->times != NULL) &&
           (spec->child_count == 0 || sup->pids != NULL) &&
           sup_table_begin(sup, &sup->by_pid) && children_begin(sup);
}

static weft_next begin(weft_self *self, void *state, const void *args)
{
    weft_runtime *rt = weft_self_runtime(self);
    struct sup *sup = memory_zalloc(&rt->memory, sizeof *sup, CACHE_LINE);

    *(struct sup **)state = sup;
    if (sup == NULL)
        return weft_fail(self, WEFT_ENOMEM, "no memory for a supervisor");
    sup->spec = *(const weft_supervisor *const *)args;
    sup->rt = rt;
    if (!parts_begin(sup))
        return weft_fail(self, WEFT_ENOMEM, "no memory for a supervisor");
    return weft_stay(self);
}

/* All that keep their pids have them before the first of them begins. */
static weft_next begun(weft_self *self, void *state)
{
    struct sup *sup = *(struct sup **)state;

    for (struct sup_child *c = sup->oldest; c != NULL; c = c->younger)
        if (c->lasts && sup_spawn(self, sup, c) < 0)
            return weft_fail(self, WEFT_ENOMEM, "no memory for its children");
    return sup_work(self, sup);
}

static void destroy(void *state)
{
    struct sup *sup = *(struct sup **)state;

    if (sup != NULL)
        sup_done(sup);
}

const weft_behavior sup_behavior = WEFT_BEHAVIOR(
    "supervisor", struct sup *, sup_asked, .init = begin, .started = begun,
    .child = sup_hear, .destroy = destroy, .args_size = sizeof(const weft_supervisor *),
    .shutdown_ns = WEFT_FOREVER);

/* --- public --- */

int weft_supervise(weft_self *self, const weft_supervisor *supervisor, weft_pid *ret_pid)
{
    if (ret_pid != NULL)
        *ret_pid = WEFT_NOBODY;
    return is_sound(supervisor)
               ? weft_spawn_child(self, &sup_behavior, &supervisor, ret_pid)
               : WEFT_EINVAL;
}

int weft_rt_supervise(weft_runtime *rt, const weft_supervisor *supervisor,
                      weft_pid *ret_pid)
{
    if (ret_pid != NULL)
        *ret_pid = WEFT_NOBODY;
    return is_sound(supervisor) ? weft_rt_spawn(rt, &sup_behavior, &supervisor, ret_pid)
                                : WEFT_EINVAL;
}

/* A supervisor is there as long as its children are, with what its init has made. */
weft_pid weft_sibling(weft_self *self, const char *id)
{
    struct worker *w = worker_of(self);
    const struct task *parent = tree_parent(w->sched, sched_running_task(w));
    const struct sup *sup;

    if (parent == NULL || task_behavior(parent) != &sup_behavior || id == NULL)
        return WEFT_NOBODY;
    sup = *(struct sup *const *)parent->state;
    for (size_t i = 0; i < sup->spec->child_count; i++)
        if (strcmp(sup->spec->children[i].id, id) == 0)
            return at_peek(&sup->pids[i]); /* relaxed: it is a number */
    return WEFT_NOBODY;
}
