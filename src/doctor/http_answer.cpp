#include "http_answer.hpp"

#include <fmt/format.h>

#include "persona/base/text.hpp"

namespace persona::doctor {

std::string http_request(std::string_view method, std::string_view target) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\n\r\n", method, target,
                     method == "POST" ? "Content-Length: 0\r\n" : "");
}

int http_status(std::string_view answer) {
  constexpr std::string_view begin = "HTTP/1.";
  constexpr std::size_t code_at = 9;
  if (!answer.starts_with(begin) || answer.size() < code_at + 3) {
    return 0;
  }
  int status = 0;
  for (const char digit : answer.substr(code_at, 3)) {
    if (!is_digit(digit)) {
      return 0;
    }
    status = 10 * status + (digit - '0');
  }
  return status;
}

std::string_view http_body(std::string_view answer) {
  constexpr std::string_view end = "\r\n\r\n";
  const std::size_t at = answer.find(end);
  return at == std::string_view::npos ? std::string_view() : answer.substr(at + end.size());
}

}  // namespace persona::doctor
