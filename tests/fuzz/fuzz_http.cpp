// Requests to the admin endpoint: whatever comes, head and request are found or not, and nothing is read
// beyond.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "persona/admin/http.hpp"
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
  }
  return 0;
}
