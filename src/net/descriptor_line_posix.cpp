#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "persona/net/descriptor_line.hpp"
#include "persona/net/error.hpp"
#include "persona/net/switchboard.hpp"

namespace persona::net {

namespace {

constexpr std::size_t most_received_at_once = 253;  // SCM_MAX_FD

int last_code() {
  return uv_translate_sys_error(errno);
}

}  // namespace

int send_with_descriptors(const Socket& socket, std::string_view bytes,
                          std::span<const uv_os_sock_t> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * DescriptorLine::most_at_once)> control{};
  if (descriptors.size() > DescriptorLine::most_at_once) {
    return UV_E2BIG;
  }
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    return last_code();
  }
  // The buffer of the socket has room for some lines: a peer that reads none of them is not served.
  return static_cast<std::size_t>(sent) == bytes.size() ? 0 : UV_ENOBUFS;
}

std::ptrdiff_t receive_with_descriptors(const Socket& socket, std::span<char> buffer,
                                        std::deque<Socket>& descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_received_at_once)> control{};
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return last_code();
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
      descriptors.emplace_back(descriptor);
    }
  }
  return size;
}

Result<std::pair<Socket, Socket>> connected_pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorKind::network, "cannot make a pair of sockets: {}", error_words(last_code()));
  }
  return std::pair{Socket(ends[0]), Socket(ends[1])};
}

int connect_unix(const Endpoint& place, Socket& socket, std::optional<Milliseconds> patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place.path.size() >= sizeof address.sun_path) {
    return UV_ENAMETOOLONG;
  }
  std::memcpy(address.sun_path, place.path.data(), place.path.size());
  socket = Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) {
    return last_code();
  }
  // SO_SNDTIMEO is also how long connect(2) waits for room in a backlog.
  constexpr Milliseconds::rep in_a_second = 1000;
  const timeval time{patience ? patience->count() / in_a_second : 0,
                     patience ? patience->count() % in_a_second * in_a_second : 0};
  if (patience && setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) != 0) {
    return last_code();
  }
  int status = 0;
  do {
    status = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (status != 0 && errno == EINTR);
  return status == 0 ? 0 : last_code();
}

bool wait_readable(const Socket& socket, Milliseconds patience) {
  pollfd watched{socket.get(), POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace persona::net
