#include "persona/net/stream.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "socket_options.hpp"

namespace persona::net {

namespace {

Stream& self(void* data) {
  return *static_cast<Stream*>(data);
}

}  // namespace

void Stream::assert_here() const {
  Loop::assert_on_loop(handle_.any.loop);
}

HandlePtr<Stream> Stream::create(Loop& loop, Kind kind, HandleOwner& owner, int& error) {
  loop.assert_here();
  auto* stream = new Stream;
  stream->kind_ = kind;
  error = kind == Kind::tcp ? uv_tcp_init(loop.uv(), &stream->handle_.tcp)
                            : uv_pipe_init(loop.uv(), &stream->handle_.pipe, 0);
  if (error != 0) {
    delete stream;
    return nullptr;
  }
  stream->handle_.any.data = stream;
  stream->owner_ = &owner;
  owner.handle_opened();
  return HandlePtr<Stream>(stream);
}

HandlePtr<Stream> Stream::reading(Loop& loop, Kind kind, HandleOwner& owner, Socket socket,
                                  StreamEvents& events, int& error) {
  auto stream = create(loop, kind, owner, error);
  if (stream) {
    stream->tell(&events);
    error = stream->adopt(std::move(socket));
  }
  if (error == 0) {
    error = stream->start_reading();
  }
  return error == 0 ? std::move(stream) : nullptr;
}

int Stream::adopt(Socket socket, const TcpOptions& tcp) {
  const int code = kind_ == Kind::tcp ? uv_tcp_open(&handle_.tcp, socket.get())
                                      : uv_pipe_open(&handle_.pipe, static_cast<uv_file>(socket.get()));
  if (code != 0) {
    return code;
  }
  static_cast<void>(socket.release());
  if (kind_ == Kind::tcp) {
    set_options(tcp);
  } else {
    keep_urgent_data(handle_.any);
  }
  return 0;
}

void Stream::set_options(const TcpOptions& tcp) {
  // None is essential: a socket that refuses them still works (Wine refuses keep-alive).
  static_cast<void>(uv_tcp_nodelay(&handle_.tcp, 1));
  if (tcp.keepalive.count() > 0) {
    static_cast<void>(
        uv_tcp_keepalive(&handle_.tcp, 1, static_cast<unsigned>(tcp.keepalive.count() / 1'000)));
  }
  if (tcp.user_timeout.count() > 0) {
    set_user_timeout(handle_.any, tcp.user_timeout);
    window_ = static_cast<Loop*>(handle_.any.loop->data)->window_watch().watch(handle_.any, tcp.user_timeout);
  }
}

int Stream::connect(const SocketAddress& address, std::function<void(int status)> connected,
                    const TcpOptions& tcp) {
  assert_here();
  const auto done = [](uv_connect_t* request, int status) {
    Stream& stream = self(request->handle->data);
    // Moved out first: the callback may destroy the stream.
    const auto connect = std::move(stream.connect_);
    if (connect->connected && status == 0) {
      stream.set_options(connect->tcp);
    }
    if (connect->connected) {
      connect->connected(status);
    }
  };
  connect_ = std::make_unique<Connect>(Connect{{}, std::move(connected), tcp});
  const int code = uv_tcp_connect(&connect_->request, &handle_.tcp, address.get(), done);
  if (code != 0) {
    connect_.reset();
    return code;
  }
  keep_urgent_data(handle_.any);  // before the peer can send any
  return 0;
}

int Stream::connect_unix(const std::string& path, std::function<void(int status)> connected) {
  assert_here();
  const auto done = [](uv_connect_t* request, int status) {
    const auto connect = std::move(self(request->handle->data).connect_);
    if (connect->connected) {
      connect->connected(status);
    }
  };
  connect_ = std::make_unique<Connect>(Connect{{}, std::move(connected)});
  uv_pipe_connect(&connect_->request, &handle_.pipe, path.c_str(), done);
  keep_urgent_data(handle_.any);
  return 0;
}

int Stream::start_reading() {
  assert_here();
  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    Stream& stream = self(handle->data);
    // libuv reads up to 32 times in a row while each read fills the buffer (uv__read), which would be 8 MiB
    // of one connection before another has its turn. Without a buffer it stops for now (UV_ENOBUFS), and
    // reads on when the loop has looked at all its sockets.
    stream.declined_ = stream.events_ != nullptr && stream.filled_at_ == stream.turn();
    const ByteSpan space =
        stream.events_ != nullptr && !stream.declined_ ? stream.events_->on_buffer() : ByteSpan{};
    *buffer = uv_buf_init(reinterpret_cast<char*>(space.data()), static_cast<unsigned>(space.size()));
  };
  const auto read = [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
    Stream& stream = self(handle->data);
    if (stream.events_ == nullptr || count == 0 || std::exchange(stream.declined_, false)) {
      return;
    }
    if (count > 0) {
      if (static_cast<std::size_t>(count) == buffer->len) {
        stream.filled_at_ = stream.turn();
      }
      stream.events_->on_read(
          {reinterpret_cast<const std::uint8_t*>(buffer->base), static_cast<std::size_t>(count)});
      return;
    }
    stream.stop_reading();
    int status = static_cast<int>(count);
    if (count == UV_EOF) {
      // libuv 1.44 reports an end (POLLHUP after a partial read, uv__stream_io) also when a reset closely
      // follows data, which only the socket's pending error shows, and when a read has ended early in front
      // of urgent data or, on Unix sockets, of descriptors that are passed: then there is more to come.
      status = stream.take_pending_error();
      status = status == 0 ? look_behind_end(stream.handle_.any) : status;
      if (status > 0) {
        status = stream.start_reading();
        if (status == 0) {
          return;
        }
      }
    }
    stream.events_->on_end(status);
  };
  const int code = uv_read_start(stream(), allocate, read);
  return code == UV_EALREADY ? 0 : code;
}

void Stream::stop_reading() {
  assert_here();
  // Always returns 0 (libuv's documentation of uv_read_stop).
  static_cast<void>(uv_read_stop(stream()));
}

// Writes what the kernel takes. `pieces` then starts with the first one not fully written, of which
// `written_of_first` bytes were.
int Stream::try_write(std::span<const ByteView>& pieces, std::size_t& written_of_first) {
  constexpr std::size_t most = 64;  // a batch is 16 full records
  while (!pieces.empty()) {
    uv_buf_t buffers[most];
    const std::size_t count = std::min(pieces.size(), most);
    for (std::size_t i = 0; i < count; ++i) {
      buffers[i] = uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(pieces[i].data())),
                               static_cast<unsigned>(pieces[i].size()));
    }
    const int result = uv_try_write(stream(), buffers, static_cast<unsigned>(count));
    if (result < 0) {
      return result == UV_EAGAIN ? 0 : result;
    }
    auto written = static_cast<std::size_t>(result);
    std::size_t done = 0;
    while (done < count && written >= pieces[done].size()) {
      written -= pieces[done].size();
      ++done;
    }
    pieces = pieces.subspan(done);
    if (done < count) {
      written_of_first = written;
      return 0;
    }
  }
  return 0;
}

tl::expected<bool, int> Stream::write(std::span<const ByteView> pieces) {
  assert_here();
  std::size_t skip = 0;
  if (!writing()) {
    if (int code = try_write(pieces, skip); code != 0) {
      return tl::unexpected(code);
    }
    if (pieces.empty()) {
      return true;
    }
  }
  std::size_t total = 0;
  for (const ByteView piece : pieces) {
    total += piece.size();
  }
  queued_.reserve(queued_.size() + total);
  for (const ByteView piece : pieces) {
    queued_.append(piece.subspan(std::exchange(skip, 0)));
  }
  if (!writing()) {
    if (int code = send_queued(); code != 0) {
      return tl::unexpected(code);
    }
  }
  return false;
}

int Stream::send_queued() {
  const auto done = [](uv_write_t* request, int status) {
    Stream& stream = self(request->handle->data);
    stream.in_flight_.reset();
    if (stream.let_go_) {
      return;
    }
    if (status == 0 && !stream.queued_.empty()) {
      status = stream.send_queued();
      if (status == 0) {
        return;
      }
    }
    if (status == 0 && std::exchange(stream.shutdown_wanted_, false)) {
      static_cast<void>(stream.shutdown());
    }
    if (stream.events_ != nullptr) {
      stream.events_->on_written(status);
    }
  };
  in_flight_ = std::make_unique<Write>();
  in_flight_->bytes.swap(queued_);
  const ByteView view = in_flight_->bytes.view();
  uv_buf_t buffer = uv_buf_init(const_cast<char*>(reinterpret_cast<const char*>(view.data())),
                                static_cast<unsigned>(view.size()));
  const int code = uv_write(&in_flight_->request, stream(), &buffer, 1, done);
  if (code != 0) {
    in_flight_.reset();
  }
  return code;
}

int Stream::shutdown() {
  assert_here();
  if (writing()) {
    shutdown_wanted_ = true;  // libuv knows nothing of queued_, and would send FIN before it
    return 0;
  }
  if (shutdown_) {
    return 0;
  }
  // ENOTCONN and ECONNRESET are ordinary here: reading reports them.
  shutdown_ = std::make_unique<uv_shutdown_t>();
  return uv_shutdown(shutdown_.get(), stream(),
                     [](uv_shutdown_t* request, int) { self(request->handle->data).shutdown_.reset(); });
}

std::size_t Stream::unsent() const {
  return uv_stream_get_write_queue_size(&handle_.stream) + queued_.size() + unacknowledged(handle_.any);
}

int Stream::take_pending_error() {
  return net::take_pending_error(handle_.any);
}

SocketAddress Stream::peer() const {
  sockaddr_storage storage{};
  int length = sizeof storage;
  if (kind_ == Kind::tcp &&
      uv_tcp_getpeername(&handle_.tcp, reinterpret_cast<sockaddr*>(&storage), &length) == 0) {
    return SocketAddress(reinterpret_cast<const sockaddr*>(&storage));
  }
  return {};
}

SocketAddress Stream::local() const {
  sockaddr_storage storage{};
  int length = sizeof storage;
  if (kind_ == Kind::tcp &&
      uv_tcp_getsockname(&handle_.tcp, reinterpret_cast<sockaddr*>(&storage), &length) == 0) {
    return SocketAddress(reinterpret_cast<const sockaddr*>(&storage));
  }
  return {};
}

void Stream::close() {
  assert_here();
  events_ = nullptr;
  let_go_ = true;
  window_.reset();
  if (connect_) {
    connect_->connected = nullptr;
  }
  const auto closed = [](uv_handle_t* handle) {
    auto* stream = static_cast<Stream*>(handle->data);
    HandleOwner* owner = stream->owner_;
    delete stream;
    owner->handle_closed();
  };
  if (reset_ && kind_ == Kind::tcp) {
    // libuv refuses this during a shutdown (documentation of uv_tcp_close_reset). SO_LINGER before an
    // ordinary close has the same effect.
    if (uv_tcp_close_reset(&handle_.tcp, closed) == 0) {
      return;
    }
    set_reset_on_close(handle_.any);
  }
  uv_close(&handle_.any, closed);
}

}  // namespace persona::net
