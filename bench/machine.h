/* machine.h: what the machine charges for the things that a runtime is made of. */
#ifndef WEFT_BENCH_MACHINE_H
#define WEFT_BENCH_MACHINE_H

#define MACHINE_LOCKED_NS 4.5 /* a locked read-modify-write where the targets hold */

struct machine {
    char processor[80];   /* its name, as the kernel says it */
    unsigned processors;  /* that this process may use */
    double locked_ns;     /* an uncontended locked read-modify-write */
    double touch_ns;      /* the first touch of a page of 4 KiB */
    double touch_huge_ns; /* the same of 2 MiB, in a huge page if the kernel gives one */
    double round_trip_ns; /* of a cache line between two processors; 0 if there is one */
};

/* Says which machine it is: its processors. The rest is 0. @machine fills. */
void machine_identify(struct machine *machine);

/* Measures it as well: a fraction of a second. @machine fills. */
void machine_measure(struct machine *machine);

#endif
