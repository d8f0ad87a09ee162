// The keys of a configuration file, from top to bottom, and what they mean.
#include <algorithm>

#include <fmt/format.h>

#include "access_settings.hpp"
#include "file_value.hpp"
#include "gateway_settings.hpp"
#include "identity_settings.hpp"
#include "listen_settings.hpp"
#include "log_settings.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/config/load.hpp"
#include "process_settings.hpp"
#include "root.hpp"
#include "store_settings.hpp"
#include "tcp_settings.hpp"
#include "tls_settings.hpp"
#include "value.hpp"

namespace persona::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 64;
constexpr std::uint64_t most_connections = 1'000'000;
constexpr Milliseconds shortest_interval{100};

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// Reads one file's root map into a Config.
class ConfigReader {
 public:
  ConfigReader(Loaded& loaded, const Node& root)
      : report_(loaded.report), config_(loaded.config), root_(loaded.report, &root, "") {}

  void read() {
    read_name();
    const bool mode_known = read_mode();
    read_access(root_.section("access"), config_.access);
    read_listen(mode_known);
    check_users();
    read_clients(mode_known);
    read_identity(root_.section("identity"), config_.file, config_.identity);
    read_protocol();
    read_trust();
    read_tls(root_.section("tls"), config_);
    read_tcp(root_.section("tcp"), config_.tcp);
    read_timeouts();
    read_limits(mode_known);
    read_reload(mode_known);
    read_ready(mode_known);
    config::read_log(root_.section("log"), config_);
    read_process(root_, config_);
    read_admin();
    complete_listen(config_, report_);
    root_.finish();
  }

 private:
  void read_name() {
    if (const auto value = root_.get("name")) {
      const auto name = value->text();
      if (name && !is_valid_name(*name)) {
        value->error(fmt::format("expected 1 to {} letters, digits, '-', '_' or '.'", longest_name));
      }
      config_.name = name.value_or("");
      return;
    }
    config_.name = path_text(config_.file.stem());
    if (!root_.has("name") && !is_valid_name(config_.name)) {
      report_.error(
          {}, fmt::format("the file's name {} cannot name the service; add a \"name\" of 1 to {} letters, "
                          "digits, '-', '_' or '.'",
                          in_quotes(config_.name), longest_name));
    }
  }

  bool read_mode() {
    const bool has_gateway = root_.has("gateway");
    const bool has_service = root_.has("service");
    config_.mode = has_service && !has_gateway ? Mode::gateway : Mode::persona;
    if (!has_gateway && !has_service) {
      root_.missing({"gateway", "service"},
                    "\"gateway\" is missing: HOST:PORT to dial over mTLS (or \"service\", on the other end: "
                    "HOST:PORT to forward plaintext to)");
    }
    read_gateway(root_, config_);
    read_service();
    if (has_gateway && has_service) {
      root_.refuse("service", "and \"gateway\" exclude each other: a file is one end or the other");
    }
    return has_gateway != has_service;
  }

  void read_service() {
    auto value = root_.get("service");
    if (value && value->kind() == Node::Kind::map) {
      Section section = root_.section("service");
      value = section.require("address");
      if (const auto version = section.get("proxy_protocol")) {
        config_.introduces_clients = version->one_of({"v2"}).has_value();
      }
      section.finish();
    }
    const auto endpoint = value ? value->endpoint() : std::nullopt;
    if (!endpoint || !check_dialled(*value, *endpoint)) {
      return;
    }
    if (!endpoint->is_local()) {
      value->warning(fmt::format("{} is not on this machine: plaintext leaves it", endpoint->to_string()));
    }
    config_.service = {*endpoint, value->mark()};
  }

  void read_listen(bool mode_known) {
    const bool is_persona = mode_known && config_.mode == Mode::persona;
    if (mode_known && !is_persona) {
      root_.refuse("unsafe_listen",
                   "belongs to a file with \"gateway\"; a gateway listens with TLS on any address");
    } else if (const auto value = root_.get("unsafe_listen")) {
      const auto flag = value->boolean();
      config_.unsafe_listen = flag.value_or(true);  // a bad value is one error, not two
      if (is_persona && flag == true && !config_.access.allow) {
        value->warning("without access.allow, only clients on this machine may connect");
      }
    }
    const auto value = root_.require("listen");
    if (!value) {
      return;
    }
    config::read_listen(*value, is_persona && !config_.unsafe_listen, config_);
  }

  // Only a Unix socket reveals which user connects.
  void check_users() {
    const auto& users = config_.access.allow_users;
    const bool has_unix = std::any_of(config_.listen.begin(), config_.listen.end(), [](const Listen& listen) {
      return listen.value.is_unix() || listen.value.is_systemd();
    });
    if (users && !users->empty() && !config_.listen.empty() && !has_unix) {
      report_.error(users->front().mark,
                    "access.allow_users: users are known only on a Unix socket; listen on unix:/PATH, or "
                    "restrict addresses with access.allow",
                    static_cast<int>(utf8_length(users->front().value)));
    }
  }

  void read_clients(bool mode_known) {
    if (mode_known && config_.mode == Mode::persona) {
      root_.refuse("clients", "belongs to a file with \"service\"");
      return;
    }
    config::read_clients(root_.section("clients"), config_);
  }

  void read_protocol() {
    const auto& negotiated = config_.gateway.negotiate;
    config_.protocol = negotiated;
    const auto value = root_.get("protocol");
    const auto word = value ? value->one_of({"postgresql", "mysql", "redis", "mssql"}) : std::nullopt;
    if (!word) {
      return;
    }
    config_.protocol = parse_protocol(*word);
    if (negotiated && negotiated != config_.protocol) {
      value->error(fmt::format("gateway.negotiate is {0}, so the clients speak {0} too; leave this key out",
                               to_string(*negotiated)));
    }
  }

  void read_trust() {
    Section section = root_.section("trust");
    const bool needed =
        config_.mode == Mode::persona || config_.client_certificate != ClientCertificate::none;
    const auto store = section.get("windows_store");
    const bool has_bundle = config_.identity.spiffe.has_value();
    if (const auto value = needed && !store && !has_bundle ? section.require("ca") : section.get("ca")) {
      config_.trust.ca = read_files(config_.file, *value);
    }
    if (store) {
      read_windows_store(*store, config_.trust);
      if (config_.mode == Mode::gateway && !config_.client_allow) {
        store->warning(
            "without clients.allow, whoever has a client certificate of any CA in that store may come in");
      }
    }
    if (const auto value = section.get("profile")) {
      config_.trust.profile = value->one_of({"private", "public"}) == "public" ? TrustProfile::web_pki
                                                                               : TrustProfile::private_cas;
    }
    if (const auto value = section.get("crl")) {
      config_.trust.crl = read_files(config_.file, *value);
    }
    if (const auto value = section.get("crl_expired")) {
      config_.trust.crl_expired_allowed = value->one_of({"refuse", "allow"}) == "allow";
      if (!section.has("crl")) {
        value->warning("has no effect without trust.crl");
      }
    }
    if (const auto value = section.get("on_revocation")) {
      config_.trust.cut_on_revocation = value->one_of({"keep", "cut"}) == "cut";
      if (!section.has("crl")) {
        value->warning("has no effect without trust.crl");
      }
    }
    section.finish();
  }

  void read_timeouts() {
    Section section = root_.section("timeouts");
    const auto read = [&section](std::string_view key, Milliseconds& timeout) {
      if (const auto value = section.get(key)) {
        timeout = value->duration().value_or(timeout);
      }
    };
    read("connect", config_.timeouts.connect);
    read("handshake", config_.timeouts.handshake);
    read("idle", config_.timeouts.idle);
    read("half_close", config_.timeouts.half_close);
    read("shutdown", config_.timeouts.shutdown);
    section.finish();
  }

  void read_limits(bool mode_known) {
    Section section = root_.section("limits");
    const auto read = [&section](std::string_view key, std::optional<std::size_t>& limit) {
      if (const auto value = section.get(key)) {
        limit = value->integer(1, most_connections);
      }
    };
    if (const auto value = section.get("connections")) {
      config_.limits.connections = value->integer(1, most_connections).value_or(config_.limits.connections);
    }
    if (mode_known && config_.mode == Mode::persona) {
      section.refuse(
          "handshakes",
          "belongs to a file with \"service\": clients of this end are not asked to prove who they "
          "are; access and limits.per_source restrict them");
    } else {
      read("handshakes", config_.limits.handshakes);
    }
    read("per_source", config_.limits.per_source);
    if (const auto value = section.get("max_age")) {
      config_.limits.max_age = value->duration().value_or(config_.limits.max_age);
    }
    section.finish();
  }

  void read_reload(bool mode_known) {
    Section section = root_.section("reload");
    if (const auto value = section.get("watch")) {
      config_.reload.watch = value->boolean().value_or(config_.reload.watch);
      if (!config_.reload.watch && config_.identity.spiffe) {
        value->error(
            "an SVID is renewed every hour or so, and would be used only after a SIGHUP: leave this key out, "
            "or "
            "identity.spiffe");
      }
    }
    if (const auto value = section.get("interval")) {
      config_.reload.interval = value->duration().value_or(config_.reload.interval);
      if (config_.reload.interval.count() > 0 && config_.reload.interval < shortest_interval) {
        value->error(fmt::format("the shortest interval is {}; 0s switches it off",
                                 format_duration(shortest_interval)));
      }
    }
    if (mode_known && config_.mode == Mode::gateway) {
      section.refuse("probe", "belongs to a file with \"gateway\": the probe is a dial to it");
    } else if (const auto value = section.get("probe")) {
      config_.reload.probe = value->boolean().value_or(config_.reload.probe);
    }
    section.finish();
  }

  void read_ready(bool mode_known) {
    Section section = root_.section("ready");
    const bool dials_gateway = config_.mode == Mode::persona;
    if (mode_known) {
      section.refuse(dials_gateway ? "service" : "gateway",
                     dials_gateway ? "belongs to a file with \"service\": here it is ready.gateway"
                                   : "belongs to a file with \"gateway\": here it is ready.service");
    }
    for (const char* key : {"gateway", "service"}) {
      if (mode_known && (key == std::string_view("gateway")) != dials_gateway) {
        continue;
      }
      if (const auto value = section.get(key)) {
        config_.ready_if_reached = value->boolean().value_or(false);
      }
    }
    section.finish();
  }

  void read_admin() {
    if (!root_.has("admin")) {
      return;
    }
    config::read_admin(root_.section("admin"), config_);
  }

  Report& report_;
  Config& config_;
  Section root_;
};

}  // namespace

Loaded parse(const fs::path& file, std::string_view text) {
  Loaded loaded;
  loaded.config.file = file;
  if (const auto root = read_root(file, text, "listen, gateway, identity and trust", loaded.report)) {
    ConfigReader(loaded, *root).read();
  }
  return loaded;
}

}  // namespace persona::config
