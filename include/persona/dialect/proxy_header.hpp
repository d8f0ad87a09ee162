// The PROXY protocol, version 2: who a relayed client is, before its first byte
// (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, section 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persona/base/address.hpp"
#include "persona/base/buffer.hpp"
#include "persona/base/bytes.hpp"

namespace persona::dialect {

struct ProxyHeader {
  struct Place {
    IpAddress address;
    std::uint16_t port = 0;
  };

  /// PP2_TYPE_SSL.
  struct Tls {
    std::string version;      ///< "TLSv1.3"
    std::string cipher;       ///< IANA's name
    std::string common_name;  ///< UTF-8; empty: not told
    bool has_certificate = false;
    bool is_resumed = false;  ///< the certificate was presented on an earlier connection of the session
  };

  std::optional<Place> source;       ///< nothing: unknown, as of a client at a Unix socket
  std::optional<Place> destination;  ///< unknown unless the source is known too
  std::string alpn;                  ///< PP2_TYPE_ALPN; empty: not told
  std::optional<Tls> tls;
};

/// Texts have at most 255 bytes each: longer ones are left out.
void append_proxy_header(const ProxyHeader& header, Buffer& output);

/// Reads the header that a load balancer sends before its client's first byte. Of its TLVs only the form is
/// looked at. One thread.
class ProxyHeaderReader {
 public:
  /// The most that may follow the header's first 16 bytes: those that are seen have some hundred.
  static constexpr std::size_t longest_body = 4096;

  enum class State {
    wants_more,  ///< wanted() bytes at most
    complete,    ///< source() is known, or that there is none
    failed,      ///< error() says why
  };

  /// More than that would be the client's. 0 unless state is wants_more.
  std::size_t wanted() const;

  /// At most wanted() bytes.
  State received(ByteView bytes);

  /// Whom the load balancer relays. Nothing: itself (command LOCAL, as its health checks have), or somebody
  /// who has no address.
  const std::optional<ProxyHeader::Place>& source() const { return source_; }

  /// A sentence that goes on after "HOST:PORT ": "sent no PROXY header: ...". Printable.
  const std::string& error() const { return error_; }

 private:
  State look_at_beginning();
  State look_at_body();
  State fail(std::string sentence);

  Buffer kept_;
  std::size_t body_size_ = 0;  // once the first 16 bytes are there
  State state_ = State::wants_more;
  std::optional<ProxyHeader::Place> source_;
  std::string error_;
};

}  // namespace persona::dialect
