// Asks the persona that runs at an address of `admin.listen`, as `persona sessions` does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"

namespace persona::doctor {

/// What it answered.
struct AdminAnswer {
  int status = 0;  ///< HTTP's: 200
  std::string body{};
};

/// Blocks, for a program that does nothing else. Every address of a name is asked at the same time, and the
/// best answer counts: persona listens at all of them, and there is one persona. `target`: the path, with its
/// query. An error is a sentence that says what is at that address instead.
Result<AdminAnswer> ask_persona(const Endpoint& admin, std::string_view method, std::string_view target);

}  // namespace persona::doctor
