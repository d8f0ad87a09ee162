#include "stunnel_options.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/text.hpp"

namespace persona::importing {

namespace {

constexpr std::string_view no_random = "the system's random numbers are used";
constexpr std::string_view no_program =
    "persona starts no programs for connections; use a service that listens";
constexpr std::string_view no_ocsp =
    "persona asks no OCSP responder: a revoked certificate is refused only if trust.crl says so";
constexpr std::string_view no_ocsp_detail = "it is about OCSP, which persona does not ask";
constexpr std::string_view no_engine =
    "there are no engines: a key on a PKCS#11 token is a pkcs11: URI in identity.private_key, one of Windows "
    "is identity.windows_store";
constexpr std::string_view no_icons = "persona has no window";
constexpr std::string_view no_cache = "sessions are resumed by tickets, and no cache is kept";
constexpr std::string_view shared_tickets =
    "keys that gateways share are in a file of another form, which openssl rand -base64 48 makes";

// In the order of stunnel's manual: global options, then those of services.
constexpr std::array all_options = {
    StunnelOption{"chroot", "sandbox",
                  "not needed: persona opens no file but those of its configuration once it runs; CApath and "
                  "CRLpath are taken from inside it",
                  carry::chroot},
    StunnelOption{"compression", "",
                  "TLS compression betrays what is encrypted (CRIME), and TLS 1.3 has none",
                  carry::not_needed},
    StunnelOption{"debug", "log.level",
                  "0 to 3 are error, 4 is warn, 5 and 6 are info, 7 is debug; there are no facilities",
                  carry::debug},
    StunnelOption{"EGD", "", no_random, carry::not_needed},
    StunnelOption{"engine", "identity.private_key", no_engine, carry::not_needed},
    StunnelOption{"engineCtrl", "identity.private_key",
                  "a PIN goes to a file that pin-source of the URI names; p11-kit knows the modules",
                  carry::engine_control},
    StunnelOption{"engineDefault", "", no_engine, carry::not_needed},
    StunnelOption{"fips", "", "persona's cryptography has no FIPS certificate", carry::left_out_if_yes},
    StunnelOption{"foreground", "", "persona stays in the foreground; systemd or Windows run it as a service",
                  carry::not_needed},
    StunnelOption{"iconActive", "", no_icons, carry::not_needed},
    StunnelOption{"iconError", "", no_icons, carry::not_needed},
    StunnelOption{"iconIdle", "", no_icons, carry::not_needed},
    StunnelOption{"include", "",
                  "what it names is read; persona itself takes a folder, in which each file is a service",
                  carry::nothing},
    StunnelOption{"log", "log.max_size, log.max_files",
                  "a log file is appended to, and rotated when it is full", carry::not_needed},
    StunnelOption{"output", "log.file", "/dev/stdout and /dev/stderr are standard error", carry::output},
    StunnelOption{"pid", "", "systemd knows the process; persona ready asks whether it serves",
                  carry::not_needed},
    StunnelOption{"RNDbytes", "", no_random, carry::not_needed},
    StunnelOption{"RNDfile", "", no_random, carry::not_needed},
    StunnelOption{"RNDoverwrite", "", no_random, carry::not_needed},
    StunnelOption{"service", "name", "the log has the name of each service, which is its file's",
                  carry::not_needed},
    StunnelOption{"syslog", "", "the log goes to standard error, which journald has, or to log.file",
                  carry::not_needed},
    StunnelOption{"taskbar", "", no_icons, carry::not_needed},
    StunnelOption{"accept", "listen, unsafe_listen, access.allow",
                  "a client's port alone is one of 127.0.0.1; another address needs unsafe_listen, and "
                  "access.allow for clients of other machines",
                  carry::accept},
    StunnelOption{"CAengine", "trust.ca", "CA certificates are read from files", carry::left_out},
    StunnelOption{"CApath", "trust.ca",
                  "each hashed certificate of the folder; for /etc/ssl/certs the bundle that is there",
                  carry::ca_path},
    StunnelOption{"CAfile", "trust.ca", "the same file", carry::ca_file},
    StunnelOption{"cert", "identity.certificate", "PEM or PKCS#12; a client has to have one too",
                  carry::certificate},
    StunnelOption{"checkEmail", "clients.allow",
                  "persona knows nobody by an e-mail address: name clients by cn, dns, uri or pins",
                  carry::check_email},
    StunnelOption{"checkHost", "gateway.server_name, clients.allow.dns",
                  "of a client's several one counts, which is the server name too (SNI)", carry::check_host},
    StunnelOption{"checkIP", "gateway.server_name",
                  "of a gateway's certificate; clients are not told by an address in theirs",
                  carry::check_ip},
    StunnelOption{"ciphers", "tls.ciphers",
                  "suites with forward secrecy and an AEAD, by name; others there are not, and no keywords",
                  carry::ciphers},
    StunnelOption{"ciphersuites", "tls.ciphers", "by the same names", carry::suites},
    StunnelOption{"client", "gateway, service",
                  "yes: connect is gateway, which is dialled in TLS; no: it is service, in the clear",
                  carry::nothing},
    StunnelOption{"config", "tls.min_version, tls.max_version, tls.groups, tls.ciphers",
                  "MinProtocol, MaxProtocol, Curves, Groups, CipherString and Ciphersuites; no other command",
                  carry::openssl_command},
    StunnelOption{"connect", "gateway.address, service",
                  "a gateway may have several, which are tried in order; a service has one", carry::connect},
    StunnelOption{"CRLpath", "trust.crl", "CRLs are read from files; the first is still to be named",
                  carry::crl_path},
    StunnelOption{
        "CRLfile", "trust.crl",
        "the same file; every CA in the path needs a CRL there, and one that has expired refuses all",
        carry::crl_file},
    StunnelOption{"curves", "tls.groups", "X25519, P-256, P-384, P-521 and X25519MLKEM768", carry::curves},
    StunnelOption{"delay", "", "names are looked up for each connection", carry::not_needed},
    StunnelOption{"engineId", "identity.private_key", no_engine, carry::not_needed},
    StunnelOption{"engineNum", "identity.private_key", no_engine, carry::not_needed},
    StunnelOption{"exec", "", no_program, carry::no_configuration},
    StunnelOption{"execArgs", "", no_program, carry::not_needed},
    StunnelOption{"failover", "gateway.address", "prio; rr becomes it, since persona balances no load",
                  carry::failover},
    StunnelOption{"ident", "access.allow_users",
                  "who connects is known on a Unix socket only (access.allow_users)",
                  carry::restricts_clients},
    StunnelOption{"key", "identity.private_key", "left out where the key is in the file of cert",
                  carry::private_key},
    StunnelOption{"libwrap", "access.allow", "hosts.allow and hosts.deny are not read: write access.allow",
                  carry::restricts_clients},
    StunnelOption{"local", "", "the system chooses the address that is dialled from", carry::left_out},
    StunnelOption{"logId", "", "each line about a connection has its id", carry::not_needed},
    StunnelOption{"OCSP", "trust.crl", no_ocsp, carry::left_out},
    StunnelOption{"OCSPaia", "trust.crl", no_ocsp, carry::left_out_if_yes},
    StunnelOption{"OCSPflag", "", no_ocsp_detail, carry::not_needed},
    StunnelOption{"OCSPnonce", "", no_ocsp_detail, carry::not_needed},
    StunnelOption{"OCSPrequire", "", no_ocsp_detail, carry::not_needed},
    StunnelOption{"options", "tls.min_version, tls.max_version, tls.resumption",
                  "NO_TLSv1_2, NO_TLSv1_3 and NO_TICKET have keys; what else is safe is always so",
                  carry::tls_option},
    StunnelOption{"protocol", "gateway.negotiate, gateway.via, service.proxy_protocol",
                  "pgsql and connect of a client, proxy of a server; no others", carry::protocol},
    StunnelOption{"protocolAuthentication", "gateway.via", "basic; a proxy is not asked by NTLM",
                  carry::protocol_authentication},
    StunnelOption{"protocolDomain", "", "it belongs to NTLM, by which persona asks no proxy",
                  carry::left_out},
    StunnelOption{"protocolHeader", "", "a proxy is asked without headers of one's own", carry::left_out},
    StunnelOption{"protocolHost", "gateway.address", "the gateway behind the proxy, which connect names",
                  carry::protocol_host},
    StunnelOption{"protocolPassword", "gateway.via.password_file",
                  "no configuration has a password: it goes to a file", carry::protocol_password},
    StunnelOption{"protocolUsername", "gateway.via.proxy", "in the proxy's URL", carry::protocol_user},
    StunnelOption{"PSKidentity", "", "there are no pre-shared keys: each end has a certificate", carry::psk},
    StunnelOption{"PSKsecrets", "", "there are no pre-shared keys: each end has a certificate", carry::psk},
    StunnelOption{"pty", "", no_program, carry::not_needed},
    StunnelOption{"redirect", "", "who is not verified is refused, and sent nowhere else", carry::left_out},
    StunnelOption{"renegotiation", "", "it is always refused", carry::not_needed},
    StunnelOption{"reset", "", "what is no orderly end is always told by a reset", carry::reset},
    StunnelOption{"retry", "", no_program, carry::left_out_if_yes},
    StunnelOption{"requireCert", "clients.certificate", "yes is required, no is optional",
                  carry::require_certificate},
    StunnelOption{"securityLevel", "",
                  "as level 2, whatever it says: RSA of 2048 bits and P-256 are the least that is accepted",
                  carry::security_level},
    StunnelOption{"setuid", "user", "of a service: a socket's file belongs to persona's own user",
                  carry::setuid},
    StunnelOption{"setgid", "listen.group",
                  "of a service; the process has the groups of its user, whatever it says elsewhere",
                  carry::setgid},
    StunnelOption{"sessionCacheSize", "", no_cache, carry::not_needed},
    StunnelOption{"sessionCacheTimeout", "", no_cache, carry::not_needed},
    StunnelOption{"sessionResume", "tls.resumption", "no is false", carry::resume},
    StunnelOption{"sessiond", "", no_cache, carry::not_needed},
    StunnelOption{"sni", "gateway.server_name",
                  "of a client: what is verified too; a server has one certificate for all names",
                  carry::sni},
    StunnelOption{"socket", "tcp.keepalive",
                  "TCP_KEEPIDLE; what else is useful is set, and there are no options by number",
                  carry::socket_option},
    StunnelOption{"sslVersion", "tls.min_version, tls.max_version", "as both sslVersionMin and sslVersionMax",
                  carry::version},
    StunnelOption{"sslVersionMax", "tls.max_version", "1.2 or 1.3", carry::highest_version},
    StunnelOption{"sslVersionMin", "tls.min_version", "1.2 or 1.3; nothing older is spoken",
                  carry::lowest_version},
    StunnelOption{"stack", "", "connections have no threads of their own", carry::not_needed},
    StunnelOption{"ticketKeySecret", "tls.ticket_keys", shared_tickets, carry::ticket_secret},
    StunnelOption{"ticketMacSecret", "tls.ticket_keys", shared_tickets, carry::ticket_secret},
    StunnelOption{"TIMEOUTbusy", "timeouts.handshake", "of the handshake; 10 s if it is not set, not 300",
                  carry::busy},
    StunnelOption{
        "TIMEOUTclose", "timeouts.half_close",
        "how long one side may go on after the other has ended; 30 s if it is not set, and 0 has no "
        "meaning",
        carry::close},
    StunnelOption{"TIMEOUTconnect", "timeouts.connect", "10 s if it is not set, as in stunnel",
                  carry::connecting},
    StunnelOption{"TIMEOUTidle", "timeouts.idle", "no limit if it is not set, where stunnel has 12 hours",
                  carry::idle},
    StunnelOption{"transparent", "service.proxy_protocol",
                  "addresses are not forged: a service that needs a client's is told by a PROXY header",
                  carry::transparent},
    StunnelOption{"verify", "clients.certificate, trust.ca",
                  "0 none, 1 optional, 2 required, 3 and 4 also pins; a gateway is always verified",
                  carry::verify},
    StunnelOption{"verifyChain", "clients.certificate, trust.ca", "a gateway is always verified, by name too",
                  carry::verify_chain},
    StunnelOption{"verifyPeer", "gateway.pins, gateway.verify, clients.allow.pins",
                  "the keys of the certificates in CAfile are pinned; who signed them counts as well",
                  carry::verify_peer},
};

}  // namespace

std::span<const StunnelOption> stunnel_options() {
  return all_options;
}

const StunnelOption* find_stunnel_option(std::string_view name) {
  const auto* found =
      std::find_if(all_options.begin(), all_options.end(),
                   [name](const StunnelOption& option) { return equals_ignoring_case(option.name, name); });
  return found == all_options.end() ? nullptr : found;
}

std::string stunnel_options_in_markdown() {
  std::string table = "| stunnel | here | what becomes of it |\n|---|---|---|\n";
  for (const StunnelOption& option : all_options) {
    std::string keys(option.keys);
    for (std::size_t at = keys.find(", "); at != std::string::npos; at = keys.find(", ", at + 4)) {
      keys.replace(at, 2, "`, `");
    }
    table += fmt::format("| `{}` | {} | {} |\n", option.name,
                         keys.empty() ? std::string("-") : '`' + keys + '`', option.words);
  }
  return table;
}

}  // namespace persona::importing
