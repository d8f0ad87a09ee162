// As much of HTTP/1.1 (RFC 9112) as a monitoring system needs: one request, one answer, and the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace persona::admin {

/// The most that the head of a request may have, in octets.
inline constexpr std::size_t longest_head = 8192;

/// The most octets of a body, which is read and means nothing.
inline constexpr std::uint64_t longest_body = 8192;

struct Request {
  std::string method;  ///< as written: "GET"
  std::string path;    ///< without query
  /// The field Host, as written; nothing when it is not there, which HTTP/1.0 allows and no browser does.
  std::optional<std::string> host{};
  std::string query{};               ///< what follows the first '?', as written
  bool has_origin = false;           ///< a web page's script or form sends it (RFC 6454 section 7)
  bool is_encoded = false;           ///< has Transfer-Encoding: its body ends who knows where
  std::uint64_t content_length = 0;  ///< of the body; the greatest number if it is greater
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow{};   ///< with 405: the methods that there are (RFC 9110 section 15.5.6)
  std::string fields{};  ///< of the head besides those that every answer has: lines, each with its CR LF
};

/// Where the head ends, its empty line included; nothing when it has not come yet.
std::optional<std::size_t> head_size(std::string_view received);

/// Parses a whole head. Nothing when it is not an HTTP/1 request, has several Hosts (RFC 9112 section 3.2) or
/// a Content-Length that is no number or not the only one (section 6.3).
std::optional<Request> parse_request(std::string_view head);

/// Is this Host an IP address or localhost, with or without a port? Another name may be one that a web page
/// has made point to this machine, so that the browser reads the answer for it (DNS rebinding). What is asked
/// by an address or as localhost, which no name server is asked for, comes from nobody's page.
bool is_host_of_this_machine(std::string_view host);

/// With its head. `with_body`: false for HEAD.
std::string render(const Response& response, bool with_body);

}  // namespace persona::admin
