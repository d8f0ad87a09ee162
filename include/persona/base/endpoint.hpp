// A place to listen on or to dial: host:port, [v6]:port or unix:/path; to listen on also systemd:NAME.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona {

struct Endpoint {
  enum class Kind { tcp, unix_socket, systemd };

  Kind kind = Kind::tcp;
  std::string host;        ///< tcp: a DNS name, absolute ones with their dot, or an address without brackets
  std::uint16_t port = 0;  ///< tcp: 0 lets the kernel choose (listening only)
  std::string path;        ///< unix_socket: absolute file system path, at most 107 bytes
  std::string name{};      ///< systemd: of the sockets that it passes; where they are is known only then

  /// The message of a failure says what is expected and fits after "listen: ".
  static Result<Endpoint> parse(std::string_view text);

  /// The same, and "systemd:NAME" (FileDescriptorName= of a .socket unit), which can only be listened on.
  static Result<Endpoint> parse_to_listen(std::string_view text);

  /// What parse_to_listen() accepts: "db.example.com:5433", "[::1]:80", "unix:/run/persona/pg.sock",
  /// "systemd:pg".
  std::string to_string() const;

  bool is_unix() const { return kind == Kind::unix_socket; }
  bool is_systemd() const { return kind == Kind::systemd; }

  /// True when nothing but this machine can reach it: a Unix socket, a loopback address or the name
  /// "localhost". False for what systemd passes, as long as nobody has looked.
  bool is_local() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// True for what may be a host: a numeric address, or dot-separated labels of letters, digits, '-' and '_',
/// at most 253 characters (RFC 1035 section 2.3.4), that no resolver reads as an address ("127.1",
/// "0x7f000001").
bool is_valid_host(std::string_view host);

/// Also for an absolute name, which has a dot at its end (RFC 1034 section 3.1): resolvers then append no
/// search domain.
bool is_dialable_host(std::string_view host);

/// The name as SNI and certificates have it: never with a dot at its end (RFC 6066 section 3).
std::string_view without_final_dot(std::string_view host);

}  // namespace persona
