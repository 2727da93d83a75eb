/* sched/tuning.h: the scheduler's constants, each with its reason. Most were found by
 * sweeps on two cores (docs/scheduling.md has the figures); none is a promise. Times are in
 * nanoseconds. */
#ifndef WEFT_SCHED_TUNING_H
#define WEFT_SCHED_TUNING_H

enum {
    /* --- ring and turns --- */
    SEGMENT_RECORDS = 494, /* 16 KiB with header, end mark and PREFETCH spare slots */
    PREFETCH = 16,         /* records ahead, when tasks are not in the cache */
    FAR_RECORDS = 4096,    /* which they are not if so many wait */
    NEWBORNS_MAX =
        4096, /* depth of a spawn tree that stays depth-first; more go to the ring */
    NEWBORN_TURNS = 32, /* newborns and the ring take turns by so many */
    SPAN_MAX = 128,     /* turns between two ticks, at most: a tick costs 20 ns */
    TICK_NS = 4000,     /* and so much time: longer, and thieves park between two looks */
    LONG_BACKLOG = 16384, /* records of one task in the ring before it gets a queue */
    QUEUE_NS =
        100000,       /* the turn of a queued task: it must not fall behind its senders */
    QUEUE_FEW = 8,    /* messages with which a queue is given up */
    QUEUE_CHECK = 64, /* messages of it between two looks at the clock, at most */
    CONTROL_TURNS =
        64, /* tasks whose control mail is acted on between two batches of turns */
    NEWBORN_AGE_NS = 2000000, /* the oldest newborn joins the ring after so long; each may
                                 open a tree of spawns, so not sooner */

    /* --- outbox --- */
    OUTBOX_BOXES = 64, /* direct-mapped by slot */
    DRAIN_BEAT = 4096, /* nodes drained between two signs of life */
    OUTBOX_CHAIN = 64, /* mail to one task that is published at once: far cores need 64 */

    /* --- offering work --- */
    COSTLY_NS = 75, /* a turn this dear is worth another core; 50 hurts cheap loads */
    DEAR_NS =
        100000, /* turns must have been dear for so long: a burst of dear ones at the
                              start of a cheap load would split it */
    OFFER_WINDOW = 256,  /* oldest records that are looked at */
    OFFER_MAX = 32,      /* tasks offered at a time */
    STEAL_MAX = 16,      /* tasks stolen at a time */
    OFFER_BACK = 64,     /* unfetched offers taken back at a time */
    BACKLOG_NS = 10000,  /* work that must wait before a sleeper is woken for it */
    WAKE_NS = 50000,     /* between two wake-ups for surplus: each costs 7 us */
    BALANCE_NS = 500000, /* an offer that nobody fetched, and balancing: between two */
    GAIN_NS = 4000,      /* a newborn must keep its thief busy so long to have paid */
    GAIN_BACKOFF_MIN_NS = 50000,
    GAIN_BACKOFF_MAX_NS = 20000000,

    /* --- who talks to whom (sched/survey.c) --- */
    SURVEY_TASKS = 4096, /* tasks that a survey follows: 180 KB of table */
    SURVEY_HASH = 8192,  /* a power of two, twice as many */
    SURVEY_SCAN = 256,   /* records read at a tick */
    SURVEY_MIN = 128,    /* records for a verdict, at least */
    SURVEY_SEEN = 16,    /* and so many for each task: a 5 % edge is seen 4 times in 5 */
    SURVEY_RECORDS = 1 << 18,  /* or give up */
    SURVEY_NS = 20000000,      /* or give up */
    SURVEY_BACKLOG = 2,        /* records in the ring for a survey to make sense */
    SURVEY_BELOW_NS = 1000,    /* dearer turns are spread at once, whoever they talk to */
    SURVEY_PAUSE_NS = 4000000, /* after "one piece": a look costs 3 us */
    SURVEY_SHARE = 50,         /* and 50 times what it took: at most 2 % of a core */
    JUDGE_NS = 1000000,        /* between two looks at the mail between domains */
    JUDGE_MAIL = 64,           /* fewer messages are no traffic */
    MAIL_NS = 200,             /* what a message between domains costs both together */
    TURN_NS = 4,               /* floor of a turn's own cost */
    BLAME_NS = 20000000,       /* traffic within this time of a move was caused by it */
    CALM_NS = 100000000,       /* quiet for so long: bad moves are forgotten */
    TRIAL_MIN_NS = 4000000,    /* back-off of moves that turned out bad */
    TRIAL_MAX_NS = 256000000,
    MERGE_PAUSE_MAX_NS = 64000000,
    FOLLOW =
        8, /* calls in a row from elsewhere before a task follows its caller: 2 bounced */

    /* --- timers --- */
    WHEEL_TICK_NS =
        1000000, /* the wheel's ticks are at most so long: half of it, on average */
    TIMERS_AT_ONCE = 1024, /* tasks looked at between two batches of turns: 0.2 ms */

    /* --- stuck steps, sleeping --- */
    STUCK_NS =
        1000000, /* a step this long has its neighbours moved: 1 ms is a kernel tick */
    FLOOD_NS = 200000000,     /* a step that fills segments counts as alive for so long */
    WATCH_QUIET = 16,         /* looks at sleepers only before a watch ends */
    WATCH_NS = 100000,        /* between two looks at whether somebody watches */
    WATCH_EVERY_NS = 1000000, /* a watching sleeper looks so often */
    REPORT_AGAIN_NS = 1000000, /* a report there was no memory for */
    SPINS = 400,    /* looks around before sleeping: 10 us; a wake-up costs 7 to 20 */
    SPIN_CHECK = 64 /* spins between two looks at the clock */
};

#endif
