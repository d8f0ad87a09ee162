// A service's configuration as plain values. Everything has its default here; load.hpp fills it from YAML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "persona/base/address.hpp"
#include "persona/base/duration.hpp"
#include "persona/base/endpoint.hpp"
#include "persona/base/log.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/config/diagnostic.hpp"

namespace persona::config {

/// A value and where it stands in the file, for diagnostics that only a later stage can make (a key that does
/// not match its certificate, say).
template <class T>
struct Located {
  T value{};
  Mark mark;
};

/// Which leg speaks TLS: the dialled one (persona) or the accepted one (gateway).
enum class Mode { persona, gateway };

enum class ClientCertificate { required, optional, none };

/// `gateway:`, mode persona.
struct Gateway {
  std::vector<Located<Endpoint>> addresses;         ///< at least one; always TCP
  std::optional<Located<std::string>> server_name;  ///< default: the host of the address dialled
};

/// `identity:`. Paths are absolute or relative to the working directory (already resolved against the file's
/// folder).
struct Identity {
  Located<std::filesystem::path> certificate;
  Located<std::filesystem::path> private_key;
  std::optional<Located<std::filesystem::path>> private_key_password_file;
};

/// `trust:`.
struct Trust {
  std::vector<Located<std::filesystem::path>> ca;  ///< every certificate in every file counts
};

/// `tls:`. Code points are IANA's; every one is in base/tls_parameters.
struct Tls {
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::uint16_t> ciphers;  ///< in order of preference, both versions; never empty after loading
  std::vector<std::uint16_t> groups;   ///< in order of preference; never empty after loading
  std::vector<std::string> alpn;       ///< in order of preference; empty: not offered
  bool resumption = true;              ///< TLS 1.3 sessions are resumed by tickets
};

/// `timeouts:`. Zero switches one off.
struct Timeouts {
  Milliseconds connect{10'000};     ///< resolving and connecting, for each address tried
  Milliseconds handshake{10'000};   ///< the TLS handshake
  Milliseconds idle{0};             ///< no byte either way while open
  Milliseconds half_close{30'000};  ///< no byte from the side still open after the other has ended
  Milliseconds shutdown{30'000};    ///< how long a drain waits for live connections
};

struct Limits {
  std::size_t connections = 10'000;
};

struct Config {
  std::filesystem::path file;  ///< as named on the command line or found in the folder
  std::string name;            ///< the `service` label
  std::vector<Located<Endpoint>> listen;
  bool unsafe_listen = false;
  Mode mode = Mode::persona;
  Gateway gateway;                           ///< mode persona
  std::optional<Located<Endpoint>> service;  ///< mode gateway
  ClientCertificate client_certificate =
      ClientCertificate::required;  ///< mode gateway: `clients.certificate`
  Identity identity;
  Trust trust;  ///< may be empty in mode gateway with ClientCertificate::none
  Tls tls;
  std::optional<std::vector<Cidr>> access;  ///< `access.allow`; absent: see effective_access()
  Timeouts timeouts;
  Limits limits;
  log::Settings log;
  unsigned threads = 0;  ///< 0: `auto`, one loop per core
};

/// Which client addresses may connect: `access.allow`, else loopback in mode persona and anyone in mode
/// gateway (where the client's certificate decides). Unix sockets are governed by their file permissions.
std::vector<Cidr> effective_access(const Config& config);

}  // namespace persona::config
