// Result<T>: a value or an Error. Functions that can fail for a reason outside the program return it;
// exceptions are for start-up code only and never cross a C callback.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace persona {

/// Who is at fault; decides exit codes and log levels.
enum class ErrorKind {
  configuration,  ///< what the administrator wrote, or the files it names
  peer,           ///< what the other side of a connection did
  network,        ///< the network or the operating system
  internal,       ///< our own bug
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  ///< a sentence without a final full stop
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::network, "cannot bind {}: {}", address, why);`
template <class... Args>
tl::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace persona
