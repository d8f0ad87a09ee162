// What libuv does not offer for a stream's socket. Platform: socket_options_posix.cpp,
// socket_options_windows.cpp.
#pragma once

#include <cstddef>

#include <uv.h>

#include "persona/base/duration.hpp"

namespace persona::net {

/// Makes closing a TCP handle send RST, for when uv_tcp_close_reset refuses.
void set_reset_on_close(const uv_handle_t& handle);

/// The socket's pending error, such as a reset, as a libuv error code; 0: none. Reading it clears it.
int take_pending_error(const uv_handle_t& handle);

/// Urgent data (MSG_OOB) stays where it is in the stream; else its last byte would be taken out, and nobody
/// reads it there. TCP sockets inherit that from the listening one, Unix sockets do not.
void keep_urgent_data(uv_os_sock_t socket);
void keep_urgent_data(const uv_handle_t& handle);

/// Where libuv has reported an end: 1 if there is more to read all the same, 0 if not, or the error that the
/// socket ended with, as a libuv error code. libuv's end is one on Windows, without a look.
int look_behind_end(const uv_handle_t& handle);

/// TcpOptions::user_timeout of a TCP handle; 0: the system's own.
void set_user_timeout(const uv_handle_t& handle, Milliseconds timeout);

/// What became of the data that a TCP handle was told to send.
enum class Delivery {
  going,    ///< all is acknowledged, or on its way
  waiting,  ///< the peer is there, but takes no more
  silent,   ///< it took no more, and no longer answers when asked
};

/// `patience`: after how long without an answer a peer is silent. `going` where the system does not tell.
Delivery delivery_of(const uv_handle_t& handle, Milliseconds patience);

/// Bytes written that the peer has not acknowledged; 0 if the system does not report them.
std::size_t unacknowledged(const uv_handle_t& handle);

}  // namespace persona::net
