// Why `persona run` does not start, and with which exit code it ends.
#pragma once

#include <string>

#include "persona/base/result.hpp"
#include "persona/host/service_exit.hpp"

namespace persona::cli {

struct Refusal {
  host::ServiceExit end;
  std::string message;
};

inline tl::unexpected<Refusal> refuse(const Error& error) {
  const bool is_configuration = error.kind == ErrorKind::configuration;
  return tl::unexpected(Refusal{
      is_configuration ? host::ServiceExit::configuration : host::ServiceExit::failure, error.message});
}

inline tl::unexpected<Refusal> refuse_address(const Error& error) {
  return tl::unexpected(Refusal{host::ServiceExit::address, error.message});
}

}  // namespace persona::cli
