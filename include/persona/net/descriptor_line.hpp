// Lines of text, with descriptors beside them, on a connected Unix socket (unix(7), SCM_RIGHTS).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <uv.h>

#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/result.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

/// Nothing here waits but wait(). What a peer can make us hold is bounded: it is an error then, and so is an
/// end.
class DescriptorLine {
 public:
  static constexpr std::size_t longest_line = 64UL * 1024;
  static constexpr std::size_t most_descriptors = 1024;  ///< received and not taken yet
  static constexpr std::size_t most_at_once = 64;        ///< in one send(); the kernel takes 253

  explicit DescriptorLine(Socket socket) : socket_(std::move(socket)) {}

  /// A connection to the Unix socket `place`; no value: nobody listens there. Blocks no longer than a full
  /// backlog does.
  static Result<std::optional<DescriptorLine>> connect(const Endpoint& place);

  const Socket& socket() const { return socket_; }

  /// All of the line, which has no line end, or a failure. The descriptors stay the caller's.
  Result<void> send(std::string_view line, std::span<const uv_os_sock_t> descriptors = {});

  /// The next line that is complete, if there is one.
  Result<std::optional<std::string>> receive();

  /// The next descriptor that came with a line that has been received.
  std::optional<Socket> take_descriptor();

  /// Until there may be something to receive. False: not within `patience`.
  bool wait(Milliseconds patience) const;

 private:
  Socket socket_;
  std::string received_;
  std::deque<Socket> descriptors_;
};

/// Tells when there may be something to receive. The socket must outlive it.
class ReadWatch {
 public:
  static Result<HandlePtr<ReadWatch>> create(Loop& loop, const Socket& socket,
                                             std::function<void()> readable);

 private:
  friend struct CloseDeleter;
  ReadWatch() = default;
  ~ReadWatch() = default;
  void close();

  uv_poll_t handle_{};
  std::function<void()> readable_;
};

// Platform: net/descriptor_line_posix.cpp, net/descriptor_line_windows.cpp, which fail with UV_ENOTSUP.

/// 0 or a libuv error code. All of the bytes are sent, or it is an error.
int send_with_descriptors(const Socket& socket, std::string_view bytes,
                          std::span<const uv_os_sock_t> descriptors);

/// How many bytes were read into `buffer`; 0: an end; below: a libuv error code, UV_EAGAIN if there is
/// nothing.
std::ptrdiff_t receive_with_descriptors(const Socket& socket, std::span<char> buffer,
                                        std::deque<Socket>& descriptors);

/// 0 or a libuv error code. Who listens but does not accept is waited for while its backlog is full: no
/// longer than `patience`, if there is one, after which it is UV_EAGAIN.
int connect_unix(const Endpoint& place, Socket& socket, std::optional<Milliseconds> patience = std::nullopt);

bool wait_readable(const Socket& socket, Milliseconds patience);

}  // namespace persona::net
