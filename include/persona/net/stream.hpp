// One end of a byte stream: a TCP connection or a Unix socket.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>
#include <uv.h>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/tcp_options.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/leg.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/socket.hpp"
#include "persona/net/window_watch.hpp"

namespace persona::net {

/// Loop's thread only. Functions that return int return 0 or a libuv error code.
class Stream final : public Leg {
 public:
  enum class Kind { tcp, unix_socket };

  /// Null on failure, with the libuv code in `error`. Counts as one of `owner`'s handles.
  static HandlePtr<Stream> create(Loop& loop, Kind kind, HandleOwner& owner, int& error);

  /// A stream of a socket that was accepted: it reads, and tells `events`. Null: `error` says why, and the
  /// socket is closed.
  static HandlePtr<Stream> reading(Loop& loop, Kind kind, HandleOwner& owner, Socket socket,
                                   StreamEvents& events, int& error);

  /// Takes over a connected socket; on failure `socket` is closed.
  int adopt(Socket socket, const TcpOptions& tcp = {});

  /// `connected` is called once with 0 or a libuv error code, never from within the call and never after the
  /// stream is destroyed.
  int connect(const SocketAddress& address, std::function<void(int status)> connected,
              const TcpOptions& tcp = {});
  int connect_unix(const std::string& path, std::function<void(int status)> connected);

  void tell(StreamEvents* events) override { events_ = events; }
  int start_reading() override;
  void stop_reading() override;
  using Leg::write;
  tl::expected<bool, int> write(std::span<const ByteView> pieces) override;
  bool writing() const override { return in_flight_ != nullptr; }
  int shutdown() override;
  std::size_t unsent() const override;
  int take_pending_error() override;

  /// Send RST instead of FIN when the stream is destroyed; what is queued is dropped.
  void reset_on_close() { reset_ = true; }

  SocketAddress peer() const;
  /// Our own end of a TCP connection; nothing for a Unix socket.
  SocketAddress local() const;

 private:
  friend struct CloseDeleter;
  Stream() = default;
  ~Stream() = default;
  void close();
  void assert_here() const;
  uv_stream_t* stream() { return &handle_.stream; }
  std::uint64_t turn() const { return static_cast<const Loop*>(handle_.any.loop->data)->polls() + 1; }
  void set_options(const TcpOptions& tcp);
  int send_queued();
  int try_write(std::span<const ByteView>& pieces, std::size_t& written_of_first);

  struct Connect {
    uv_connect_t request{};
    std::function<void(int status)> connected;
    TcpOptions tcp{};
  };

  /// The one uv_write in progress: what the kernel did not take immediately.
  struct Write {
    uv_write_t request{};
    Buffer bytes;
  };

  union {
    uv_handle_t any;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_{};
  Kind kind_ = Kind::tcp;
  StreamEvents* events_ = nullptr;  // null: events are dropped
  HandleOwner* owner_ = nullptr;
  // Requests are allocated on demand, so an idle connection costs no more than its handle.
  std::unique_ptr<Connect> connect_;
  std::unique_ptr<uv_shutdown_t> shutdown_;
  std::unique_ptr<Write> in_flight_;
  Buffer queued_;                                 // to be written after in_flight_
  std::unique_ptr<WindowWatch::Watched> window_;  // with a user_timeout
  std::uint64_t filled_at_ = 0;  // the turn of the loop in which a read last filled its buffer
  bool declined_ = false;        // to read once more in that turn
  bool let_go_ = false;
  bool shutdown_wanted_ = false;
  bool reset_ = false;
};

}  // namespace persona::net
