// What is counted and measured, as /metrics shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace persona::admin {

/// How often something happened that has a word.
struct Count {
  std::string_view word;  ///< a literal, never text from a peer
  std::uint64_t number = 0;
};

/// How long something took.
struct Durations {
  struct Bucket {
    double at_most = 0;  ///< seconds
    std::uint64_t number = 0;
  };

  std::vector<Bucket> buckets{};  ///< each without the smaller ones, which come before it
  std::uint64_t longer = 0;       ///< than the last bucket's
  double seconds = 0;             ///< in all
};

/// Of one service since it began. Nothing in it ever decreases.
struct Measurements {
  std::vector<Count> ended{};  ///< connections, by reason
  std::uint64_t bytes_up = 0;  ///< from the client
  std::uint64_t bytes_down = 0;
  Durations connects{};
  Durations full_handshakes{};
  Durations resumed_handshakes{};
  std::vector<Count> key_exchanges{};      ///< by group
  std::vector<Count> failed_handshakes{};  ///< by reason
  std::vector<Count> lookups{};            ///< by result
};

/// What the process takes of the machine; absent: not known.
struct ProcessState {
  double started = 0;  ///< seconds since 1970
  std::optional<double> cpu_seconds{};
  std::optional<std::uint64_t> resident_memory{};
  std::optional<std::uint64_t> virtual_memory{};
  std::optional<std::uint64_t> open_descriptors{};
  std::optional<std::uint64_t> most_descriptors{};
};

}  // namespace persona::admin
