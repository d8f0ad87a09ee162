// What a draft has become, in YAML.
#include <string>

#include <fmt/format.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "sections.hpp"

namespace persona::importing {

namespace {

std::string listen(const Draft& draft) {
  std::string yaml;
  const Address& accepts = draft.accepts;
  if (draft.group.empty() || accepts.path.empty()) {
    yaml += fmt::format("listen: {}\n", scalar(accepts.to_string()));
  } else {
    Block listen;
    listen.add("address", scalar(accepts.to_string()));
    listen.add("group", scalar(draft.group));
    yaml += listen.under("listen");
  }
  if (draft.is_client && !accepts.is_local()) {
    yaml += "unsafe_listen: true   # clients of other machines also need access.allow\n";
  }
  return yaml;
}

// A list of ours is for both versions; what is not limited in stunnel is not limited here.
void add_suites(const Draft& draft, Block& tls) {
  std::vector<std::string> suites = draft.suites13;
  if (suites.empty() && draft.suites12.empty()) {
    return;
  }
  if (suites.empty() && draft.max_version != "1.2") {
    suites = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"};
  }
  if (draft.max_version == "1.2") {
    suites.clear();
  }
  if (draft.min_version != "1.3") {
    suites.insert(suites.end(), draft.suites12.begin(), draft.suites12.end());
  }
  if (!suites.empty()) {
    tls.add("ciphers", flow(suites));
  }
}

std::string tls_section(Draft& draft) {
  if (draft.min_version == "1.3" && draft.max_version == "1.2") {
    draft.min_version.clear();
    draft.max_version.clear();
    draft.remark(draft.section.header, Fate::left_out,
                 "no version of TLS is left by its options; both are spoken");
  }
  Block tls;
  const auto add_version = [&tls](std::string_view key, const std::string& version) {
    if (!version.empty()) {
      tls.add(key, in_quotes(version));
    }
  };
  add_version("min_version", draft.min_version);
  add_version("max_version", draft.max_version);
  add_suites(draft, tls);
  if (!draft.groups.empty()) {
    tls.add("groups", flow(draft.groups));
  }
  if (draft.shares_tickets && draft.resumption) {
    tls.add("ticket_keys", "TODO-tickets.keys",
            "by openssl rand -base64 48, the same for all gateways of one name");
  }
  if (!draft.resumption) {
    tls.add("resumption", "false");
  }
  return tls.under("tls");
}

std::string rest(const Draft& draft) {
  std::string yaml;
  if (draft.locals_only && !draft.is_client) {
    Block access;
    access.add("allow", "[127.0.0.0/8, \"::1/128\"]",
               draft.locals_only->value.empty() ? "the addresses of the clients" : "");
    yaml += access.under("access");
  }
  Block timeouts;
  timeouts.add_unless_empty("connect", draft.connect_timeout.text);
  timeouts.add_unless_empty("handshake", draft.handshake_timeout.text);
  timeouts.add_unless_empty("idle", draft.idle_timeout.text);
  timeouts.add_unless_empty("half_close", draft.half_close_timeout.text);
  yaml += timeouts.under("timeouts");
  Block tcp;
  tcp.add_unless_empty("keepalive", draft.keepalive);
  yaml += tcp.under("tcp");
  Block log;
  log.add_unless_empty("level", draft.log_level);
  log.add_unless_empty("file", draft.log_file);
  yaml += log.under("log");
  if (!draft.user.empty()) {
    yaml += fmt::format("user: {}\n", scalar(draft.user));
  }
  return yaml;
}

}  // namespace

std::string yaml_of(Draft& draft) {
  const auto dialled = sections::dialled_by(draft);
  if (!dialled) {
    return {};
  }
  std::string yaml = fmt::format("# By persona import stunnel, from [{}] in {}\n",
                                 printable(draft.section.header.value), printable(path_text(draft.file)));
  yaml += listen(draft);
  yaml += draft.is_client ? sections::gateway(draft, *dialled) : sections::service_and_clients(draft);
  yaml += sections::identity(draft);
  yaml += sections::trust(draft);
  yaml += tls_section(draft);
  yaml += rest(draft);
  return yaml;
}

}  // namespace persona::importing
