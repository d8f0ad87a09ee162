// What a process and the one that replaces it say to each other: lines of JSON, with descriptors beside them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"

namespace persona::handover {

/// A socket that is passed beside the line.
struct Passed {
  Endpoint asked;           ///< as its owner's configuration has it, with an address for a name
  std::uint64_t inode = 0;  ///< of the file of a Unix socket; 0: nobody is to remove that

  friend bool operator==(const Passed&, const Passed&) = default;
};

/// The answer to a request, or a part of it.
struct Sockets {
  int pid = 0;  ///< whose they are
  std::vector<Passed> sockets;
  bool more = false;  ///< another line follows
};

enum class Order { ask, ready };

/// From the successor: give me your sockets, and: I listen, drain.
std::string write_order(Order order, int pid);

struct Ordered {
  Order order;
  int pid;  ///< as the other side says; for the log alone
};

Result<Ordered> read_order(std::string_view line);

std::string write_sockets(const Sockets& sockets);
/// No sockets are passed: a sentence.
std::string write_refusal(const std::string& why);

/// Failure: a refusal, or the line is not what was expected.
Result<Sockets> read_sockets(std::string_view line);

}  // namespace persona::handover
