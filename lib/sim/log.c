/* lib/sim/log.c: a run for reading, a line for each step and odd choice; and the same as JSON of
 * the kind that Perfetto and chrome://tracing show: a row for each worker, and for each actor. */
#include "lib/sim/run.h"

#include <inttypes.h>
#include <string.h>

enum { WORKERS_ROW = 1, ACTORS_ROW = 2 };

static FILE *open_file(const char *path)
{
    return path == NULL ? NULL : strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
}

static void close_file(FILE *f)
{
    if (f != NULL && f != stdout)
        fclose(f);
}

void log_open(struct log *log, const weft_sim *sim)
{
    *log = (struct log){open_file(sim->log), open_file(sim->trace), 0};
    if (log->trace == NULL)
        return;
    fprintf(log->trace,
            "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
            "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":"
            "\"workers\"}},\n"
            "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":"
            "\"actors\"}}",
            WORKERS_ROW, ACTORS_ROW);
}

void log_close(struct log *log)
{
    if (log->trace != NULL)
        fputs("\n]}\n", log->trace);
    close_file(log->trace);
    close_file(log->text);
    *log = (struct log){NULL, NULL, 0};
}

static double seconds(const struct run *run, uint64_t now_ns)
{
    return (double)(now_ns - run->began_ns) * 1e-9;
}

static const char *name_of(const struct run *run, weft_pid pid)
{
    weft_actor_info info = {.size = sizeof info};

    return weft_actor_read(run->rt, pid, &info) == 0 ? info.behavior : "";
}

static void text_turn(const struct run *run, const weft_sim_turn *turn)
{
    char to[WEFT_PID_TEXT], from[WEFT_PID_TEXT];
    FILE *f = run->log->text;

    fprintf(f, "%12.9f  step %-7" PRIu64 " worker %-3" PRIu32 " %s %s",
            seconds(run, turn->now_ns), run->turns, turn->worker,
            weft_pid_text(turn->to, to), name_of(run, turn->to));
    if (turn->is_message)
        fprintf(f, "  tag %" PRIu32 " from %s\n", turn->tag,
                turn->from == WEFT_NOBODY ? "outside" : weft_pid_text(turn->from, from));
    else
        fputs("  hook\n", f);
}

static void trace_turn(const struct run *run, const weft_sim_turn *turn, int row,
                       uint64_t line)
{
    char to[WEFT_PID_TEXT], from[WEFT_PID_TEXT];
    uint64_t ns = turn->now_ns - run->began_ns,
             length = run->sim->turn_ns != 0 ? run->sim->turn_ns : 1000;

    fprintf(run->log->trace,
            ",\n{\"ph\":\"X\",\"name\":\"%s\",\"pid\":%d,\"tid\":%" PRIu64
            ",\"ts\":%" PRIu64 ".%03" PRIu64 ",\"dur\":%" PRIu64 ".%03" PRIu64
            ",\"args\":{\"actor\":\"%s\",\"from\":\"%s\",\"tag\":%" PRIu32
            ",\"step\":%" PRIu64 "}}",
            name_of(run, turn->to), row, line, ns / 1000, ns % 1000, length / 1000,
            length % 1000, weft_pid_text(turn->to, to), weft_pid_text(turn->from, from),
            turn->tag, run->turns);
}

void log_turn(struct run *run, const weft_sim_turn *turn)
{
    if (run->log->text != NULL)
        text_turn(run, turn);
    if (run->log->trace != NULL) {
        trace_turn(run, turn, WORKERS_ROW, turn->worker);
        trace_turn(run, turn, ACTORS_ROW, turn->to & 0xfffffff);
    }
}

static const char *const sites[] = {
#define TEXT(NAME, text) [WEFT_SIM_##NAME] = text,
    WEFT_SIM_SITES(TEXT)
#undef TEXT
};

/* The plain ones are no news. */
void log_choice(struct run *run, enum weft_sim_site site, uint64_t value,
                const uint32_t *of)
{
    FILE *f = run->log->text;

    if (f == NULL || value == 0 || !run->playing || run->verdict != WEFT_SIM_HELD)
        return;
    fprintf(f, "%12s  choice %-5" PRIu64 " %s: %" PRIu64 "\n", "", run->chooser.count - 1,
            sites[site], of != NULL ? of[value] : value);
}

void log_verdict(struct run *run)
{
    if (run->log != NULL && run->log->text != NULL)
        fprintf(run->log->text, "%12.9f  %s\n", seconds(run, run->now_ns),
                weft_sim_verdict_text(run->verdict));
}
