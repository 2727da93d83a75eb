/* lib/sim/tape.c: choices that were written down. */
#include "lib/sim/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct tape *tape, size_t count)
{
    size_t room = tape->room == 0 ? 256 : 2 * tape->room;
    struct choice *choice;

    if (count <= tape->room)
        return true;
    if (room < count)
        room = count;
    choice = realloc(tape->choice, room * sizeof *choice);
    if (choice == NULL)
        return false;
    tape->choice = choice;
    tape->room = room;
    return true;
}

void tape_add(struct tape *tape, uint32_t index, uint32_t value)
{
    if (make_room(tape, tape->count + 1))
        tape->choice[tape->count++] = (struct choice){index, value};
    else
        tape->lost = true;
}

void tape_clear(struct tape *tape)
{
    tape->count = 0;
    tape->lost = false;
}

void tape_done(struct tape *tape)
{
    free(tape->choice);
    *tape = (struct tape){0};
}

bool tape_copy(struct tape *to, const struct tape *from)
{
    if (!make_room(to, from->count))
        return false;
    if (from->count > 0)
        memcpy(to->choice, from->choice, from->count * sizeof *from->choice);
    to->count = from->count;
    to->lost = from->lost;
    return true;
}

/* --- as text --- */

static bool read_number(const char **text, char behind, uint32_t *number)
{
    char *end;
    unsigned long value;

    if (**text < '0' || **text > '9')
        return false;
    value = strtoul(*text, &end, 10);
    *text = end + (*end == behind && behind != '\0');
    *number = (uint32_t)value;
    return value <= UINT32_MAX && (*end == behind || (behind == ',' && *end == '\0'));
}

int tape_read(struct tape *tape, const char *text)
{
    uint32_t index, value, last = 0;

    tape_clear(tape);
    while (*text != '\0') {
        if (!read_number(&text, ':', &index) || !read_number(&text, ',', &value) ||
            (tape->count > 0 && index <= last))
            return WEFT_EINVAL;
        tape_add(tape, index, value);
        last = index;
    }
    return tape->lost ? WEFT_ENOMEM : WEFT_OK;
}

bool tape_write(const struct tape *tape, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < tape->count; i++) {
        int n = snprintf(text + used, size - used, "%s%" PRIu32 ":%" PRIu32,
                         i > 0 ? "," : "", tape->choice[i].index, tape->choice[i].value);

        if (n < 0 || (size_t)n >= size - used) {
            text[0] = '\0';
            return false;
        }
        used += (size_t)n;
    }
    return true;
}
