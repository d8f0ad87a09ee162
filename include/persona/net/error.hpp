// libuv's error codes in words.
#pragma once

#include <string>

namespace persona::net {

/// "connection refused" for UV_ECONNREFUSED.
std::string error_words(int uv_code);

}  // namespace persona::net
