// A service of stunnel's on its way to a configuration of persona's.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "stunnel_lines.hpp"

namespace persona::importing {

/// A value with what is still to be done about it, which becomes a comment beside it.
struct Setting {
  std::string text{};
  std::string to_do{};  ///< empty: nothing

  bool empty() const { return text.empty(); }
};

/// [HOST:]PORT, or the path of a Unix socket.
struct Address {
  std::string host{};  ///< empty: none is written
  std::uint16_t port = 0;
  std::string path{};  ///< not empty: a Unix socket

  std::string to_string() const;  ///< as persona has it; `host` is not empty
  bool is_local() const;          ///< other machines cannot reach it
};

inline constexpr std::string_view no_configuration_for = "there is no configuration for ";

/// What an import says, for all services; and the first thing that is wrong, which ends it.
class Findings {
 public:
  explicit Findings(const StunnelLines& lines) : lines_(lines) {}

  /// The same of the same line is said once: lines before the first service count for each.
  void remark(const StunnelLine& line, Fate fate, const std::string& sentence);

  /// The first one counts.
  void refuse(const StunnelLine& line, std::string_view why);

  const std::optional<Error>& error() const { return error_; }

  /// Of a service that there is no configuration for only the reasons are left. `first`: size() before it.
  std::size_t size() const { return remarks_.size(); }
  void forget_all_but_reasons(std::size_t first, const StunnelSection& section);

  std::vector<Remark> take();

 private:
  const StunnelLines& lines_;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> said_;
  std::vector<Remark> remarks_;
  std::optional<Error> error_;
};

/// Whether the peer shows a certificate, and whether that is verified.
struct Checks {
  bool chain = false;     ///< up to a CA (verifyChain)
  bool itself = false;    ///< it is one of those in CAfile (verifyPeer)
  bool asked = false;     ///< a client is asked for one
  bool required = false;  ///< a client has to have one
};

/// An option that was given: where, for a remark about its effect together with others.
struct Given {
  const StunnelLine* line = nullptr;
  std::string value;
};

struct Draft {
  Draft(Findings& findings_, Surroundings& surroundings_, const StunnelSection& section_,
        const std::filesystem::path& file_)
      : findings(findings_), surroundings(surroundings_), section(section_), file(file_) {}

  Findings& findings;
  Surroundings& surroundings;
  const StunnelSection& section;
  const std::filesystem::path& file;  ///< the one that the section is in

  bool is_client = false;
  bool in_service = false;  ///< the line is one of the service's own, not a default of all
  std::string chroot;

  std::optional<Given> accept;
  Address accepts;
  std::vector<std::pair<Given, Address>> connects;
  Given no_file;  ///< the line because of which there is no configuration for this service

  std::string certificate, private_key;
  std::optional<Given> engine_pin;
  std::optional<Given> psk;
  Checks checks;
  std::optional<Given> ca_file, ca_path, crl_file, crl_path;
  std::vector<Given> hosts, addresses, emails;  ///< checkHost, checkIP, checkEmail
  std::optional<Given> sni;
  std::optional<Given> locals_only;  ///< who may come in was restricted in a way that there is not here

  std::string protocol;  ///< in lower case
  std::optional<Given> protocol_line, protocol_host, protocol_user;
  std::string group;  ///< of the socket's file
  std::string user;   ///< of the process

  std::string min_version, max_version;
  std::vector<std::string> suites12, suites13, groups;
  bool resumption = true;
  bool shares_tickets = false;  ///< with other gateways, by keys in a file

  Setting connect_timeout, handshake_timeout, idle_timeout, half_close_timeout;
  std::string keepalive;
  std::string log_level, log_file;

  void remark(const StunnelLine& line, Fate fate, const std::string& sentence) const {
    findings.remark(line, fate, sentence);
  }
  void to_do(const StunnelLine& line, const std::string& sentence) const {
    remark(line, Fate::to_do, sentence);
  }
  void refuse(const StunnelLine& line, std::string_view why) const { findings.refuse(line, why); }

  /// There will be no configuration.
  void give_up(const StunnelLine& line, const std::string& why);
};

/// The configuration, once all lines have been carried over. Empty: there is none.
std::string yaml_of(Draft& draft);

}  // namespace persona::importing
