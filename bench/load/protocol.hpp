// What a client says first on a connection: a kind and a size. After an upload or a download another request
// may follow.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace bench {

enum class Kind : std::uint8_t {
  echo = 'E',      ///< every byte that follows comes back
  upload = 'U',    ///< `size` bytes follow; the gateway answers one byte when it has them all
  download = 'D',  ///< the gateway sends `size` bytes
};

constexpr std::uint8_t received = 'k';
constexpr std::size_t ping_bytes = 64;     ///< bytes of a round trip
constexpr std::size_t batch = 256 * 1024;  ///< bytes per system call in bulk
constexpr std::size_t request_size = 16;

using RequestBytes = std::array<std::uint8_t, request_size>;

struct Request {
  Kind kind = Kind::echo;
  std::uint64_t size = 0;

  RequestBytes encode() const {
    RequestBytes bytes{};
    bytes[0] = static_cast<std::uint8_t>(kind);
    std::memcpy(bytes.data() + 8, &size, sizeof size);  // both ends are one machine
    return bytes;
  }

  static Request decode(const RequestBytes& bytes) {
    Request request{static_cast<Kind>(bytes[0]), 0};
    std::memcpy(&request.size, bytes.data() + 8, sizeof request.size);
    return request;
  }
};

}  // namespace bench
