#include "persona/doctor/readiness.hpp"

#include <utility>

#include <fmt/format.h>

#include "door_sentences.hpp"
#include "doors.hpp"
#include "http_answer.hpp"
#include "persona/net/error.hpp"

namespace persona::doctor {

namespace {

std::string why_not_listening(const std::string& where, const Knock::Answer& answer) {
  switch (answer.status) {
    case 0:
    case UV_EADDRNOTAVAIL:  // persona passes over an address of a name that this machine lacks
    case UV_EAFNOSUPPORT:
      return "";
    case UV_ECONNREFUSED:
    case UV_ENOENT:
      return fmt::format("nobody listens at {}", where);
    case UV_ETIMEDOUT:
    case UV_EAGAIN:
      return fmt::format("{} is listened on, and nobody accepts what comes", where);
    default:
      return fmt::format("cannot connect to {}: {}", where, net::error_words(answer.status));
  }
}

}  // namespace

Readiness::Readiness(net::Loop& loop, net::HandleOwner& owner, net::Resolver& resolver,
                     const std::vector<config::Config>& configs, Done done)
    : loop_(loop), owner_(owner), resolver_(resolver), done_(std::move(done)) {
  for (const config::Config& config : configs) {
    if (config.admin) {
      ask(config, config.admin->value, true);
      continue;
    }
    for (const config::Listen& listen : config.listen) {
      ask(config, listen.value, false);
    }
  }
}

Readiness::~Readiness() = default;

void Readiness::ask(const config::Config& config, const Endpoint& endpoint, bool is_admin) {
  Knock::Manner manner;
  manner.patience = patience;
  if (is_admin) {
    manner.request = http_request("GET", "/readyz");
    manner.longest = longest_readiness;
  }
  const auto words = [is_admin](const std::string& where, const Knock::Answer& answer) {
    const std::string why = is_admin ? why_not_ready(where, answer) : why_not_listening(where, answer);
    return std::vector{
        Step{is_admin ? Kind::admin : Kind::listen, why.empty() ? State::good : State::failed, where, why}};
  };
  const auto done = [this](const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (step.state == State::failed || step.state == State::warning) {
        why_not_.push_back(step.sentence);
      }
    }
    ended();
  };
  doors_.push_back(
      std::make_unique<Doors>(Round::Plan{loop_, owner_, resolver_, config.name, door_of(endpoint), patience},
                              std::move(manner), words, done));
}

void Readiness::ended() {
  if (++ended_ == doors_.size()) {
    const Done done = std::exchange(done_, nullptr);
    done(why_not_);
  }
}

}  // namespace persona::doctor
