#include "persona/admin/http.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "persona/base/address.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona::admin {

namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 9110 section 5.6.2, but for its rarer characters.
bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// Nothing: no number.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return std::nullopt;
  }
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  return parsed.ec == std::errc() ? length : std::numeric_limits<std::uint64_t>::max();
}

/// What a request's fields say.
class Fields {
 public:
  explicit Fields(Request& request) : request_(request) {}

  /// RFC 9112 section 5. False: a line is no field, or one that may be there once is there again.
  bool parse(std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find("\r\n"), lines.size());
      const std::string_view line = lines.substr(0, end);
      lines.remove_prefix(std::min(end + 2, lines.size()));
      if (line.empty()) {
        break;  // the end of the head
      }
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon)) ||
          !take(line.substr(0, colon), without_blanks(line.substr(colon + 1)))) {
        return false;
      }
    }
    return true;
  }

 private:
  bool take(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "host")) {
      const bool is_first = !request_.host;
      request_.host = std::string(value);
      return is_first;
    }
    if (equals_ignoring_case(name, "content-length")) {
      const auto length = parse_length(value);
      const bool is_first = !std::exchange(has_length_, true);
      request_.content_length = length.value_or(0);
      return is_first && length;
    }
    request_.has_origin = request_.has_origin || equals_ignoring_case(name, "origin");
    request_.is_encoded = request_.is_encoded || equals_ignoring_case(name, "transfer-encoding");
    return true;
  }

  Request& request_;
  bool has_length_ = false;
};

}  // namespace

std::optional<std::size_t> head_size(std::string_view received) {
  constexpr std::string_view end = "\r\n\r\n";
  const std::size_t at = received.find(end);
  return at == std::string_view::npos ? std::nullopt : std::optional(at + end.size());
}

std::optional<Request> parse_request(std::string_view head) {
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return std::nullopt;
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view path = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (method.empty() || !is_printable(method) || !path.starts_with('/') || !is_printable(path) ||
      (version != "HTTP/1.1" && version != "HTTP/1.0")) {
    return std::nullopt;
  }
  const std::size_t path_end = std::min(path.find('?'), path.size());
  Request request{std::string(method), std::string(path.substr(0, path_end))};
  request.query = path.substr(std::min(path_end + 1, path.size()));
  if (!Fields(request).parse(head.substr(std::min(line_end + 2, head.size())))) {
    return std::nullopt;
  }
  return request;
}

// RFC 9110 section 7.2: uri-host [ ":" port ].
bool is_host_of_this_machine(std::string_view host) {
  const bool in_brackets = host.starts_with('[');
  const std::size_t end = std::min(in_brackets ? host.find(']') : host.find(':'), host.size());
  const std::string_view name =
      in_brackets ? host.substr(1, std::max(end, std::size_t{1}) - 1) : host.substr(0, end);
  const std::string_view port = host.substr(std::min(in_brackets ? end + 1 : end, host.size()));
  if (in_brackets && end == host.size()) {
    return false;
  }
  if (!port.empty() && (port[0] != ':' || !std::all_of(port.begin() + 1, port.end(), is_digit))) {
    return false;
  }
  const auto address = IpAddress::parse(name);
  return address ? in_brackets == (name.find(':') != std::string_view::npos)
                 : !in_brackets && equals_ignoring_case(without_final_dot(name), "localhost");
}

std::string render(const Response& response, bool with_body) {
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n{}{}Connection: close\r\n\r\n",
      response.status, reason_phrase(response.status), response.content_type, response.body.size(),
      response.allow.empty() ? "" : fmt::format("Allow: {}\r\n", response.allow), response.fields);
  if (with_body) {
    text += response.body;
  }
  return text;
}

}  // namespace persona::admin
