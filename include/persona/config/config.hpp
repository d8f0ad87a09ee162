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
#include "persona/base/protocol.hpp"
#include "persona/base/proxy.hpp"
#include "persona/base/spki_pin.hpp"
#include "persona/base/tcp_options.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/base/trust_profile.hpp"
#include "persona/base/windows_store.hpp"
#include "persona/config/diagnostic.hpp"

namespace persona::config {

/// A value and its place in the file, for diagnostics that only a later stage can make (a key that does not
/// match its certificate, say).
template <class T>
struct Located {
  T value{};
  Mark mark;
};

/// One entry of `listen`, or `admin.listen`. Mode and group only for a Unix socket, `relays` only for an
/// address of `listen`, `unsafe` only for `admin.listen`.
struct Listen {
  Endpoint value;
  Mark mark;
  /// Permission bits of its file; absent: what the umask leaves. What is not written follows from what is:
  /// 0666 with `access.allow_users`, because the list decides; else 0660 with a group.
  std::optional<unsigned> mode{};
  std::optional<Located<std::string>> group{};  ///< of its file, a name or a numeric id
  /// `proxy_protocol.from`: only these may connect, and tell by a PROXY header whom they relay; absent:
  /// whoever connects is the client.
  std::optional<std::vector<Cidr>> relays{};
  bool unsafe = false;  ///< `admin.unsafe_listen`: other machines may reach it; of `listen` the file says so
};

/// Equal but for their places in the files.
bool is_same(const Listen& one, const Listen& other);

/// Which leg speaks TLS: the dialled one (persona) or the accepted one (gateway).
enum class Mode { persona, gateway };

enum class ClientCertificate { required, optional, none };

/// `gateway.allowed_addresses`: where a dial may go. With names, the host to dial must be or match one; with
/// blocks, the address it resolves to must be in one. Both empty: anywhere.
struct AllowedAddresses {
  std::vector<std::string> names;  ///< lower case; "db.example.com", or "*.example.com" for any name below it
  std::vector<Cidr> blocks;

  bool empty() const { return names.empty() && blocks.empty(); }
};

/// `clients.allow`: which verified clients may come in; one match is enough. In patterns `*` stands for any
/// characters within one segment (a DNS label, a path segment of a URI).
struct ClientAllow {
  std::vector<std::string> cn;
  std::vector<std::string> dns;
  std::vector<std::string> uri;
  std::vector<SpkiPin> pins;
};

/// `gateway.verify`: what of a gateway's leaf must match. Its chain, validity and revocation count all the
/// same.
enum class GatewayVerify { name, pins };

/// `gateway.via`: the gateway is dialled through this proxy, which resolves its name.
struct Via {
  Proxy proxy;
  std::optional<Located<std::filesystem::path>> password_file;  ///< with a user, and only then
};

/// `gateway:`, mode persona.
struct Gateway {
  std::vector<Located<Endpoint>> addresses;  ///< at least one; always TCP
  std::optional<Located<std::string>>
      server_name;                             ///< or a SPIFFE ID; default: the host of the address dialled
  GatewayVerify verify = GatewayVerify::name;  ///< pins: no name is looked at, and `pins` is not empty
  std::vector<SpkiPin> pins;                   ///< one must be the leaf's; empty: any
  AllowedAddresses allowed_addresses;          ///< with `via`, only names
  std::optional<Via> via;                      ///< absent: directly
  std::optional<Protocol> negotiate;  ///< `negotiate`: it is this database itself, and asked for TLS its way
};

/// `windows_store`, and which certificate of it: the newest valid one.
struct StoredIdentity {
  StoreName store;
  StoreSelector selector;
};

/// `spiffe`: who gives X.509-SVIDs, by SPIFFE's Workload API.
struct SpiffeAgent {
  Endpoint socket;   ///< a Unix socket
  std::string id{};  ///< `spiffe_id`: which of several; empty: the first, which is the default one
  Milliseconds patience{30'000};  ///< `spiffe_wait`: how long a start waits for the first
};

/// `identity:`. Paths are absolute or relative to the working directory (already resolved against the file's
/// folder).
struct Identity {
  Located<std::filesystem::path> certificate;  ///< PEM, or PKCS#12, which has the key as well
  Located<std::filesystem::path> private_key;  ///< empty: the certificate file, the agent or token has it
  /// `private_key: pkcs11:…`: which key of which token, not parsed (RFC 7512); empty: unusable, which has
  /// been reported.
  std::optional<Located<std::string>> token_key{};
  /// `certificate: pkcs11:…`, with such a key only; then there is no file of it.
  std::optional<Located<std::string>> token_certificate{};
  std::optional<Located<Endpoint>> agent{};  ///< `private_key: agent:/PATH`: the Unix socket of who has it
  std::optional<Located<std::filesystem::path>> private_key_password_file;
  std::optional<Located<StoredIdentity>> windows_store{};  ///< instead of all others, which are empty
  std::optional<Located<SpiffeAgent>> spiffe{};            ///< likewise
};

/// `trust:`.
struct Trust {
  TrustProfile profile = TrustProfile::private_cas;   ///< `profile`: private | public
  std::vector<Located<std::filesystem::path>> ca;     ///< every certificate in every file counts
  std::optional<Located<StoreName>> windows_store{};  ///< and every certificate in that store
  std::vector<Located<std::filesystem::path>> crl;    ///< every CRL in every file counts
  bool crl_expired_allowed = false;                   ///< `crl_expired`: refuse | allow
  bool cut_on_revocation = false;                     ///< `on_revocation`: keep | cut
};

/// `tls:`. Code points are IANA's; every one is in base/tls_parameters.
struct Tls {
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::uint16_t> ciphers;  ///< in order of preference, both versions; never empty after loading
  std::vector<std::uint16_t> groups;   ///< in order of preference; never empty after loading
  std::vector<std::string> alpn;       ///< in order of preference; empty: not offered
  bool resumption = true;              ///< sessions are resumed by tickets
  /// Mode gateway: the file with the keys of tickets that other instances open too; nothing: keys of our own.
  std::optional<Located<std::filesystem::path>> ticket_keys{};
};

/// `timeouts:`. Zero switches one off.
struct Timeouts {
  Milliseconds connect{10'000};     ///< resolving and connecting, for each address tried; a proxy's answer
  Milliseconds handshake{10'000};   ///< the TLS handshake
  Milliseconds idle{0};             ///< no byte either way while open
  Milliseconds half_close{30'000};  ///< no byte from the side still open after the other has ended
  Milliseconds shutdown{30'000};    ///< how long a drain waits for live connections
};

/// `limits:`.
struct Limits {
  std::size_t connections = 10'000;       ///< that are open; in mode gateway, of clients that are verified
  std::optional<std::size_t> handshakes;  ///< mode gateway: unfinished; absent: see effective_handshakes()
  std::optional<std::size_t> per_source;  ///< from one address; absent: see effective_per_source()
  Milliseconds max_age{0};                ///< of a connection, less a random tenth at most; zero: any
};

/// `limits.handshakes`, else as many as `limits.connections`, so that all clients may come back at once; at
/// least 100, so that a few strangers do not displace a client; at most 4096, because each may cost 50 kB.
std::size_t effective_handshakes(const Limits& limits);

/// `limits.per_source`, else nine tenths of `limits.connections`: one address never has them all, and one
/// with many clients behind it has enough. For loopback addresses, which are one machine: as many as there
/// may be.
std::size_t effective_per_source(const Limits& limits, bool loopback);

/// `access:`.
struct Access {
  std::optional<std::vector<Cidr>> allow;  ///< absent: see effective_access()
  /// Who may connect to a Unix socket, as user names or numeric ids; absent: whom its file's mode admits.
  std::optional<std::vector<Located<std::string>>> allow_users;
};

/// `reload:`.
struct Reload {
  bool watch = true;              ///< when files change, not only on SIGHUP
  Milliseconds interval{30'000};  ///< how often to look besides the notifications; zero: notifications only
  bool probe = false;             ///< mode persona: a dial to the gateway must succeed first
};

/// `sandbox`: whether persona takes from itself, as it starts, what it does not need (host/confinement.hpp).
enum class Sandbox {
  automatic,  ///< as far as this system can
  required,   ///< or it does not start
  off,
};

struct Config {
  std::filesystem::path file;  ///< as named on the command line or found in the folder
  std::string name;            ///< the `service` label
  std::vector<Listen> listen;
  bool unsafe_listen = false;
  std::optional<Protocol> protocol;  ///< `protocol`, else `gateway.negotiate`; absent: no byte is looked at
  Mode mode = Mode::persona;
  Gateway gateway;                           ///< mode persona
  std::optional<Located<Endpoint>> service;  ///< mode gateway: `service`, or `service.address`
  bool introduces_clients = false;           ///< mode gateway: `service.proxy_protocol: v2`
  ClientCertificate client_certificate =
      ClientCertificate::required;          ///< mode gateway: `clients.certificate`
  std::optional<ClientAllow> client_allow;  ///< mode gateway: `clients.allow`; absent: any verified client
  Identity identity;
  Trust trust;  ///< may be empty in mode gateway with ClientCertificate::none, and with Identity::spiffe
  Tls tls;
  TcpOptions tcp;
  Access access;
  Timeouts timeouts;
  Limits limits;
  Reload reload;
  std::optional<Listen>
      admin;  ///< `admin.listen`; for other machines only with `unsafe_listen`; absent: none
  bool ready_if_reached = false;  ///< `ready.gateway` or, in mode gateway, `ready.service`: see /readyz
  log::Settings log;
  Mark log_file_mark;     ///< where `log.file` is, if it is
  bool log_opens = true;  ///< `log.connections: both | close`: is a line at level info written when one opens
  std::string audit_file;  ///< `log.audit`: one line for each decision about a peer or client; empty: none
  Mark audit_file_mark;
  unsigned threads = 0;  ///< 0: `auto`, one loop per core
  Located<Sandbox> sandbox{};
  std::optional<Located<std::string>> user;  ///< whom root becomes, a name or a numeric id
};

/// Which client addresses may connect: `access.allow`, else loopback in mode persona and anyone in mode
/// gateway (where the client's certificate decides). Unix sockets are governed by `Listen::mode` and
/// `allow_users`.
std::vector<Cidr> effective_access(const Config& config);

}  // namespace persona::config
