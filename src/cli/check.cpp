// persona check: everything that can be validated without a network, and what would run.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "commands.hpp"
#include "persona/base/text.hpp"
#include "persona/base/tls_parameters.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/few_of.hpp"
#include "prepare.hpp"
#include "sandbox.hpp"

namespace persona::cli {

namespace {

using config::ClientCertificate;
using config::Diagnostic;
using config::Mode;

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// "expires 2026-12-03 (12 days left)"
std::string expiry(x509::TimePoint end) {
  const x509::TimePoint now = x509::now();
  return end < now
             ? fmt::format("expired {} ({} ago)", x509::format_date(end), x509::span_in_words(now - end))
             : fmt::format("expires {} ({} left)", x509::format_date(end), x509::span_in_words(end - now));
}

/// Two columns: a label and its value. A repeated label is left out.
class Table {
 public:
  void row(std::string_view label, std::string_view value) {
    text_ += fmt::format("  {:<12}{}\n", label == last_ ? "" : label, value);
    last_ = label;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_;
};

std::string_view clients_in_words(ClientCertificate certificate) {
  switch (certificate) {
    case ClientCertificate::required:
      return "must have a certificate from a trusted CA";
    case ClientCertificate::optional:
      return "may have a certificate; if so, it must be from a trusted CA";
    case ClientCertificate::none:
      return "are not asked for a certificate";
  }
  return {};
}

/// "unix:/run/postgresql/.s.PGSQL.5432, mode 0660, group postgres"
std::string listen_in_words(const config::Listen& listen) {
  std::string words = listen.value.to_string();
  if (listen.value.is_systemd()) {
    words += ", where systemd decides (ListenStream= of its .socket unit)";
  }
  if (listen.mode) {
    words += fmt::format(", mode {:04o}", *listen.mode);
  }
  if (listen.group) {
    words += ", group " + listen.group->value;
  }
  if (listen.relays) {
    std::vector<std::string> blocks;
    for (const Cidr& block : *listen.relays) {
      blocks.push_back(block.to_string());
    }
    words += fmt::format(", with PROXY headers from {}", fmt::join(blocks, ", "));
  }
  return words;
}

void describe_far_side(const config::Config& config, Table& table) {
  if (config.mode == Mode::gateway) {
    if (config.service) {
      table.row(
          "service",
          fmt::format("{}{}", config.service->value.to_string(),
                      config.introduces_clients ? ", told who each client is (PROXY protocol v2)" : ""));
    }
    table.row("clients", clients_in_words(config.client_certificate));
    return;
  }
  for (const auto& address : config.gateway.addresses) {
    const std::string_view name = without_final_dot(
        config.gateway.server_name ? config.gateway.server_name->value : address.value.host);
    std::string where = address.value.to_string();
    if (const auto& via = config.gateway.via) {
      where += fmt::format(" via {}", via->proxy.to_string());
      where += via->proxy.user.empty() ? "" : fmt::format(" as {}", in_quotes(via->proxy.user));
    }
    if (config.gateway.negotiate) {
      where += fmt::format(", asked for TLS as {} has it", to_string(*config.gateway.negotiate));
    }
    table.row("gateway", config.gateway.verify == config::GatewayVerify::pins
                             ? fmt::format("{}, verified by its key (gateway.pins)", where)
                             : fmt::format("{}, verified as {}", where, name));
  }
}

/// A public bundle is not listed.
void describe_cas(const std::vector<x509::CertificateInfo>& cas, Table& table) {
  constexpr std::size_t most_rows = 10;
  if (cas.size() > most_rows) {
    std::vector<std::string> names;
    names.reserve(cas.size());
    for (const x509::CertificateInfo& ca : cas) {
      names.push_back(ca.name);
    }
    table.row("trust", fmt::format("{} CA certificates: {}", cas.size(), x509::few_of(names)));
    return;
  }
  for (const x509::CertificateInfo& ca : cas) {
    table.row("trust", fmt::format("{}, {}", ca.name, expiry(ca.not_after)));
  }
}

/// Why no connection can use the hybrid group, whatever the other end has; empty: it can.
std::string why_no_hybrid(const config::Config& config) {
  const NamedGroup* hybrid = find_named_group(hybrid_group);
  if (hybrid == nullptr) {
    return "this build of persona does not have it";
  }
  if (config.tls.max_version < hybrid->lowest) {
    return "it needs TLS 1.3, and tls.max_version is 1.2";
  }
  const auto& groups = config.tls.groups;
  const auto found = std::find(groups.begin(), groups.end(), hybrid->code_point);
  if (found == groups.end()) {
    return "tls.groups does not have it";
  }
  // A client sends shares of its first group, and a gateway that takes one of them asks for no other.
  return config.mode == Mode::persona && found != groups.begin() ? "it is not the first of tls.groups" : "";
}

void describe_groups(const config::Config& config, Table& table) {
  std::vector<std::string_view> names;
  for (const std::uint16_t each : config.tls.groups) {
    if (const NamedGroup* group = find_named_group(each)) {
      names.push_back(group->name);
    }
  }
  table.row("groups", fmt::format("{}", fmt::join(names, ", ")));
  if (const std::string why = why_no_hybrid(config); !why.empty()) {
    table.row("groups", fmt::format("without {}, a quantum computer may read what is recorded today: {}",
                                    hybrid_group, why));
  }
}

std::string summary(const Prepared& prepared, const std::filesystem::path& whole) {
  const config::Config& config = prepared.config;
  Table table;
  table.row("mode", config.mode == Mode::persona ? "persona: plaintext in, mTLS out"
                                                 : "gateway: mTLS in, plaintext out");
  for (const config::Listen& listen : config.listen) {
    table.row("listen", listen_in_words(listen));
  }
  if (config.protocol) {
    table.row("protocol", to_string(*config.protocol));
  }
  describe_far_side(config, table);
  describe_groups(config, table);
  if (prepared.identity != nullptr) {
    const auto chain = prepared.identity->chain().describe();
    const x509::CertificateInfo& leaf = chain.front();
    table.row("identity", leaf.name);
    if (!prepared.identity_place.empty()) {
      table.row("identity", prepared.identity_place);
    }
    table.row("identity", fmt::format("issued by {}", leaf.issuer));
    table.row("identity", expiry(leaf.not_after));
    table.row("identity", fmt::format("key {}, pin {}", leaf.key, leaf.spki_pin));
    if (config.identity.token_key) {
      table.row("identity", fmt::format("key on a token, {}", printable(config.identity.token_key->value)));
    }
    for (std::size_t index = 1; index < chain.size(); ++index) {
      table.row("identity",
                fmt::format("intermediate {}, {}", chain[index].name, expiry(chain[index].not_after)));
    }
  }
  if (prepared.trust != nullptr) {
    if (!prepared.trust_place.empty()) {
      table.row("trust", prepared.trust_place);
    }
    describe_cas(prepared.trust->roots().describe(), table);
    for (const trust::CrlInfo& list : prepared.trust->crls()) {
      table.row("crl",
                fmt::format("{}, {}, {} revoked", list.issuer, expiry(list.next_update), list.revoked));
    }
  }
  for (const std::string& words : sandbox_in_words(whole, config)) {
    table.row("sandbox", words);
  }
  return fmt::format("{}\n{}", config.name, table.text());
}

/// "conf/pg.yaml: ok", "conf/pg.yaml: 2 errors, 1 warning"
std::string verdict(const Prepared& prepared) {
  const auto& found = prepared.report.diagnostics();
  const auto errors =
      static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [](const Diagnostic& one) {
        return one.severity == Diagnostic::Severity::error;
      }));
  const std::size_t warnings = found.size() - errors;
  std::string words = errors == 0 ? "ok" : plural(errors, "error");
  if (warnings > 0) {
    words += ", " + plural(warnings, "warning");
  }
  return fmt::format("{}: {}\n", prepared.config.file.string(), words);
}

}  // namespace

int check(const std::filesystem::path& config, const Overrides& overrides, std::FILE* out, std::FILE* err) {
  const auto services = prepare_all(config, overrides);
  if (!services) {
    std::fprintf(err, "persona: %s\n", services.error().message.c_str());
    return exit_usage;
  }
  const bool good = show_findings(*services, err);
  for (const Prepared& service : *services) {
    const std::string text = (service.report.has_errors() ? "" : summary(service, config)) + verdict(service);
    std::fputs(text.c_str(), out);
  }
  return good ? exit_done : exit_usage;
}

}  // namespace persona::cli
