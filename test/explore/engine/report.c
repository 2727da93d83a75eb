/* test/explore/engine/report.c: see report.h. Lines come from addr2line and symbols from nm,
 * which are run only when somebody asks. */
#include "test/explore/engine/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 128, SYMBOLS_MAX = 4096 };

static const char *program;
static FILE *questions, *answers; /* of addr2line */

static struct name {
    uintptr_t address;
    size_t size;
    char name[32];
} names[NAMES_MAX];
static unsigned n_names;

static struct symbol {
    uintptr_t address;
    size_t size;
    char name[48];
} symbols[SYMBOLS_MAX];
static unsigned n_symbols;

/* --- lines --- */

_Noreturn static void give_up(const char *what)
{
    perror(what);
    exit(2);
}

void report_begin(const char *path)
{
    int in[2], out[2];

    program = path;
    if (pipe(in) != 0 || pipe(out) != 0)
        give_up("explore: a pipe for addr2line");
    fflush(NULL);
    switch (fork()) {
    case -1:
        give_up("explore: fork");
    case 0:
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execlp("addr2line", "addr2line", "-f", "-e", program, (char *)NULL);
        give_up("explore: addr2line");
    }
    close(in[0]);
    close(out[1]);
    questions = fdopen(in[1], "w");
    answers = fdopen(out[0], "r");
    if (questions == NULL || answers == NULL)
        give_up("explore: addr2line");
}

static void read_answer(char *text, size_t size)
{
    if (fgets(text, (int)size, answers) == NULL)
        give_up("explore: addr2line ended");
    text[strcspn(text, "\n")] = '\0';
}

static void ask(uintptr_t address, char *function, size_t function_size, char *line,
                size_t line_size)
{
    fprintf(questions, "0x%zx\n", (size_t)address);
    fflush(questions);
    read_answer(function, function_size);
    read_answer(line, line_size);
    line[strcspn(line, " ")] = '\0'; /* a discriminator */
}

void report_source(char *file, size_t size, unsigned *line, void *pc)
{
    char function[256], here[256] = "", *colon;
    size_t n;

    ask((uintptr_t)pc - 1, function, sizeof function, file, size);
    colon = strrchr(file, ':');
    *line = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
    if (colon != NULL)
        *colon = '\0';
    if (getcwd(here, sizeof here) == NULL)
        return;
    n = strlen(here);
    if (strncmp(file, here, n) == 0 && file[n] == '/')
        memmove(file, file + n + 1, strlen(file + n));
}

void report_line(char *text, size_t size, void *pc)
{
    unsigned line;
    size_t n;

    report_source(text, size - sizeof ":1234567890", &line, pc);
    n = strlen(text);
    snprintf(text + n, size - n, ":%u", line);
}

const char *report_thread(unsigned thread)
{
    static struct {
        void (*body)(void);
        char name[64];
    } known[THREADS_MAX];
    char line[256];

    if (thread == 0)
        return "setup or check";
    if (known[thread].body != run.threads[thread].body) {
        known[thread].body = run.threads[thread].body;
        ask((uintptr_t)known[thread].body, known[thread].name, sizeof known[thread].name,
            line, sizeof line);
    }
    return known[thread].name;
}

/* --- addresses --- */

void report_name(uintptr_t address, size_t size, const char *format, va_list list)
{
    if (n_names == NAMES_MAX)
        return;
    names[n_names].address = address;
    names[n_names].size = size;
    vsnprintf(names[n_names++].name, sizeof names[0].name, format, list);
}

void report_forget_names(void)
{
    n_names = 0;
}

static void read_symbols(void)
{
    char command[512], line[512];
    FILE *nm;

    snprintf(command, sizeof command, "nm -S '%s'", program);
    nm = popen(command, "r");
    while (nm != NULL && n_symbols < SYMBOLS_MAX &&
           fgets(line, sizeof line, nm) != NULL) {
        struct symbol *s = &symbols[n_symbols];
        size_t address;
        char kind;

        if (sscanf(line, "%zx %zx %c %47s", &address, &s->size, &kind, s->name) == 4 &&
            strchr("bBdD", kind) != NULL) {
            s->address = address;
            n_symbols++;
        }
    }
    if (nm != NULL)
        pclose(nm);
}

static void with_offset(char *text, size_t size, const char *name, uintptr_t offset)
{
    snprintf(text, size, offset > 0 ? "%s+%zu" : "%s", name, (size_t)offset);
}

static bool name_of(char *text, size_t size, uintptr_t address)
{
    for (unsigned i = 0; i < n_names; i++) {
        if (address - names[i].address < names[i].size) {
            with_offset(text, size, names[i].name, address - names[i].address);
            return true;
        }
    }
    return false;
}

static bool symbol_of(char *text, size_t size, uintptr_t address)
{
    if (n_symbols == 0)
        read_symbols();
    for (unsigned i = 0; i < n_symbols; i++) {
        if (address - symbols[i].address < symbols[i].size) {
            with_offset(text, size, symbols[i].name, address - symbols[i].address);
            return true;
        }
    }
    return false;
}

static bool stack_of(char *text, size_t size, uintptr_t address)
{
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        uintptr_t stack = (uintptr_t)run.threads[i].coroutine.stack;

        if (stack != 0 && address - stack < COROUTINE_STACK) {
            snprintf(text, size, "the stack of %s", report_thread(i));
            return true;
        }
    }
    return false;
}

void report_address(char *text, size_t size, uintptr_t address)
{
    if (!name_of(text, size, address) && !heap_name(address, text, size) &&
        !symbol_of(text, size, address) && !stack_of(text, size, address))
        snprintf(text, size, "0x%zx", (size_t)address);
}

/* --- traces --- */

static const char *operation_name(const struct event *e)
{
    static const char *const names_of[] = {
        [OP_LOAD] = "load",   [OP_STORE] = "store",  [OP_RMW] = "rmw",
        [OP_CAS] = "cas",     [OP_FENCE] = "fence",  [OP_MEMBARRIER] = "membarrier",
        [OP_WAIT] = "wait",   [OP_WAKE] = "wake",    [OP_RESUME] = "resume",
        [OP_YIELD] = "yield", [OP_CHOOSE] = "choose"};
    static const char *const rmws[] = {
        [RMW_EXCHANGE] = "exchange", [RMW_ADD] = "add", [RMW_SUB] = "sub",
        [RMW_AND] = "and",           [RMW_OR] = "or",   [RMW_XOR] = "xor",
        [RMW_NAND] = "nand"};

    if (e->op.kind == OP_CAS)
        return e->wrote ? "cas" : "cas fails";
    return e->op.kind == OP_RMW ? rmws[e->op.rmw] : names_of[e->op.kind];
}

static void print_value(uint64_t value)
{
    char text[128];

    if (value < 4096 || value > ~(uint64_t)4096) {
        printf("%lld", (long long)value);
        return;
    }
    report_address(text, sizeof text, value);
    printf("%s", text);
}

static void print_source_of(uint16_t store)
{
    const struct store *s = memory_store(store);

    if (s->event != NONE)
        printf(" of %u", s->event);
    else
        printf(s->thread == 0 ? " of setup" : " written plainly by %s",
               report_thread(s->thread));
}

static void print_event(unsigned number, const struct event *e)
{
    static const char *const orders[] = {"relaxed", "consume", "acquire",
                                         "release", "acq_rel", "seq_cst"};
    char where[128] = "", line[160];

    if (e->op.address != NULL)
        report_address(where, sizeof where, (uintptr_t)e->op.address);
    report_line(line, sizeof line, e->op.pc);
    printf("  %4u  %-16s %-10s %-22s", number, report_thread(e->thread),
           operation_name(e), where);
    if (e->op.kind <= OP_CAS)
        printf(" %-7s", orders[e->op.order]);
    if (e->read != NONE) {
        printf(" reads ");
        print_value(e->result);
        print_source_of(e->read);
        printf(e->stale ? " (not the newest)" : "");
    }
    if (e->wrote) {
        printf(" stores ");
        print_value(memory_store(e->stored)->value);
    }
    if (e->op.kind == OP_WAKE || e->op.kind == OP_CHOOSE)
        printf(" %llu", (unsigned long long)e->result);
    if (e->op.pc != NULL)
        printf("  [%s %s]", e->op.site != NULL ? e->op.site->place->name : "-", line);
    printf("\n");
}

/* Of a long run the beginning and the end. */
void report_trace(void)
{
    enum { SHOWN = 150 };

    for (unsigned i = 1; i <= run.n_events; i++) {
        if (i <= SHOWN || i + SHOWN > run.n_events)
            print_event(i, &run.events[i]);
        else if (i == SHOWN + 1)
            printf("  ...\n");
    }
}
