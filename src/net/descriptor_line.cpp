#include "persona/net/descriptor_line.hpp"

#include <array>
#include <utility>

#include "persona/net/error.hpp"

namespace persona::net {

Result<std::optional<DescriptorLine>> DescriptorLine::connect(const Endpoint& place) {
  Socket socket;
  const int code = connect_unix(place, socket);
  if (code == UV_ENOENT || code == UV_ECONNREFUSED) {
    return std::optional<DescriptorLine>();
  }
  if (code != 0) {
    return fail(ErrorKind::network, "cannot connect to {}: {}", place.to_string(), error_words(code));
  }
  return std::optional<DescriptorLine>(DescriptorLine(std::move(socket)));
}

Result<void> DescriptorLine::send(std::string_view line, std::span<const uv_os_sock_t> descriptors) {
  const int code = send_with_descriptors(socket_, std::string(line) + '\n', descriptors);
  if (code != 0) {
    return fail(ErrorKind::network, "{}", error_words(code));
  }
  return {};
}

Result<std::optional<std::string>> DescriptorLine::receive() {
  std::array<char, 16UL * 1024> buffer{};
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (received_.size() > longest_line || descriptors_.size() > most_descriptors) {
      return fail(ErrorKind::network, "it sends too much");
    }
    const std::ptrdiff_t size = receive_with_descriptors(socket_, buffer, descriptors_);
    if (size == UV_EAGAIN) {
      return std::optional<std::string>();
    }
    if (size <= 0) {
      return fail(ErrorKind::network, "{}", size == 0 ? "it hung up" : error_words(static_cast<int>(size)));
    }
    received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

std::optional<Socket> DescriptorLine::take_descriptor() {
  if (descriptors_.empty()) {
    return std::nullopt;
  }
  Socket first = std::move(descriptors_.front());
  descriptors_.pop_front();
  return first;
}

bool DescriptorLine::wait(Milliseconds patience) const {
  return wait_readable(socket_, patience);
}

Result<HandlePtr<ReadWatch>> ReadWatch::create(Loop& loop, const Socket& socket,
                                               std::function<void()> readable) {
  auto* watch = new ReadWatch;
  watch->readable_ = std::move(readable);
  watch->handle_.data = watch;
  if (const int code = uv_poll_init_socket(loop.uv(), &watch->handle_, socket.get()); code != 0) {
    delete watch;
    return fail(ErrorKind::network, "cannot watch a socket: {}", error_words(code));
  }
  HandlePtr<ReadWatch> owned(watch);
  const auto fire = [](uv_poll_t* handle, int, int) { static_cast<ReadWatch*>(handle->data)->readable_(); };
  if (const int code = uv_poll_start(&watch->handle_, UV_READABLE, fire); code != 0) {
    return fail(ErrorKind::network, "cannot watch a socket: {}", error_words(code));
  }
  return owned;
}

void ReadWatch::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<ReadWatch*>(handle->data); });
}

}  // namespace persona::net
