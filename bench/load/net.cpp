#include "net.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace bench {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string silence() {
  return "nothing came for " + std::to_string(longest_wait) + " seconds";
}

}  // namespace

void fail(std::string_view message) {
  std::fprintf(stderr, "bench_load: %.*s\n", static_cast<int>(message.size()), message.data());
  std::fflush(nullptr);
  // Other threads may be running: no destructors.
  std::_Exit(1);
}

long checked(long result, std::string_view what) {
  if (result < 0) fail(std::string(what) + ": " + std::strerror(errno));
  return result;
}

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void yield_to_others() {
  const sched_param none{};
  checked(sched_setscheduler(0, SCHED_IDLE, &none), "SCHED_IDLE");
}

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::pair<Fd, std::uint16_t> listen_somewhere() {
  Fd listener(
      static_cast<int>(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  checked(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), "bind");
  checked(listen(listener.get(), 4096), "listen");
  checked(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return {std::move(listener), ntohs(address.sin_port)};
}

Fd connect_to(std::uint16_t port) {
  Fd fd(static_cast<int>(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")));
  const sockaddr_in address = loopback(port);
  checked(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect to the forwarder");
  const timeval patience{longest_wait, 0};
  checked(setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
  checked(setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), "SO_SNDTIMEO");
  set_nodelay(fd.get());
  return fd;
}

void set_nonblocking(int fd) {
  checked(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl");
}

void set_nodelay(int fd) {
  const int on = 1;
  checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

void send_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) fail("send: the forwarder takes nothing");
    bytes = bytes.subspan(static_cast<std::size_t>(checked(sent, "send to the forwarder")));
  }
}

void receive_all(int fd, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t got = recv(fd, into.data(), into.size(), 0);
    if (got == 0) fail("the forwarder closed the connection before the reply");
    if (got < 0 && errno == EAGAIN) fail(silence());
    into = into.subspan(static_cast<std::size_t>(checked(got, "receive from the forwarder")));
  }
}

Epoll::Epoll()
    : fd_(static_cast<int>(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))), events_(256) {}

void Epoll::add(int fd, std::uint32_t events, void* what) {
  epoll_event event{events, {what}};
  checked(epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Epoll::change(int fd, std::uint32_t events, void* what) {
  epoll_event event{events, {what}};
  checked(epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

void Epoll::remove(int fd) {
  checked(epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr), "epoll_ctl");
}

std::span<epoll_event> Epoll::wait(std::int64_t timeout_ns) {
  const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  const int ready = epoll_pwait2(fd_.get(), events_.data(), static_cast<int>(events_.size()),
                                 timeout_ns < 0 ? nullptr : &timeout, nullptr);
  if (ready < 0 && errno != EINTR) fail(std::string("epoll_pwait2: ") + std::strerror(errno));
  return {events_.data(), static_cast<std::size_t>(ready < 0 ? 0 : ready)};
}

}  // namespace bench
