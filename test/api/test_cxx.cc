/* test_cxx.cc: aim: the header does in C++17 what it does in C: behaviours, messages, states
 * with constructors, steps that are lambdas or templates.
 * Method: a small program of each kind, whose actors say by weft_exit whether they are content. */
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include <weft.h>

#include "test/support/unit_types.h"

#include <criterion/criterion.h>

TestSuite(cxx, .timeout = 60);

/* --- declarations --- */

#define PAIR_FIELDS(F) F(int32_t, first) F(double, second)
WEFT_MESSAGE(pair, 300, PAIR_FIELDS)

#define TEXT_FIELDS(F) F(std::string *, text) F(char, array[4])
static void text_done(void *object);
WEFT_BLOCK(text, 301, TEXT_FIELDS, text_done)

static int texts_done;

static void text_done(void *object)
{
    delete static_cast<struct text *>(object)->text;
    texts_done++;
}

static_assert(std::is_trivially_copyable<weft_letter>::value, "a letter is a value");
static_assert(std::is_trivially_copyable<weft_options>::value, "options are a value");
static_assert(std::is_same<weft_pid, uint64_t>::value, "a pid is 64 bits");
static_assert(pair_tag == 300 && text_tag == 301, "tags are constants");

static weft_next content(weft_self *self, void *, weft_msg *msg)
{
    weft_exit(self, static_cast<int>(weft_word(msg)));
    return weft_stop(self);
}

static weft_next ready(weft_self *self, void *, const void *)
{
    return weft_stay(self);
}

static void stopped(weft_self *, void *, const weft_reason *)
{
}

static void destroyed(void *)
{
}

struct alignas(64) wide {
    char bytes[100];
};

static constexpr weft_behavior least = WEFT_STATELESS("least", content);
static constexpr weft_behavior most =
    WEFT_BEHAVIOR("most", wide, content, ready, stopped, destroyed, 8);
static_assert(least.state_size == 0 && least.state_align == 1 && least.init == nullptr &&
                  least.stop == nullptr && least.destroy == nullptr &&
                  least.args_size == 0,
              "what is not given is 0");
static_assert(most.state_size == sizeof(wide) && most.state_align == 64 &&
                  most.args_size == 8,
              "known at compile time");

Test(cxx, behaviours_have_their_members_by_position)
{
    cr_expect_str_eq(most.name, "most");
    cr_expect(most.step == content);
    cr_expect(most.init == ready);
    cr_expect(most.stop == stopped);
    cr_expect(most.destroy == destroyed);
}

/* --- a program --- */

static weft_runtime *start()
{
    weft_runtime *rt = nullptr;
    weft_options options;

    weft_options_init(&options);
    options.workers = 2;
    options.actors_max = 1000;
    cr_assert_eq(weft_start(&rt, &options), 0);
    return rt;
}

Test(cxx, an_actor_lives_and_ends)
{
    weft_runtime *rt = start();
    weft_pid pid = WEFT_NOBODY;

    cr_assert_eq(weft_rt_spawn(rt, &least, nullptr, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, 1, 3), 0);
    cr_expect_eq(weft_run(rt), 3);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

/* --- a state with a constructor, a step from a template --- */

class collector {
  public:
    explicit collector(int expected) : expected_(expected)
    {
        alive++;
    }

    ~collector()
    {
        alive--;
    }

    collector(const collector &) = delete;
    collector &operator=(const collector &) = delete;

    weft_next step(weft_self *self, weft_msg *msg)
    {
        struct pair pair;

        if (const struct text *text = text_at(msg))
            all_.push_back(*text->text + text->array);
        else if (pair_get(msg, &pair))
            all_.push_back(std::to_string(pair.first) + (pair.second > 0.4 ? "+" : "-"));
        if (static_cast<int>(all_.size()) < expected_)
            return weft_stay(self);
        weft_exit(self, all_ == std::vector<std::string>{"-1+", "a textabc"} ? 0 : 1);
        return weft_stop(self);
    }

    static int alive;

  private:
    std::vector<std::string> all_;
    int expected_;
};

int collector::alive;

template <class State, class Args>
static weft_next construct(weft_self *self, void *state, const void *args)
{
    new (state) State(*static_cast<const Args *>(args));
    return weft_stay(self);
}

template <class State>
static weft_next step_of(weft_self *self, void *state, weft_msg *msg)
{
    return static_cast<State *>(state)->step(self, msg);
}

template <class State> static void destruct(void *state)
{
    static_cast<State *>(state)->~State();
}

Test(cxx, a_state_may_have_a_constructor_and_messages_own_objects)
{
    static constexpr weft_behavior behavior = WEFT_BEHAVIOR(
        "collector", collector, step_of<collector>, (construct<collector, int>), nullptr,
        destruct<collector>, sizeof(int));
    const struct text text = {new std::string("a text"), "abc"};
    weft_runtime *rt = start();
    weft_pid pid = WEFT_NOBODY;
    const int expected = 2;

    cr_assert_eq(weft_rt_spawn(rt, &behavior, &expected, &pid), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, pair_msg(-1, 0.5)), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, text_msg(&text)), 0);
    cr_expect_eq(weft_run(rt), 0);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
    cr_expect_eq(texts_done, 1);
    cr_expect_eq(collector::alive, 0);
}

/* --- lambdas, references between actors, types of a C file --- */

Test(cxx, steps_may_be_lambdas_and_types_are_shared_with_C)
{
    static constexpr weft_behavior doubling = WEFT_STATELESS(
        "doubling", [](weft_self *self, void *, weft_msg *msg) -> weft_next {
            struct point point;

            if (!point_get(msg, &point))
                return weft_fail(self, 1, "no point");
            weft_exit(self, point.x * 2 + point.y);
            return weft_stay(self);
        });
    weft_runtime *rt = start();
    weft_pid pid = WEFT_NOBODY;

    cr_assert_eq(weft_rt_spawn(rt, &doubling, nullptr, &pid), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, other_point_msg(20, 2)), 0);
    cr_expect_eq(weft_run(rt), 42);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

struct from_afar {
    weft_pid other;
    int count;
};

static weft_next returning(weft_self *self, void *state, weft_msg *msg)
{
    auto *from = static_cast<from_afar *>(state);

    if (weft_word(msg) == 0) {
        weft_exit(self, from->count);
        return weft_stop(self);
    }
    from->count++;
    if (weft_sender(msg) == WEFT_NOBODY)
        return weft_cast_word(self, from->other, 1, weft_word(msg)) == 0
                   ? weft_stay(self)
                   : weft_stop(self);
    weft_reply_word(self, msg, 1, weft_word(msg) - 1);
    return weft_stay(self);
}

Test(cxx, actors_talk_to_each_other)
{
    static constexpr weft_behavior ball = WEFT_BEHAVIOR(
        "ball", from_afar, returning, nullptr, nullptr, nullptr, sizeof(from_afar));
    weft_runtime *rt = start();
    from_afar args = {WEFT_NOBODY, 0};

    cr_assert_eq(weft_rt_spawn(rt, &ball, &args, &args.other), 0);
    weft_pid pid = WEFT_NOBODY;
    cr_assert_eq(weft_rt_spawn(rt, &ball, &args, &pid), 0);
    cr_assert_eq(weft_rt_cast_word(rt, pid, 1, 1000), 0);
    cr_expect_eq(weft_run(rt), 500); /* the even numbers from 1000 to 2 */
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
}

/* --- letters that own, and handles --- */

enum : uint32_t { TAG_QUIT = 302, TAG_PLEASE_QUIT };

static weft_letter politely(weft_letter letter)
{
    return weft_word_letter(TAG_QUIT, letter.word[0]);
}

WEFT_INTERFACE(quitting, politely, TAG_PLEASE_QUIT)

/* A letter as a member: kept, and given up with its owner. */
class drawer {
  public:
    explicit drawer(const weft_pid &) : kept_(weft_no_letter())
    {
    }

    ~drawer()
    {
        weft_letter_drop(kept_);
    }

    drawer(const drawer &) = delete;
    drawer &operator=(const drawer &) = delete;

    weft_next step(weft_self *self, weft_msg *msg)
    {
        if (weft_tag(msg) == TAG_QUIT) {
            weft_exit(self, static_cast<int>(weft_word(msg)));
            return weft_stay(self);
        }
        const auto handle = weft_handle_make(weft_self_pid(self), &quitting);
        const bool is_own = text_at(msg) != nullptr;
        const struct text *text = text_see(msg);

        if (is_own && weft_share(self, weft_take(self, msg), &kept_) == 0)
            return weft_cast(self, weft_self_pid(self), weft_letter_copy(&kept_)) == 0
                       ? weft_stay(self)
                       : weft_stop(self);
        const bool is_same = text == weft_letter_see(&kept_, &text_type);
        const bool is_refused =
            weft_handle_cast(self, handle, weft_signal(TAG_QUIT)) == WEFT_ETYPE;
        weft_handle_cast(
            self, handle,
            weft_word_letter(TAG_PLEASE_QUIT, is_same && is_refused ? 7 : 8));
        return weft_stay(self);
    }

  private:
    weft_letter kept_;
};

Test(cxx, letters_are_kept_and_shared_and_handles_convert)
{
    static constexpr weft_behavior behavior =
        WEFT_BEHAVIOR("drawer", drawer, step_of<drawer>, (construct<drawer, weft_pid>),
                      nullptr, destruct<drawer>, sizeof(weft_pid));
    const struct text text = {new std::string("a text"), "abc"};
    const weft_pid nobody = WEFT_NOBODY;
    weft_runtime *rt = start();
    weft_pid pid = WEFT_NOBODY;

    texts_done = 0;
    cr_assert_eq(weft_rt_spawn(rt, &behavior, &nobody, &pid), 0);
    cr_assert_eq(weft_rt_cast(rt, pid, text_msg(&text)), 0);
    cr_expect_eq(weft_run(rt), 7);
    cr_expect_eq(weft_finish(rt, WEFT_FOREVER), 0);
    cr_expect_eq(texts_done, 1);
}

Test(cxx, constants_and_functions_of_the_header_are_there)
{
    char text[WEFT_PID_TEXT];
    weft_stats stats = {};

    cr_expect_str_eq(weft_version(), WEFT_VERSION);
    cr_expect_str_eq(weft_err_name(WEFT_ENOMEM), "WEFT_ENOMEM");
    cr_expect_str_eq(weft_pid_text(WEFT_NOBODY, text), "<nobody>");
    cr_expect_eq(sizeof stats.dead / sizeof *stats.dead,
                 static_cast<size_t>(WEFT_DEAD_LETTER_REASONS));
    cr_expect_eq(weft_signal(7).tag, 7);
    cr_expect_eq(weft_small(7, nullptr, 0).size, 0);
    cr_expect_eq(weft_word_letter(7, 8).word[0], 8);
}
