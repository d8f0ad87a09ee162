#define NTDDI_VERSION 0x0A000003  // Windows 10 1703, for SIO_TCP_INFO
#include <winsock2.h>
// after winsock2.h
#include <mstcpip.h>
#include <ws2tcpip.h>

#include "socket_options.hpp"

namespace persona::net {

namespace {

// TCP_MAXRT of Microsoft's ws2ipdef.h, in seconds ("IPPROTO_TCP socket options"); MinGW-w64 does not have it.
constexpr int max_retransmission_time = 5;

SOCKET socket_of(const uv_handle_t& handle) {
  uv_os_fd_t descriptor = INVALID_HANDLE_VALUE;
  return uv_fileno(&handle, &descriptor) == 0 ? reinterpret_cast<SOCKET>(descriptor) : INVALID_SOCKET;
}

}  // namespace

void set_reset_on_close(const uv_handle_t& handle) {
  const linger hard{1, 0};
  // A socket that is no longer connected may refuse; then there is nothing to reset.
  static_cast<void>(setsockopt(socket_of(handle), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&hard),
                               sizeof hard));
}

int take_pending_error(const uv_handle_t& handle) {
  if (handle.type != UV_TCP) {
    return 0;
  }
  // SO_ERROR reports failed connects only. Peeking finds a reset: the reset has discarded everything unread,
  // so no data can hide it.
  const SOCKET socket = socket_of(handle);
  char byte = 0;
  if (recv(socket, &byte, sizeof byte, MSG_PEEK) == SOCKET_ERROR) {
    const int error = WSAGetLastError();
    const bool is_idle = error == WSAEWOULDBLOCK || error == WSAENOTCONN || error == WSAESHUTDOWN;
    return is_idle ? 0 : uv_translate_sys_error(error);
  }
  // Wine may report a reset that closely follows data as an end. Only sending reveals it then.
  const bool can_send = uv_is_writable(reinterpret_cast<const uv_stream_t*>(&handle)) != 0;
  const bool is_reset =
      can_send && send(socket, &byte, 0, 0) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET;
  return is_reset ? UV_ECONNRESET : 0;
}

void keep_urgent_data(uv_os_sock_t socket) {
  const BOOL on = TRUE;
  // Fails only for what is no TCP socket.
  static_cast<void>(
      setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, reinterpret_cast<const char*>(&on), sizeof on));
}

void keep_urgent_data(const uv_handle_t& handle) {
  if (handle.type == UV_TCP) {
    keep_urgent_data(socket_of(handle));
  }
}

int look_behind_end(const uv_handle_t& /*handle*/) {
  return 0;
}

void set_user_timeout(const uv_handle_t& handle, Milliseconds timeout) {
  if (timeout.count() > 0 && handle.type == UV_TCP) {
    const auto seconds = static_cast<DWORD>(timeout.count() / 1'000);
    // Refused before Windows 10 1607; then the system's own limit remains (about 21 s).
    static_cast<void>(setsockopt(socket_of(handle), IPPROTO_TCP, max_retransmission_time,
                                 reinterpret_cast<const char*>(&seconds), sizeof seconds));
  }
}

// TCP_MAXRT limits retransmissions, and a closed window causes none.
Delivery delivery_of(const uv_handle_t& /*handle*/, Milliseconds /*patience*/) {
  return Delivery::going;
}

std::size_t unacknowledged(const uv_handle_t& handle) {
  if (handle.type != UV_TCP) {
    return 0;
  }
  TCP_INFO_v0 info{};
  DWORD version = 0;
  DWORD size = 0;
  // Since Windows 10 1703. Bytes that are queued but not sent yet are not included.
  if (WSAIoctl(socket_of(handle), SIO_TCP_INFO, &version, sizeof version, &info, sizeof info, &size, nullptr,
               nullptr) != 0) {
    return 0;
  }
  return info.BytesInFlight;
}

}  // namespace persona::net
