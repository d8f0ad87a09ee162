#include "persona/doctor/question.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "door_sentences.hpp"
#include "doors.hpp"
#include "http_answer.hpp"
#include "persona/net/loop.hpp"

namespace persona::doctor {

namespace {

class Question final : public net::HandleOwner {
 public:
  Question(net::Loop& loop, const Endpoint& admin, std::string request)
      : loop_(loop),
        doors_(
            Round::Plan{loop, *this, resolver_, "persona", door_of(admin), answer_within},
            manner_for(std::move(request)),
            [this](const std::string& where, const Knock::Answer& answer) {
              return std::vector{heard(where, answer)};
            },
            [this](const std::vector<Step>& steps) { ended(steps); }) {}

  /// Runs the loop.
  Result<AdminAnswer> run() {
    loop_.run();
    if (answer_) {
      return std::move(*answer_);
    }
    return fail(ErrorKind::network, "{}", why_not_);
  }

 private:
  static constexpr Milliseconds answer_within{10'000};
  static constexpr std::size_t longest_answer = std::size_t{4} * 1024 * 1024;

  static Knock::Manner manner_for(std::string request) {
    Knock::Manner manner;
    manner.patience = answer_within;
    manner.request = std::move(request);
    manner.longest = longest_answer;
    return manner;
  }

  void on_handles_closed() override {}

  Step heard(const std::string& where, const Knock::Answer& answer) {
    Step step{Kind::admin, State::good, where, why_no_answer(where, answer)};
    if (step.sentence.empty() && !answer.ended) {
      step.sentence = fmt::format("the persona at {} has not answered in full within {}", where,
                                  format_duration(answer_within));
    }
    if (!step.sentence.empty()) {
      step.state = State::failed;
      return step;
    }
    AdminAnswer heard{http_status(answer.words), std::string(http_body(answer.words))};
    if (!answer_ || answer_->status != 200) {
      answer_ = std::move(heard);
    }
    return step;
  }

  void ended(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (why_not_.empty() && (step.state == State::failed || step.state == State::warning)) {
        why_not_ = step.sentence;
      }
    }
    loop_.finish();
  }

  net::Loop& loop_;
  net::Resolver resolver_;
  std::optional<AdminAnswer> answer_;
  std::string why_not_;  // the first address's reason
  Doors doors_;
};

}  // namespace

Result<AdminAnswer> ask_persona(const Endpoint& admin, std::string_view method, std::string_view target) {
  auto loop = net::Loop::create();
  if (!loop) {
    return tl::unexpected(loop.error());
  }
  Result<AdminAnswer> answer = Question(**loop, admin, http_request(method, target)).run();
  if (!(*loop)->close()) {
    return fail(ErrorKind::internal, "loop not closed: a handle leaked; please report this");
  }
  return answer;
}

}  // namespace persona::doctor
