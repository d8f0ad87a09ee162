#include "persona/doctor/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::doctor {

namespace {

// ECMA-48 section 8.3.117.
std::string_view colour_of(State state) {
  switch (state) {
    case State::good:
      return "\x1b[32m";
    case State::note:
      return "\x1b[36m";
    case State::warning:
      return "\x1b[33m";
    case State::failed:
      return "\x1b[1;31m";
  }
  return "";
}

std::string_view word_of(State state) {
  return state == State::warning ? "warn" : state == State::failed ? "FAIL" : to_string(state);
}

std::string verdict(const Report& report) {
  const auto count = [&](State state) {
    return std::count_if(report.steps.begin(), report.steps.end(),
                         [&](const Step& step) { return step.state == state; });
  };
  const auto failed = count(State::failed);
  const auto warnings = count(State::warning);
  std::string words = failed == 0   ? "nothing has failed"
                      : failed == 1 ? "1 step has failed"
                                    : fmt::format("{} steps have failed", failed);
  if (warnings > 0) {
    words += fmt::format(", {} warning{}", warnings, warnings == 1 ? "" : "s");
  }
  return words;
}

nlohmann::ordered_json to_json(const Step& step) {
  nlohmann::ordered_json one{{"step", to_string(step.kind)}, {"state", to_string(step.state)}};
  if (!step.address.empty()) {
    one["address"] = step.address;
  }
  one["sentence"] = step.sentence;
  if (!step.fix.empty()) {
    one["fix"] = step.fix;
  }
  if (step.took) {
    one["milliseconds"] = step.took->count();
  }
  return one;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::configuration:
      return "configuration";
    case Kind::certificate:
      return "certificate";
    case Kind::access:
      return "access";
    case Kind::listen:
      return "listen";
    case Kind::admin:
      return "admin";
    case Kind::lookup:
      return "lookup";
    case Kind::connect:
      return "connect";
    case Kind::proxy:
      return "proxy";
    case Kind::negotiate:
      return "negotiate";
    case Kind::handshake:
      return "handshake";
    case Kind::accept:
      return "accept";
    case Kind::service:
      return "service";
  }
  return "";
}

std::string_view to_string(State state) {
  switch (state) {
    case State::good:
      return "ok";
    case State::note:
      return "note";
    case State::warning:
      return "warning";
    case State::failed:
      return "failed";
  }
  return "";
}

bool Report::good() const {
  return std::none_of(steps.begin(), steps.end(),
                      [](const Step& step) { return step.state == State::failed; });
}

std::string render_text(const Report& report, bool colour) {
  const auto word = [&](State state) {
    const std::string padded = fmt::format("{:<4}", word_of(state));
    return colour ? fmt::format("{}{}\x1b[0m", colour_of(state), padded) : padded;
  };
  std::string text =
      fmt::format("{} ({}): {}\n", printable(report.service), printable(path_text(report.file)),
                  report.mode == config::Mode::persona ? "plaintext in, mTLS out" : "mTLS in, plaintext out");
  for (const Step& step : report.steps) {
    text += fmt::format("  {}  {:<13}  {}", word(step.state), to_string(step.kind), printable(step.sentence));
    if (step.took) {
      text += fmt::format(" ({} ms)", step.took->count());
    }
    text += "\n";
    if (!step.fix.empty()) {
      text += fmt::format("  {:21}what to do: {}\n", "", printable(step.fix));
    }
  }
  return text + fmt::format("  {}  {}\n", word(report.good() ? State::good : State::failed), verdict(report));
}

std::string render_json(const std::vector<Report>& reports) {
  nlohmann::ordered_json root{
      {"ok", std::all_of(reports.begin(), reports.end(), [](const Report& one) { return one.good(); })}};
  root["services"] = nlohmann::ordered_json::array();
  for (const Report& report : reports) {
    nlohmann::ordered_json one{{"name", report.service},
                               {"file", path_text(report.file)},
                               {"mode", report.mode == config::Mode::persona ? "persona" : "gateway"},
                               {"ok", report.good()}};
    one["steps"] = nlohmann::ordered_json::array();
    for (const Step& step : report.steps) {
      one["steps"].push_back(to_json(step));
    }
    root["services"].push_back(std::move(one));
  }
  // What peers have sent is not always UTF-8.
  return root.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace persona::doctor
