// What libuv does not offer for a stream's socket. Platform: socket_options_posix.cpp,
// socket_options_windows.cpp.
#pragma once

#include <cstddef>

#include <uv.h>

namespace persona::net {

/// Makes the close of a TCP handle send RST, where uv_tcp_close_reset refuses to.
void set_reset_on_close(const uv_handle_t& handle);

/// The error that waits to be reported on the socket (a reset, say), as a libuv error code; 0: none. Reading
/// it clears it.
int take_pending_error(const uv_handle_t& handle);

/// Bytes written that the peer has not acknowledged; 0 where the system does not tell.
std::size_t unacknowledged(const uv_handle_t& handle);

}  // namespace persona::net
