/* sched/survey.h: who talks to whom, and what follows from it. */
#ifndef WEFT_SCHED_SURVEY_H
#define WEFT_SCHED_SURVEY_H

#include "sched/domain.h"

enum survey_mode { SURVEY_OFF, SURVEY_TRIAL, SURVEY_MERGE };

/* Frees what surveys have allocated. */
void survey_free(struct domain *d);
bool survey_due(struct domain *d, uint64_t now);
bool survey_makes_sense(struct domain *d);
void survey_start(struct domain *d, enum survey_mode mode, uint64_t now);
/* A tick's part of a survey; at its end conversations are moved. */
void survey_step(struct worker *w, struct domain *d, uint64_t now);
/* A message leaves for a task of another domain while a survey is on. */
void survey_out(struct domain *d, const struct task *to, uint64_t from);
/* Once a millisecond: does mail between domains cost more than the work itself? */
void judge(struct domain *d, uint64_t now);

#endif
