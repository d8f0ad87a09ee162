// What a draft has become, in YAML.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "carry.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"

namespace persona::importing {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_hashed_files = 64;
constexpr std::size_t longest_user = 255;  // RFC 1929
constexpr std::string_view system_folder = "/etc/ssl/certs";
constexpr std::string_view system_bundle = "/etc/ssl/certs/ca-certificates.crt";
// The pin of no bytes at all, which no key has: until the administrator names one, nobody matches.
constexpr std::string_view nobodys_pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// A scalar, in quotes unless it needs none.
std::string scalar(std::string_view text) {
  const auto is_plain = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '/' || c == '_' || c == ':' || c == '+' || c == '@' ||
           c == '-' || c == '=';
  };
  const bool plain = !text.empty() && (is_letter_or_digit(text.front()) || text.front() == '/') &&
                     text.back() != ':' && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? std::string(text) : in_quotes(text);
}

template <class List>
std::string flow(const List& list) {
  std::string text;
  for (const auto& item : list) {
    text += (text.empty() ? "" : ", ") + scalar(item);
  }
  return '[' + text + ']';
}

/// One is itself, several are a list.
std::string one_or_list(const std::vector<std::string>& list) {
  return list.size() == 1 ? scalar(list.front()) : flow(list);
}

/// The map of one section: nothing is written of one without keys.
class Block {
 public:
  void add(std::string_view key, const std::string& value, std::string_view to_do = {}) {
    text_ += fmt::format("  {}: {}{}{}\n", key, value, to_do.empty() ? "" : "   # TODO: ", to_do);
  }
  void add_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      add(key, scalar(value));
    }
  }
  std::string under(std::string_view name) const {
    return text_.empty() ? std::string() : fmt::format("{}:\n{}", name, text_);
  }

 private:
  std::string text_;
};

class Writer {
 public:
  explicit Writer(Draft& draft) : draft_(draft) {}

  std::string write() {
    if (!settle_places()) {
      return {};
    }
    yaml_ = fmt::format("# By persona import stunnel, from [{}] in {}\n", printable(header().value),
                        printable(path_text(draft_.file)));
    write_listen();
    draft_.is_client ? write_gateway() : write_service();
    write_identity();
    write_trust();
    write_tls();
    write_rest();
    return std::move(yaml_);
  }

 private:
  const StunnelLine& header() const { return draft_.section.header; }
  bool verifies_itself() const { return draft_.checks.itself; }
  // Who had a pre-shared key was somebody: now a certificate has to show that.
  bool has_clients_checked() const { return draft_.checks.chain || draft_.checks.itself || draft_.psk; }

  void to_do(const StunnelLine& line, const std::string& sentence) {
    draft_.remark(line, Fate::to_do, sentence);
  }

  /// What it listens on and what it dials are known.
  bool settle_places() {
    if (draft_.no_file.line != nullptr) {
      return false;
    }
    if (!draft_.accept) {
      draft_.give_up(header(), "it has no accept: persona does not run under inetd");
      return false;
    }
    if (draft_.connects.empty()) {
      draft_.give_up(header(), "it has no connect");
      return false;
    }
    if (draft_.is_client && draft_.protocol == "connect") {
      return settle_proxy();
    }
    return true;
  }

  /// What was dialled is the proxy; the gateway is behind it.
  bool settle_proxy() {
    if (!draft_.protocol_host) {
      draft_.give_up(*draft_.protocol_line->line, "protocolHost is missing, the gateway behind the proxy");
      return false;
    }
    const StunnelLine& line = *draft_.protocol_host->line;
    const auto address = carry::read_address(draft_, line);
    if (!address) {
      return false;
    }
    if (address->host.empty()) {
      draft_.refuse(line, "expected HOST:PORT of the server behind the proxy");
      return false;
    }
    if (const auto& user = draft_.protocol_user;
        user && (user->value.empty() || user->value.size() > longest_user ||
                 user->value.find(':') != std::string::npos || printable(user->value) != user->value)) {
      draft_.refuse(*user->line,
                    fmt::format("expected a user of 1 to {} bytes, without a colon", longest_user));
      return false;
    }
    proxy_ = draft_.connects.front().second.to_string();
    if (draft_.connects.size() > 1) {
      draft_.remark(*draft_.connects[1].first.line, Fate::left_out, "there is one proxy on the way");
    }
    gateways_ = {address->to_string()};
    gateway_hosts_ = {address->host};
    return true;
  }

  void write_listen() {
    const Address& accepts = draft_.accepts;
    if (draft_.group.empty() || accepts.path.empty()) {
      yaml_ += fmt::format("listen: {}\n", scalar(accepts.to_string()));
    } else {
      Block listen;
      listen.add("address", scalar(accepts.to_string()));
      listen.add("group", scalar(draft_.group));
      yaml_ += listen.under("listen");
    }
    if (draft_.is_client && !accepts.is_local()) {
      yaml_ += "unsafe_listen: true   # clients of other machines also need access.allow\n";
    }
  }

  void write_gateway() {
    if (proxy_.empty()) {
      for (const auto& [given, address] : draft_.connects) {
        gateways_.push_back(address.to_string());
        gateway_hosts_.push_back(address.host);
      }
    }
    Block gateway;
    gateway.add("address", one_or_list(gateways_));
    write_server_name(gateway);
    write_pins(gateway);
    write_via(gateway);
    if (draft_.protocol == "pgsql") {
      gateway.add("negotiate", "postgresql");
    }
    yaml_ += gateway.under("gateway");
  }

  /// Of what was to be in the certificate one name counts, and it is the one asked for by SNI.
  void write_server_name(Block& gateway) {
    std::vector<const Given*> names;
    for (const Given& given : draft_.hosts) {
      names.push_back(&given);
    }
    for (const Given& given : draft_.addresses) {
      names.push_back(&given);
    }
    for (const Given& given : draft_.emails) {
      draft_.remark(
          *given.line, Fate::left_out,
          "a gateway is known by a name, an address, a SPIFFE ID or a pin, not by an e-mail address");
    }
    const auto is_dialled = [&](const Given* given) {
      return std::all_of(gateway_hosts_.begin(), gateway_hosts_.end(),
                         [&](const std::string& host) { return equals_ignoring_case(host, given->value); });
    };
    // The one that is dialled needs no key.
    const auto dialled = std::find_if(names.begin(), names.end(), is_dialled);
    const Given* chosen = dialled != names.end() ? *dialled : names.empty() ? nullptr : names.front();
    for (const Given* other : names) {
      if (other != chosen) {
        draft_.remark(*other->line, Fate::left_out,
                      fmt::format("a gateway has one name, which is {} here", chosen->value));
      }
    }
    if (const auto& sni = draft_.sni) {
      if (sni->value.empty()) {
        draft_.remark(*sni->line, Fate::changed, "the name that is verified is always sent as SNI too");
      } else if (chosen == nullptr && !verifies_itself()) {
        draft_.remark(*sni->line, Fate::changed, "the gateway's certificate has to have this name");
        chosen = &*sni;
      } else if (chosen == nullptr) {
        chosen = &*sni;
      } else if (!equals_ignoring_case(chosen->value, sni->value)) {
        draft_.remark(*sni->line, Fate::changed,
                      fmt::format("the name that is verified is sent as SNI too: {}", chosen->value));
      }
    }
    if (chosen != nullptr && !is_dialled(chosen)) {
      gateway.add("server_name", scalar(chosen->value));
    } else if (chosen == nullptr && !verifies_itself()) {
      draft_.remark(
          header(), Fate::changed,
          fmt::format("the gateway's certificate is {} verified, and has to have the name {}; if it has "
                      "another one, set gateway.server_name",
                      draft_.checks.chain ? "still" : "now", gateway_hosts_.front()));
    } else if (chosen != nullptr && !draft_.checks.chain && !verifies_itself()) {
      draft_.remark(header(), Fate::changed, "the gateway's certificate is now verified");
    }
  }

  std::vector<std::string> known_pins() const {
    return draft_.ca_file ? draft_.surroundings.pins_in(beside(draft_.ca_file->value))
                          : std::vector<std::string>();
  }

  /// Files are looked for beside the configuration while it is imported.
  fs::path beside(const std::string& name) const {
    const fs::path path = path_from_text(name);
    return path.is_relative() ? draft_.file.parent_path() / path : path;
  }

  void write_pins(Block& gateway) {
    if (!verifies_itself()) {
      return;
    }
    if (draft_.hosts.empty() && draft_.addresses.empty()) {
      gateway.add("verify", "pins");
    }
    add_pins(gateway, "gateway's");
  }

  void add_pins(Block& block, std::string_view whose) {
    const StunnelLine& line = draft_.ca_file ? *draft_.ca_file->line : header();
    const auto pins = known_pins();
    if (pins.empty()) {
      block.add("pins", flow(std::vector{std::string(nobodys_pin)}),
                fmt::format("of the {} own certificate: persona pki show FILE", whose));
      to_do(line,
            fmt::format("pins of the {} own certificate, which persona pki show prints, are still to be "
                        "written in place of one that nobody has",
                        whose));
    } else {
      block.add("pins", flow(pins));
      draft_.remark(line, Fate::changed,
                    "the keys of its certificates are pinned, and each has to be valid and signed by one in "
                    "trust.ca (or in it itself)");
    }
  }

  void write_via(Block& gateway) {
    if (proxy_.empty()) {
      return;
    }
    if (!draft_.protocol_user) {
      gateway.add("via", scalar("http://" + proxy_));
      return;
    }
    std::string user;
    for (const char c : draft_.protocol_user->value) {
      const bool plain = is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
      user += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    to_do(*draft_.protocol_user->line, "the password goes into the file TODO-proxy-password");
    gateway.add("via",
                fmt::format("{{proxy: \"http://{}@{}\", password_file: TODO-proxy-password}}", user, proxy_),
                "its first line is the password");
  }

  void write_service() {
    const std::string address = draft_.connects.front().second.to_string();
    if (draft_.protocol == "proxy") {
      Block service;
      service.add("address", scalar(address));
      service.add("proxy_protocol", "v2");
      yaml_ += service.under("service");
    } else {
      yaml_ += fmt::format("service: {}\n", scalar(address));
    }
    write_clients();
  }

  void write_clients() {
    Block clients;
    if (!has_clients_checked()) {
      clients.add("certificate", "none");
      draft_.remark(
          header(), Fate::not_needed,
          "as before, clients are asked for no certificate; clients.certificate: required and trust.ca "
          "change that");
      refuse_checks_of_nobody();
      yaml_ += clients.under("clients");
      return;
    }
    const bool is_named =
        !draft_.hosts.empty() || !draft_.addresses.empty() || !draft_.emails.empty() || verifies_itself();
    if (!draft_.checks.required && !is_named && !draft_.psk) {
      clients.add("certificate", "optional");
    } else if (!draft_.checks.required && !draft_.psk) {
      draft_.remark(header(), Fate::changed,
                    "every client has to have a certificate now, since those who have one are chosen by it");
    }
    yaml_ += clients.under("clients");
    if (is_named) {
      yaml_ += clients.under("clients").empty() ? "clients:\n" : "";
      write_allowed();
    }
  }

  void refuse_checks_of_nobody() {
    for (const auto* list : {&draft_.hosts, &draft_.addresses, &draft_.emails}) {
      for (const Given& given : *list) {
        draft_.remark(*given.line, Fate::left_out, "it has no effect without verifyChain or verifyPeer");
      }
    }
  }

  void write_allowed() {
    Block allow;
    std::vector<std::string> names;
    for (const Given& given : draft_.hosts) {
      if (std::find(names.begin(), names.end(), to_lower(given.value)) == names.end()) {
        names.push_back(to_lower(given.value));
      }
    }
    if (verifies_itself() && !names.empty()) {
      // One match lets in, where stunnel asks for both.
      draft_.remark(*draft_.hosts.front().line, Fate::left_out,
                    "names and pins of clients cannot be asked for together; pins are kept");
    } else if (!names.empty()) {
      allow.add("  dns", flow(names));
    }
    if (verifies_itself()) {
      Block pins;
      add_pins(pins, "clients'");
      yaml_ += "  allow:\n";
      yaml_ += "  " + pins.under("x").substr(3);
      return;
    }
    for (const auto* list : {&draft_.addresses, &draft_.emails}) {
      for (const Given& given : *list) {
        to_do(*given.line,
              "clients are not known by this: name them in clients.allow by cn, dns, uri or pins");
      }
    }
    if (names.empty()) {
      allow.add("  pins", flow(std::vector{std::string(nobodys_pin)}),
                "who was let in by checkIP or checkEmail, by cn, dns, uri or pins");
    }
    yaml_ += allow.under("  allow");
  }

  void write_identity() {
    Block identity;
    std::string certificate = draft_.certificate;
    std::string key = draft_.private_key;
    const bool is_on_token = (key.empty() ? certificate : key).starts_with("pkcs11:");
    if (is_on_token) {
      key = key.empty() ? certificate : key;
      if (draft_.engine_pin && key.find('?') == std::string::npos) {
        key += "?pin-source=file:TODO-pin";
        to_do(*draft_.engine_pin->line, "the PIN goes into the file TODO-pin, which nobody else can read");
      }
      if (key.find("pin-value=") != std::string::npos) {
        key = key.substr(0, key.find('?')) + "?pin-source=file:TODO-pin";
        to_do(header(), "the PIN in the URI of its key goes into the file TODO-pin");
      }
    }
    if (certificate.empty()) {
      to_do(header(), draft_.is_client
                          ? "this end has no certificate: persona proves who it is at each end; "
                            "persona pki issue client NAME makes one"
                          : "this end has no certificate: persona pki issue server NAME makes one");
      identity.add("certificate", "TODO-certificate.pem", "this end's own");
      identity.add("private_key", "TODO-private-key.pem");
    } else {
      identity.add("certificate", scalar(certificate));
      if (!key.empty() && (is_on_token || key != certificate)) {
        identity.add("private_key", scalar(key));
      }
    }
    yaml_ += identity.under("identity");
  }

  void write_trust() {
    if (!draft_.is_client && !has_clients_checked()) {
      return;
    }
    Block trust;
    std::vector<std::string> files;
    if (draft_.ca_file) {
      files.push_back(draft_.ca_file->value);
    }
    if (draft_.ca_path) {
      add_folder(files);
    }
    if (files.empty()) {
      if (!draft_.ca_path) {
        to_do(header(), draft_.is_client ? "there is no CAfile, so nothing says whom to trust: write the "
                                           "gateway's CA in trust.ca"
                                         : "there is no CAfile: write the clients' CA in trust.ca");
      }
      trust.add(
          "ca", "TODO-ca.pem",
          draft_.is_client ? "the CA of the gateway's certificate" : "the CA of the clients' certificates");
    } else {
      trust.add("ca", one_or_list(files));
    }
    if (draft_.crl_file) {
      trust.add("crl", scalar(draft_.crl_file->value));
    } else if (draft_.crl_path) {
      to_do(*draft_.crl_path->line,
            "CRLs are read from files: name them in trust.crl in place of TODO-ca.crl");
      trust.add("crl", "TODO-ca.crl",
                fmt::format("the CRLs of {}{}",
                            draft_.crl_path->value.starts_with('/') ? printable(draft_.chroot) : "",
                            printable(draft_.crl_path->value)));
    }
    yaml_ += trust.under("trust");
  }

  void add_folder(std::vector<std::string>& files) {
    const StunnelLine& line = *draft_.ca_path->line;
    std::string folder = draft_.ca_path->value;
    while (folder.size() > 1 && folder.ends_with('/')) {
      folder.pop_back();
    }
    if (draft_.chroot.empty() && folder == system_folder) {
      files.emplace_back(system_bundle);
      draft_.remark(line, Fate::changed,
                    fmt::format("{} has the CAs of this folder in one file", system_bundle));
      return;
    }
    folder = folder.starts_with('/') ? draft_.chroot + folder : folder;
    const auto found = draft_.surroundings.files_of(beside(folder));
    std::vector<std::string> hashed;
    for (const fs::path& file : found ? *found : std::vector<fs::path>()) {
      const std::string name = path_text(file.filename());
      const bool is_hashed = name.size() > 9 && name[8] == '.' &&
                             std::all_of(name.begin() + 9, name.end(), is_digit) &&
                             std::all_of(name.begin(), name.begin() + 8, is_letter_or_digit);
      if (is_hashed) {
        hashed.push_back(fmt::format("{}/{}", folder, name));
      }
    }
    if (hashed.empty() || hashed.size() > most_hashed_files) {
      to_do(line, fmt::format("CA certificates are read from files: cat {}/*.0 >TODO-ca.pem, say",
                              shell_word(folder)));
      return;
    }
    files.insert(files.end(), hashed.begin(), hashed.end());
    draft_.remark(line, Fate::changed,
                  "each file that is there now is named; one that comes later is not read");
  }

  void write_tls() {
    if (draft_.min_version == "1.3" && draft_.max_version == "1.2") {
      draft_.min_version.clear();
      draft_.max_version.clear();
      draft_.remark(header(), Fate::left_out, "no version of TLS is left by its options; both are spoken");
    }
    Block tls;
    const auto add_version = [&tls](std::string_view key, const std::string& version) {
      if (!version.empty()) {
        tls.add(key, in_quotes(version));
      }
    };
    add_version("min_version", draft_.min_version);
    add_version("max_version", draft_.max_version);
    write_suites(tls);
    if (!draft_.groups.empty()) {
      tls.add("groups", flow(draft_.groups));
    }
    if (draft_.shares_tickets && draft_.resumption) {
      tls.add("ticket_keys", "TODO-tickets.keys",
              "by openssl rand -base64 48, the same for all gateways of one name");
    }
    if (!draft_.resumption) {
      tls.add("resumption", "false");
    }
    yaml_ += tls.under("tls");
  }

  // A list of ours is for both versions; what is not limited in stunnel is not limited here.
  void write_suites(Block& tls) {
    std::vector<std::string> suites = draft_.suites13;
    if (suites.empty() && draft_.suites12.empty()) {
      return;
    }
    if (suites.empty() && draft_.max_version != "1.2") {
      suites = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"};
    }
    if (draft_.max_version == "1.2") {
      suites.clear();
    }
    if (draft_.min_version != "1.3") {
      suites.insert(suites.end(), draft_.suites12.begin(), draft_.suites12.end());
    }
    if (!suites.empty()) {
      tls.add("ciphers", flow(suites));
    }
  }

  void write_rest() {
    if (draft_.locals_only && !draft_.is_client) {
      Block access;
      access.add("allow", "[127.0.0.0/8, \"::1/128\"]",
                 draft_.locals_only->value.empty() ? "the addresses of the clients" : "");
      yaml_ += access.under("access");
    }
    Block timeouts;
    timeouts.add_unless_empty("connect", draft_.connect_timeout.text);
    timeouts.add_unless_empty("handshake", draft_.handshake_timeout.text);
    timeouts.add_unless_empty("idle", draft_.idle_timeout.text);
    timeouts.add_unless_empty("half_close", draft_.half_close_timeout.text);
    yaml_ += timeouts.under("timeouts");
    Block tcp;
    tcp.add_unless_empty("keepalive", draft_.keepalive);
    yaml_ += tcp.under("tcp");
    Block log;
    log.add_unless_empty("level", draft_.log_level);
    log.add_unless_empty("file", draft_.log_file);
    yaml_ += log.under("log");
    if (!draft_.user.empty()) {
      yaml_ += fmt::format("user: {}\n", scalar(draft_.user));
    }
  }

  Draft& draft_;
  std::string yaml_;
  std::string proxy_;  ///< HOST:PORT; empty: there is none on the way
  std::vector<std::string> gateways_, gateway_hosts_;
};

}  // namespace

std::string yaml_of(Draft& draft) {
  return Writer(draft).write();
}

}  // namespace persona::importing
