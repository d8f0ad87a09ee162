// What was found out about one service, as data, as text and as JSON.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/duration.hpp"
#include "persona/config/config.hpp"

namespace persona::doctor {

enum class Kind {
  configuration,  ///< a finding of `persona check`
  certificate,    ///< our own
  access,         ///< who may come in, as far as that can be told without a client
  listen,         ///< is somebody at our own address
  admin,          ///< what a persona that runs says of itself
  lookup,         ///< of a name that is dialled
  connect,
  proxy,      ///< `gateway.via`: whether it opens a way to the gateway
  negotiate,  ///< `gateway.negotiate`
  handshake,
  accept,   ///< whether the gateway lets us in
  service,  ///< mode gateway: what the service does once it is connected
};

enum class State {
  good,
  note,     ///< worth knowing, and neither good nor bad
  warning,  ///< to be looked at; connections work all the same
  failed,
};

std::string_view to_string(Kind kind);
std::string_view to_string(State state);

/// One thing that was tried. Both sentences are for people, without a full stop.
struct Step {
  Kind kind;
  State state;
  std::string address;     ///< of whom it is; empty: of the service as a whole
  std::string sentence{};  ///< what happened, and on failure the cause
  std::string fix{};       ///< what to do next; empty: nothing, or the sentence says it
  std::optional<Milliseconds> took{};
};

struct Report {
  std::string service;
  std::filesystem::path file;
  config::Mode mode = config::Mode::persona;
  std::vector<Step> steps{};

  /// No step has failed.
  bool good() const;
};

/// One line for each step, and one for its fix; ends with a line end. `colour`: with escape sequences of
/// ECMA-48.
std::string render_text(const Report& report, bool colour);

/// An object with every service; ends with a line end.
std::string render_json(const std::vector<Report>& reports);

}  // namespace persona::doctor
