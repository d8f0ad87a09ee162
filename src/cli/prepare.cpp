#include "prepare.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "expiry_findings.hpp"
#include "named.hpp"
#include "persona/agent/agent_signer.hpp"
#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/base/writers.hpp"
#include "persona/config/load.hpp"
#include "persona/forward/expiry.hpp"
#include "persona/identity/digest.hpp"
#include "persona/identity/identity.hpp"
#include "persona/identity/permissions.hpp"
#include "persona/reload/expiry_watch.hpp"
#include "persona/spiffe/choice.hpp"
#include "persona/tls/ticket_keys.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/x509/few_of.hpp"
#include "persona/x509/file.hpp"
#include "sources.hpp"
#include "stores.hpp"
#include "surroundings.hpp"
#include "svids.hpp"
#include "token_keys.hpp"

namespace persona::cli {

namespace {

using config::Mark;
using config::Mode;
using x509::LoadError;

bool is_named(const config::Located<std::filesystem::path>& file) {
  return !file.value.empty() || file.mark != Mark{};
}

Mark mark_of_key(const config::Config& config) {
  if (config.identity.spiffe) {
    return config.identity.spiffe->mark;
  }
  return is_named(config.identity.private_key) ? config.identity.private_key.mark
                                               : config.identity.certificate.mark;
}

Mark mark_of_certificate(const config::Config& config) {
  if (config.identity.spiffe) {
    return config.identity.spiffe->mark;
  }
  return config.identity.windows_store ? config.identity.windows_store->mark
                                       : config.identity.certificate.mark;
}

Mark mark_of(const config::Config& config, const LoadError& error) {
  switch (error.part) {
    case LoadError::Part::certificate:
      return mark_of_certificate(config);
    case LoadError::Part::private_key:
      return mark_of_key(config);
    case LoadError::Part::password_file:
      return config.identity.private_key_password_file ? config.identity.private_key_password_file->mark
                                                       : mark_of_key(config);
    case LoadError::Part::ca:
      return mark_of_ca(config, error.index);
    case LoadError::Part::crl:
      return mark_of_crl(config, error.index);
  }
  return {};
}

/// True for an error about a file that the configuration failed to name; the parser has reported that.
bool is_told(const config::Config& config, const LoadError& error) {
  const config::Identity& identity = config.identity;
  return (error.part == LoadError::Part::certificate && identity.certificate.value.empty() &&
          !identity.token_certificate && !identity.windows_store && !identity.spiffe) ||
         (error.part == LoadError::Part::private_key && identity.private_key.value.empty() &&
          is_named(identity.private_key) && !identity.agent && !identity.token_key);
}

void report_all(Prepared& prepared, const std::vector<LoadError>& errors) {
  for (const LoadError& error : errors) {
    if (is_told(prepared.config, error)) {
      continue;
    }
    if (error.severity == LoadError::Severity::error) {
      prepared.report.error(mark_of(prepared.config, error), error.message);
    } else {
      prepared.report.warning(mark_of(prepared.config, error), error.message);
    }
  }
}

/// An agent that is away is no error: it may come later.
identity::Identity::Loaded load_with_agent(Prepared& prepared, const identity::IdentityFiles& files) {
  const auto& named = *prepared.config.identity.agent;
  std::string away;
  auto loaded = agent::load_identity(files.certificate, agent::AgentPlace::at(named.value), files.use, away);
  if (!away.empty()) {
    prepared.report.warning(named.mark, fmt::format("{}; until it does, handshakes fail", away));
  }
  return loaded;
}

/// It is there from the beginning, so that what it has not got is not there.
identity::Identity::Loaded load_beside(Prepared& prepared, const identity::IdentityFiles& files,
                                       const std::shared_ptr<const net::Switchboard>& board) {
  std::string missing;
  auto loaded = agent::load_identity(files.certificate, agent::AgentPlace::beside(board), files.use, missing);
  if (!missing.empty()) {
    prepared.report.error(mark_of_key(prepared.config), missing);
  }
  return loaded;
}

identity::Identity::Loaded load_from_store(const Result<store::FoundIdentity>& found,
                                           identity::IdentityUse use) {
  if (!found) {
    return tl::unexpected(std::vector<LoadError>{
        {LoadError::Part::certificate, 0, "identity.windows_store: " + found.error().message}});
  }
  return store::load_identity(*found, use);
}

identity::Identity::Loaded load_from_agent(const Result<GivenSvid>& given, identity::IdentityUse use) {
  if (!given) {
    return tl::unexpected(std::vector<LoadError>{
        {LoadError::Part::certificate, 0, "identity.spiffe: " + given.error().message}});
  }
  return spiffe::load_identity(*given->svid, use, "the SVID " + printable(given->svid->id));
}

identity::Identity::Loaded load_from(Prepared& prepared, const identity::IdentityFiles& files,
                                     const Overrides& overrides, const Elsewhere& elsewhere) {
  if (elsewhere.svid) {
    return load_from_agent(*elsewhere.svid, files.use);
  }
  if (elsewhere.stores.identity) {
    return load_from_store(*elsewhere.stores.identity, files.use);
  }
  if (prepared.config.identity.agent) {
    return load_with_agent(prepared, files);
  }
  return overrides.key_process ? load_beside(prepared, files, overrides.key_process)
                               : identity::Identity::load(files);
}

void load_identity(Prepared& prepared, const identity::IdentityFiles& files, const Overrides& overrides,
                   const Elsewhere& elsewhere) {
  if (prepared.config.identity.agent && !agent::agents_are_supported()) {
    prepared.report.error(prepared.config.identity.agent->mark,
                          "identity.private_key: there are no agents on Windows; name the file of the key");
    return;
  }
  if (prepared.config.identity.token_key && !overrides.key_process) {
    auto found = load_from_token(prepared.config.identity, prepared.config.file, files.use, prepared.report);
    report_all(prepared, found.errors);
    prepared.identity = std::move(found.identity);
  } else {
    auto loaded = load_from(prepared, files, overrides, elsewhere);
    if (!loaded) {
      report_all(prepared, loaded.error());
      return;
    }
    prepared.identity = std::move(*loaded);
  }
  if (prepared.identity == nullptr) {
    return;
  }
  keep_to_abilities(*prepared.identity, prepared.config, prepared.report);
  report_all(prepared, prepared.identity->warnings());
  for (const forward::Expiry& expiry : forward::expiries_of(*prepared.identity)) {
    warn_of_expiry(expiry, mark_of_certificate(prepared.config), prepared.report);
  }
}

void load_trust(Prepared& prepared, const trust::TrustFiles& files, const Stores& stores) {
  const config::Config& config = prepared.config;
  if (stores.roots && !*stores.roots) {
    prepared.report.error(config.trust.windows_store->mark,
                          "trust.windows_store: " + stores.roots->error().message);
    return;
  }
  auto loaded = trust::TrustStore::load(files);
  if (!loaded) {
    report_all(prepared, loaded.error());
    return;
  }
  warn_of_expiring_cas(**loaded, config, prepared.report);
  prepared.trust = std::move(*loaded);
  report_all(prepared, prepared.trust->warnings());
  warn_of_revocation_lists(*prepared.trust, config, prepared.report);
}

void load_via_password(Prepared& prepared) {
  const auto file = via_password_file(prepared.config);
  if (!file) {
    return;
  }
  auto password = x509::read_password_file(file->value);
  if (!password) {
    prepared.report.error(file->mark, password.error().message);
  } else if (password->view().empty() || password->view().size() > longest_proxy_credential) {
    prepared.report.error(file->mark,
                          fmt::format("{}: the first line has to be the password, of 1 to {} bytes",
                                      printable(path_text(file->value)), longest_proxy_credential));
  } else {
    prepared.via_password = std::make_shared<const x509::Secret>(std::move(*password));
  }
}

/// A new CA, another setting or a CRL makes other keys of them, as trust itself is new.
void load_ticket_keys(Prepared& prepared, const trust::TrustFiles& trust) {
  const auto& file = prepared.config.tls.ticket_keys;
  if (!file) {
    return;
  }
  const auto text = x509::read_file(file->value);
  auto keys = text ? tls::read_ticket_keys(text->view()) : tl::unexpected(text.error());
  if (!keys) {
    const std::string shown = printable(path_text(file->value));
    prepared.report.error(file->mark,
                          text ? fmt::format("{}: {}", shown, keys.error().message) : keys.error().message);
    return;
  }
  if (const auto warning = identity::permission_warning(file->value, "the keys of tickets")) {
    prepared.report.warning(file->mark, *warning);
  }
  auto shared = std::make_shared<tls::TicketKeys>();
  shared->keys = std::move(*keys);
  shared->trust = identity::content_digest({}, trust);
  prepared.ticket_keys = std::move(shared);
}

/// Paths that a finding has named.
using Told = std::set<std::filesystem::path>;

/// One warning for each file or folder that others may change, at the first key that leads to it.
void warn_of_writers(Prepared& prepared, Told& told) {
  const config::Config& config = prepared.config;
  const config::Identity& identity = config.identity;
  const TrustedWriters trusted{identity.private_key.value.empty() ? identity.certificate.value
                                                                  : identity.private_key.value};
  const auto warn = [&](const std::filesystem::path& file, Mark mark) {
    if (file.empty()) {
      return;
    }
    for (const ChangeableByOthers& one : changeable_by_others(file, trusted)) {
      if (told.insert(one.path).second) {
        prepared.report.warning(mark, one.sentence);
      }
    }
  };
  warn(config.file, {});
  warn(identity.certificate.value, identity.certificate.mark);
  warn(identity.private_key.value, identity.private_key.mark);
  if (const auto& password = identity.private_key_password_file) {
    warn(password->value, password->mark);
  }
  if (const auto pin = pin_file_of(identity, config.file)) {
    warn(*pin, identity.private_key.mark);
  }
  warn(module_of(identity), identity.private_key.mark);
  if (identity.spiffe) {  // anybody may connect to the socket, but not put another in its place
    warn(path_from_text(identity.spiffe->value.socket.path).parent_path(), identity.spiffe->mark);
  }
  for (const auto& each : {via_password_file(config), config.tls.ticket_keys}) {
    if (each) {
      warn(each->value, each->mark);
    }
  }
  for (const auto* list : {&config.trust.ca, &config.trust.crl}) {
    for (const auto& file : *list) {
      warn(file.value, file.mark);
    }
  }
}

Prepared prepare_telling(const std::filesystem::path& file, const Overrides& overrides, Told& told) {
  Sources sources(file);
  config::Loaded loaded = config::load(file);
  overrides.apply(loaded.config, loaded.report);
  Prepared prepared{std::move(loaded.report), std::move(loaded.config), nullptr, nullptr};
  sources.note_files(prepared, overrides);
  // After an error in the file its certificates still count, as far as it names them: all findings at once.
  const config::Identity& identity = prepared.config.identity;
  if (!identity.certificate.value.empty() || !identity.private_key.value.empty() || identity.token_key ||
      identity.windows_store || sources.elsewhere().svid) {
    load_identity(prepared, sources.identity(), overrides, sources.elsewhere());
  }
  if (!prepared.config.trust.ca.empty() || prepared.config.trust.windows_store ||
      !sources.trust().given.source.empty()) {
    load_trust(prepared, sources.trust(), sources.elsewhere().stores);
  }
  load_via_password(prepared);
  load_ticket_keys(prepared, sources.trust());
  check_on_this_machine(prepared);
  warn_of_writers(prepared, told);
  sources.compare(prepared);
  return prepared;
}

}  // namespace

Prepared prepare(const std::filesystem::path& file, const Overrides& overrides) {
  Told told;
  return prepare_telling(file, overrides, told);
}

Result<std::vector<Prepared>> prepare_all(const std::filesystem::path& file_or_folder,
                                          const Overrides& overrides) {
  const auto files = config::find_files(file_or_folder);
  if (!files) {
    return tl::unexpected(files.error());
  }
  std::vector<Prepared> services;
  SharedNames shared;
  Told told;
  services.reserve(files->size());  // they are pointed at
  for (const std::filesystem::path& file : *files) {
    services.push_back(prepare_telling(file, overrides, told));
    shared.check(services.back());
  }
  return services;
}

bool has_errors(const std::vector<Prepared>& services) {
  return std::any_of(services.begin(), services.end(),
                     [](const Prepared& service) { return service.report.has_errors(); });
}

std::string render_findings(const std::vector<Prepared>& services) {
  std::string text;
  for (const Prepared& service : services) {
    text += service.report.render();
  }
  return text;
}

bool show_findings(const std::vector<Prepared>& services, std::FILE* err) {
  std::fputs(render_findings(services).c_str(), err);
  return !has_errors(services);
}

}  // namespace persona::cli
