/* lib/test/match.c: which messages are meant. */
#include "lib/test/kit.h"

weft_match weft_match_any(void)
{
    return (weft_match){.kind = WEFT_MATCH_ANY};
}

weft_match weft_match_tag(uint32_t tag)
{
    return (weft_match){.kind = WEFT_MATCH_TAG, .tag = tag};
}

weft_match weft_match_word(uint32_t tag, uint64_t word)
{
    return (weft_match){.kind = WEFT_MATCH_WORD, .tag = tag, .word = word};
}

weft_match weft_match_type(const weft_type *type)
{
    return (weft_match){.kind = WEFT_MATCH_TYPE, .type = type};
}

weft_match weft_match_failure(int error)
{
    return (weft_match){.kind = WEFT_MATCH_FAILURE, .error = error};
}

weft_match weft_match_answer(weft_question question)
{
    return (weft_match){.kind = WEFT_MATCH_ANSWER, .word = question};
}

weft_match weft_match_if(weft_match_fn wanted, void *context, const char *text)
{
    return (weft_match){
        .kind = WEFT_MATCH_IF, .wanted = wanted, .context = context, .text = text};
}

weft_match weft_match_from(weft_match match, weft_pid from)
{
    match.from = from;
    return match;
}

static bool has_word(const weft_msg *msg, uint64_t word)
{
    size_t size;

    weft_payload(msg, &size);
    return weft_msg_type(msg) == NULL && size == sizeof word && weft_word(msg) == word;
}

/* A block is of the type it says; what is small says its tag and size only. */
static bool is_of_type(const weft_msg *msg, const weft_type *type)
{
    size_t size;

    if (weft_msg_type(msg) != NULL)
        return weft_see(msg, type) != NULL;
    weft_payload(msg, &size);
    return weft_tag(msg) == type->tag && size == type->size;
}

static bool is_failure(const weft_msg *msg, int error)
{
    return weft_failure(msg) != 0 && (error == 0 || weft_failure(msg) == error);
}

bool weft_matches(const weft_match *match, const weft_msg *msg)
{
    if (match->from != WEFT_NOBODY && match->from != weft_sender(msg))
        return false;
    switch (match->kind) {
    case WEFT_MATCH_ANY:
        return true;
    case WEFT_MATCH_TAG:
        return weft_tag(msg) == match->tag;
    case WEFT_MATCH_WORD:
        return weft_tag(msg) == match->tag && has_word(msg, match->word);
    case WEFT_MATCH_TYPE:
        return is_of_type(msg, match->type);
    case WEFT_MATCH_FAILURE:
        return is_failure(msg, match->error);
    case WEFT_MATCH_ANSWER:
        return match->word != 0 && weft_msg_question(msg) == match->word;
    case WEFT_MATCH_IF:
        return match->wanted(match->context, msg);
    }
    return false;
}
