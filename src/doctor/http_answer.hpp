// As much of HTTP as asking a persona needs: it ends the connection behind its answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace persona::doctor {

/// What is read of an answer to GET /readyz, in octets.
inline constexpr std::size_t longest_readiness = 4096;

/// A whole request without a body. `target`: the path, with its query.
std::string http_request(std::string_view method, std::string_view target);

/// Of "HTTP/1.1 503 ...": 503; 0: that is no answer.
int http_status(std::string_view answer);

/// What follows the head; empty: there is none.
std::string_view http_body(std::string_view answer);

}  // namespace persona::doctor
