#include "uri_pattern.hpp"

#include <algorithm>

#include "persona/base/text.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest =
    2048;  // SPIFFE-ID section 2.4; no other URI in a certificate is longer either
constexpr std::string_view spiffe_scheme = "spiffe://";

void lower(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    text[i] = to_lower(text[i]);
  }
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorKind::configuration, "{} {}", in_quotes(text), why);
}

// RFC 3986 section 2: what a URI is made of. The '*' is one of its characters, too.
bool is_uri_character(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

bool is_spiffe_segment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '*';
         });
}

// SPIFFE-ID section 2, in lower case up to the path.
Result<std::string> check_spiffe(std::string_view text, std::string uri) {
  const std::string_view id = std::string_view(uri).substr(spiffe_scheme.size());
  const std::size_t slash = id.find('/');
  if (!is_spiffe_segment(id.substr(0, slash))) {
    return refuse(text,
                  "has no valid trust domain; write spiffe://, a name without port or user, and a path");
  }
  if (slash == std::string_view::npos || slash + 1 == id.size()) {
    return refuse(
        text, fmt::format("is not a client's SPIFFE ID: those have a path; write {} for every path of one "
                          "segment",
                          in_quotes(uri + (slash == std::string_view::npos ? "/*" : "*"))));
  }
  for (std::string_view rest = id.substr(slash); !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (!is_spiffe_segment(rest.substr(0, end))) {
      return refuse(
          text, "is not a SPIFFE ID: between the slashes of its path are letters, digits, - . and _ only");
    }
    rest.remove_prefix(end);
  }
  return uri;
}

}  // namespace

Result<std::string> parse_uri_pattern(std::string_view text) {
  if (text.empty()) {
    return fail(ErrorKind::configuration, "expected a URI such as spiffe://example.com/db, found \"\"");
  }
  if (text.size() > longest) {
    return fail(ErrorKind::configuration, "a pattern of {} bytes matches nothing; URIs have at most {}",
                text.size(), longest);
  }
  if (!std::all_of(text.begin(), text.end(), is_uri_character)) {
    return refuse(text, "has characters that no URI has");
  }
  if (text.find("**") != std::string_view::npos) {
    return refuse(text, "has two * in a row; one stands for any characters but a slash");
  }
  const std::size_t colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  if (colon == std::string_view::npos || scheme.find('/') != std::string_view::npos || scheme.empty()) {
    return refuse(text, "has no scheme; write a whole URI such as spiffe://example.com/db");
  }
  if (!is_letter(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), [](char c) {
        return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
      })) {
    return refuse(text, "has no scheme that can be matched; a * may stand only after it");
  }
  const std::size_t query = text.find_first_of("?#");
  if (query != std::string_view::npos && text.find('*', query) != std::string_view::npos) {
    return refuse(text, "has a * after its path, where it has no meaning");
  }
  std::string uri(text);
  lower(uri, 0, colon);
  if (text.substr(colon).starts_with("://")) {
    const std::size_t end = std::min(text.find_first_of("/?#", colon + 3), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    if (at != std::string_view::npos && text.find('*') < at) {
      return refuse(text, "has a * before the host, where it has no meaning");
    }
    lower(uri, at == std::string_view::npos ? colon : at, end);
  }
  if (uri.starts_with("spiffe:")) {
    if (!uri.starts_with(spiffe_scheme)) {
      return refuse(text, "is not a SPIFFE ID; those begin with spiffe://");
    }
    return check_spiffe(text, std::move(uri));
  }
  return uri;
}

Result<std::string> parse_spiffe_id(std::string_view text) {
  auto uri = parse_uri_pattern(text);
  if (!uri) {
    return uri;
  }
  if (!uri->starts_with(spiffe_scheme)) {
    return refuse(text, "is neither a host name nor a SPIFFE ID; those begin with spiffe://");
  }
  if (uri->find('*') != std::string::npos) {
    return refuse(text, "has a *; expected one SPIFFE ID, as written");
  }
  return uri;
}

}  // namespace persona::config
