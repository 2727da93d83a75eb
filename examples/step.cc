/* step.cc: actors whose steps are C++.
 *
 * The header compiles as C++17, and a step is a plain function: nothing stands between.
 * What C++ adds is here in two small templates: a state with a constructor and a
 * destructor, and a step that may throw. */
#include <cstdio>
#include <exception>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include <weft.h>

enum : uint32_t { TAG_WORD = 1, TAG_REPORT };
enum { FAIL_THROWN = 1 };

/* --- the glue: what a C++ program writes once --- */

/* A State is made from the args in the zeroed memory, and unmade when all is over. */
template <class State, class Args>
weft_next construct(weft_self *self, void *state, const void *args)
{
    new (state) State(*static_cast<const Args *>(args));
    return weft_stay(self);
}

template <class State> void destruct(void *state)
{
    static_cast<State *>(state)->~State();
}

/* No exception may leave a step: it is the actor's failure. */
template <class State, weft_next (State::*handle)(weft_self *, weft_msg *)>
weft_next guarded(weft_self *self, void *state, weft_msg *msg)
{
    try {
        return (static_cast<State *>(state)->*handle)(self, msg);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "step.cc: %s\n", error.what());
        weft_exit(self, 1);
        return weft_fail(self, FAIL_THROWN, "an exception");
    }
}

/* --- messages: a block is copied byte by byte, so it holds a pointer to the string --- */

#define WORD_FIELDS(F) F(std::string *, text)
static void word_done(void *object);
WEFT_BLOCK(word, TAG_WORD, WORD_FIELDS, word_done)

static void word_done(void *object)
{
    delete static_cast<word *>(object)->text;
}

/* --- the index: counts words, and checks what it counted when it is asked --- */

class index_of_words {
  public:
    explicit index_of_words(const size_t &expected) : expected_(expected)
    {
    }

    weft_next reading(weft_self *self, weft_msg *msg)
    {
        if (const word *word = word_at(msg)) {
            if (word->text->empty())
                throw std::invalid_argument("an empty word");
            counts_[*word->text]++;
        } else if (weft_tag(msg) == TAG_REPORT) {
            for (const auto &[text, count] : counts_)
                std::printf("%-6s %d\n", text.c_str(), count);
            weft_exit(self, counts_.size() == expected_ ? 0 : 1);
        }
        return weft_stay(self);
    }

  private:
    std::map<std::string, int> counts_;
    size_t expected_;
};

static constexpr weft_behavior word_index = WEFT_BEHAVIOR(
    "index", index_of_words, (guarded<index_of_words, &index_of_words::reading>),
    (construct<index_of_words, size_t>), nullptr, destruct<index_of_words>,
    sizeof(size_t));

/* --- main: deals out the words of a text --- */

static int read_text(weft_runtime *rt, const std::string &text)
{
    const size_t different_words = 9;
    weft_pid pid = WEFT_NOBODY;
    int code = weft_rt_spawn(rt, &word_index, &different_words, &pid);

    for (size_t from = 0; code == 0 && from < text.size();) {
        const size_t to = text.find(' ', from);
        const word word = {new std::string(text, from, to - from)};

        code = weft_rt_cast(rt, pid, word_msg(&word));
        from = to == std::string::npos ? to : to + 1;
    }
    if (code == 0)
        code = weft_rt_cast_word(rt, pid, TAG_REPORT, 0);
    return code == 0 ? weft_run(rt) : code;
}

int main()
{
    weft_runtime *rt = nullptr;
    int code = weft_start(&rt, nullptr);

    if (code == 0)
        code =
            read_text(rt, "the warp is fixed and the weft goes over and under the warp");
    if (code < 0)
        std::fprintf(stderr, "step.cc: %s\n", weft_strerror(code));
    return weft_finish(rt, WEFT_SEC(30)) == 0 && code == 0 ? 0 : 1;
}
