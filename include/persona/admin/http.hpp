// As much of HTTP/1.1 (RFC 9112) as a monitoring system needs: one GET or HEAD, one answer, and the end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace persona::admin {

/// The most that the head of a request may have, in octets.
inline constexpr std::size_t longest_head = 8192;

struct Request {
  std::string method;  ///< as written: "GET"
  std::string path;    ///< without query
  /// The field Host, as written; nothing when it is not there, which HTTP/1.0 allows and no browser does.
  std::optional<std::string> host{};
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Where the head ends, its empty line included; nothing when it has not come yet.
std::optional<std::size_t> head_size(std::string_view received);

/// Parses a whole head. Nothing when it is not an HTTP/1 request, or has several Hosts (RFC 9112
/// section 3.2).
std::optional<Request> parse_request(std::string_view head);

/// Is this Host an IP address or localhost, with or without a port? Another name may be one that a web page
/// has made point to this machine, so that the browser reads the answer for it (DNS rebinding). What is asked
/// by an address or as localhost, which no name server is asked for, comes from nobody's page.
bool is_host_of_this_machine(std::string_view host);

/// With its head. `with_body`: false for HEAD.
std::string render(const Response& response, bool with_body);

}  // namespace persona::admin
