#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/broker/broker.hpp"
#include "persona/net/child.hpp"
#include "persona/spiffe/stream.hpp"

namespace persona::spiffe {

namespace {

namespace fs = std::filesystem;

/// In a child that has nothing open but its standard streams and `control`.
void become(std::vector<std::string> words, const net::Socket& control) {
  words.push_back(std::to_string(control.get()));
  const std::vector<char*> arguments = net::pointers_to(words);
  static_cast<void>(fcntl(control.get(), F_SETFD, 0));  // which is to live on
  static_cast<void>(execve(arguments.front(), arguments.data(), environ));
  std::fprintf(stderr, "persona: cannot start %s: %s\n", words.front().c_str(),
               std::generic_category().message(errno).c_str());
}

}  // namespace

bool agents_are_supported() {
  return true;
}

fs::path client_program() {
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  return ((failed ? fs::path(PERSONA_INSTALLED_IN) : self.parent_path()) / PERSONA_SPIFFE_PROGRAM)
      .lexically_normal();
}

Result<net::Socket> start_client(const Endpoint& agent, bool confined) {
  const fs::path program = client_program();
  if (access(program.c_str(), X_OK) != 0) {
    return fail(
        ErrorKind::configuration,
        "the program that asks a SPIFFE agent is not installed: {} ({}). It is in the package "
        "persona-spiffe, and comes with a persona that was built where gRPC is (Debian: libgrpc++-dev, "
        "libprotobuf-dev and protobuf-compiler-grpc)",
        printable(path_text(program)), std::generic_category().message(errno));
  }
  return broker::start_beside("persona-spiffe", [&](const net::Socket& control) {
    become({program.string(), agent.to_string(), confined ? "confined" : "free"}, control);
  });
}

}  // namespace persona::spiffe
