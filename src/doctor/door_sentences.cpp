#include "door_sentences.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "gateway_sentences.hpp"
#include "http_answer.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/dialect/mysql_refusal.hpp"
#include "persona/dialect/recognise.hpp"
#include "persona/net/error.hpp"

namespace persona::doctor {

namespace {

constexpr std::size_t longest_quoted = 60;

std::string first_words(const std::string& words) {
  return in_quotes(utf8_prefix(words, longest_quoted));
}

/// "an SSH server", or what it said.
std::string who_says(const std::string& words) {
  const auto known = dialect::recognise(as_bytes(words));
  return known ? *known : fmt::format("a program that begins with {}", first_words(words));
}

std::string command_to_run(const config::Config& config) {
  return fmt::format("start it: persona run --config {}", shell_word(path_text(config.file)));
}

std::string who_may_connect(const config::Listen& listen) {
  std::string words =
      listen.mode ? fmt::format("its mode is {:04o}", *listen.mode) : "its mode is what the umask left";
  if (listen.group) {
    words += fmt::format(" and its group {}", printable(listen.group->value));
  }
  return words;
}

/// On one line.
std::string body_in_words(std::string_view words) {
  std::string_view body = http_body(words);
  std::string sentences;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    if (end > 0) {
      sentences += (sentences.empty() ? "" : "; ") + printable(body.substr(0, end));
    }
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return sentences;
}

}  // namespace

Step listen_step(const config::Config& config, const config::Listen& listen, const std::string& address,
                 const Knock::Answer& answer) {
  Step step{Kind::listen, State::good, address};
  step.took = answer.connected_in;
  if (answer.status == 0 && !answer.words.empty() && !config.protocol) {
    step.state = State::failed;
    step.sentence =
        fmt::format("at {} it is not persona that listens but {}", address, who_says(answer.words));
    step.fix = "stop that program, or give listen another port";
    return step;
  }
  if (answer.status == 0) {
    step.sentence = fmt::format("{} accepts connections: persona runs there", address);
    return step;
  }
  if (answer.status == UV_ETIMEDOUT || answer.status == UV_EAGAIN) {
    step.state = State::failed;
    step.sentence = fmt::format("{} is listened on, and nobody accepts what comes", address);
    step.fix =
        "the program there hangs, or has more connections than it takes: look at its log, and restart it";
    return step;
  }
  if (answer.status == UV_EACCES || answer.status == UV_EPERM) {
    step.state = State::failed;
    step.sentence =
        fmt::format("{} is there, and we may not connect to it: {}", address, who_may_connect(listen));
    step.fix = "run this as a user who may, or let more in by the mode and group of that entry of listen";
    return step;
  }
  step.state = State::note;
  step.sentence =
      answer.status == UV_ENOENT || answer.status == UV_ECONNREFUSED
          ? fmt::format("nobody listens at {}: persona does not run with this configuration", address)
          : fmt::format("{} cannot be connected to: {}", address, net::error_words(answer.status));
  step.fix = command_to_run(config);
  return step;
}

std::vector<Step> service_steps(const config::Config& config, const std::string& address,
                                const Knock::Answer& answer) {
  Step connect{Kind::connect, State::good, address,
               fmt::format("the service at {} accepts connections", address)};
  connect.took = answer.connected_in;
  if (answer.status != 0) {
    connect.state = State::failed;
    connect.sentence = answer.status == UV_ETIMEDOUT
                           ? fmt::format("the service at {} does not answer", address)
                           : fmt::format("cannot connect to the service at {}: {}", address,
                                         net::error_words(answer.status));
    if (answer.status == UV_ENOENT) {
      connect.fix = "there is no such socket: is the service running, and is that where it makes its socket";
    } else if (config.service->value.is_unix() && (answer.status == UV_EACCES || answer.status == UV_EPERM)) {
      connect.fix =
          "whoever runs persona may not use that socket: make that user a member of the socket's group (ls "
          "-l "
          "shows it)";
    } else {
      connect.fix = fix_for_connecting(answer.status, address);
    }
    return {connect};
  }
  if (!answer.words.empty()) {
    const auto refusal = dialect::mysql_refusal(as_bytes(answer.words));
    Step greets{Kind::service, State::good, address,
                refusal ? fmt::format("it refuses connections and says {}", in_quotes(*refusal))
                        : fmt::format("it greets as {}", who_says(answer.words))};
    if (refusal) {
      greets.state = State::failed;
      greets.fix = "have the service admit the address of this machine, or see who uses up its connections";
    }
    return {connect, greets};
  }
  if (answer.ended) {
    return {connect,
            {Kind::service, State::warning, address, "it ends the connection at once, without a word",
             "does it admit connections from this machine (its list of addresses, TCP wrappers)? Its log "
             "says why"}};
  }
  return {connect};
}

std::string why_no_answer(const std::string& address, const Knock::Answer& answer) {
  if (answer.status == UV_ETIMEDOUT) {
    return fmt::format("the persona at admin.listen ({}) does not answer", address);
  }
  if (answer.status != 0) {
    return fmt::format("nobody answers administrators at {}: {}", address, net::error_words(answer.status));
  }
  if (http_status(answer.words) != 0) {
    return "";
  }
  return answer.words.empty()
             ? fmt::format("who listens at admin.listen ({}) says nothing", address)
             : fmt::format("at admin.listen ({}) is not persona but {}", address, who_says(answer.words));
}

std::string why_not_ready(const std::string& address, const Knock::Answer& answer) {
  if (std::string why = why_no_answer(address, answer); !why.empty()) {
    return why;
  }
  switch (const int status = http_status(answer.words)) {
    case 200:
      return "";
    case 503:
      return fmt::format("the persona at {} is not ready: {}", address, body_in_words(answer.words));
    default:
      return fmt::format("who answers at admin.listen ({}) is not persona: its status is {}", address,
                         status);
  }
}

Step admin_step(const config::Config& config, const std::string& address, const Knock::Answer& answer) {
  Step step{Kind::admin, State::good, address,
            fmt::format("persona runs, and says at {} that it is ready", address)};
  step.took = answer.connected_in;
  if (std::string why = why_not_ready(address, answer); !why.empty()) {
    const bool nobody = answer.status == UV_ENOENT || answer.status == UV_ECONNREFUSED;
    step.state = nobody ? State::note : State::failed;
    step.sentence = std::move(why);
    step.fix = nobody ? command_to_run(config)
               : answer.status == UV_EACCES || answer.status == UV_EPERM
                   ? "run this as a user who may connect to that socket: admin.mode and admin.group say who"
                   : "see what listens there, and what its log says";
  }
  return step;
}

}  // namespace persona::doctor
