// Platform: linger_posix.cpp.
#pragma once

#include <uv.h>

namespace persona::net {

/// Makes the close of a TCP handle send RST, where uv_tcp_close_reset refuses to.
void set_reset_on_close(const uv_handle_t& handle);

}  // namespace persona::net
