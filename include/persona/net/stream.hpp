// One end of a byte stream: a TCP connection or a Unix socket.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>
#include <uv.h>

#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"
#include "persona/net/address.hpp"
#include "persona/net/handle.hpp"
#include "persona/net/loop.hpp"
#include "persona/net/socket.hpp"

namespace persona::net {

class Stream;

/// Told what happens to a stream, on the loop's thread and never from within a call to the stream.
class StreamEvents : public HandleOwner {
 public:
  virtual void on_connected(Stream& stream, int status) = 0;  ///< status: 0 or a libuv error code
  virtual ByteSpan on_buffer(Stream& stream) = 0;  ///< where the next read goes; used until on_read returns
  virtual void on_read(Stream& stream, ByteView bytes) = 0;
  virtual void on_end(Stream& stream,
                      int status) = 0;  ///< status: 0 for FIN, else why reading failed; last of reading
  virtual void on_written(Stream& stream, int status) = 0;  ///< everything queued has left, or never will

 protected:
  ~StreamEvents() = default;
};

/// Loop's thread only. Functions that return int return 0 or a libuv error code.
class Stream {
 public:
  enum class Kind { tcp, unix_socket };

  /// Null on failure, with the code in `error`. `owner` is not told of a stream it never got.
  static HandlePtr<Stream> create(Loop& loop, Kind kind, StreamEvents& owner, int& error);

  /// Takes over a connected socket.
  int adopt(Socket socket);

  /// Ends in on_connected.
  int connect(const SocketAddress& address);
  int connect_unix(const std::string& path);

  int start_reading();
  void stop_reading();

  /// Writes what the kernel takes now and queues the rest behind what is queued already. True: done. False:
  /// something is queued, on_written follows. Else a libuv error code, and nothing more can be written. As
  /// few system calls as the kernel allows, however many pieces there are.
  tl::expected<bool, int> write(std::span<const ByteView> pieces);
  tl::expected<bool, int> write(ByteView bytes) { return write(std::span<const ByteView>(&bytes, 1)); }
  bool writing() const { return in_flight_ != nullptr; }

  /// FIN after what is queued. Failure is not reported: a stream that is gone has ended both ways.
  int shutdown();

  /// RST instead of FIN when the owner lets go; what is queued is dropped.
  void reset_on_close() { reset_ = true; }

  /// Bytes written that have not reached the peer: when they get fewer, a slow receiver is alive.
  std::size_t unsent() const;

  /// A reset or the like that nobody has been told of, because the stream is not read: a libuv error code, or
  /// 0.
  int take_pending_error();

  SocketAddress peer() const;

 private:
  friend struct CloseDeleter;
  Stream() = default;
  ~Stream() = default;
  void close();
  uv_stream_t* stream() { return &handle_.stream; }
  void set_tcp_options();
  int send_queued();
  int try_write(std::span<const ByteView>& pieces, std::size_t& written_of_first);

  /// The one uv_write under way: what the kernel did not take at once.
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
  StreamEvents* owner_ = nullptr;  // null once let go
  StreamEvents* closed_owner_ = nullptr;
  // Requests are made when they are needed: an idle connection is a handle and nothing more.
  std::unique_ptr<uv_connect_t> connect_;
  std::unique_ptr<uv_shutdown_t> shutdown_;
  std::unique_ptr<Write> in_flight_;
  Buffer queued_;  // behind it
  bool shutdown_wanted_ = false;
  bool reset_ = false;
};

}  // namespace persona::net
