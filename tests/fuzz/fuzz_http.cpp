// Requests to the admin endpoint: whatever comes, head and request are found or not, nothing is read beyond,
// and what must not be answered is not.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "persona/admin/http.hpp"
#include "persona/admin/rules.hpp"
#include "persona/base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view received(reinterpret_cast<const char*>(data), size);
  if (const auto head = persona::admin::head_size(received)) {
    if (*head > size) {
      std::abort();
    }
    const auto request = persona::admin::parse_request(received.substr(0, *head));
    if (request && (!request->path.starts_with('/') || request->method.empty())) {
      std::abort();
    }
    if (request && request->host && persona::admin::is_host_of_this_machine(*request->host) &&
        persona::to_lower(*request->host).find_first_not_of("0123456789abcdef.:[]") != std::string::npos &&
        !persona::to_lower(*request->host).starts_with("localhost")) {
      std::abort();
    }
    using persona::admin::Door;
    for (const Door door : {Door::unix_socket, Door::loopback, Door::network}) {
      const auto refused = request ? persona::admin::refusal(*request, door) : std::nullopt;
      if (refused && (refused->status < 400 || !refused->body.ends_with('\n'))) {
        std::abort();
      }
      const bool is_answered = request && !refused;
      if (is_answered &&
          ((door == Door::network &&
            (request->method == "POST" || request->path == "/status" || request->path == "/quit")) ||
           (request->method == "POST" && request->has_origin) || request->is_encoded ||
           request->content_length > persona::admin::longest_body)) {
        std::abort();
      }
    }
  }
  return 0;
}
