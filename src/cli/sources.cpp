#include "sources.hpp"

#include <fmt/format.h>

#include "named.hpp"
#include "persona/identity/digest.hpp"
#include "token_keys.hpp"

namespace persona::cli {

namespace {

using config::Mode;

identity::IdentityFiles identity_files(const config::Config& config, bool separate_key) {
  identity::IdentityFiles files;
  files.certificate = config.identity.certificate.value;
  files.use = config.mode == Mode::persona ? identity::IdentityUse::client : identity::IdentityUse::server;
  if (separate_key && !config.identity.agent) {
    files.key_elsewhere = "--separate-key";
    return files;
  }
  files.private_key = config.identity.private_key.value;
  if (config.identity.agent) {
    files.key_elsewhere = config.identity.agent->value.to_string();
  }
  if (config.identity.token_key) {
    files.key_elsewhere = config.identity.token_key->value;
    files.password_file = pin_file_of(config.identity, config.file);
  }
  if (config.identity.token_certificate) {
    files.key_elsewhere += '\n' + config.identity.token_certificate->value;
  }
  if (config.identity.private_key_password_file) {
    files.password_file = config.identity.private_key_password_file->value;
  }
  return files;
}

trust::TrustFiles trust_files(const config::Config& config) {
  trust::TrustFiles files;
  files.crl_expired_allowed = config.trust.crl_expired_allowed;
  files.role = config.mode == Mode::persona ? trust::PeerRole::gateway : trust::PeerRole::client;
  files.profile = config.trust.profile;
  for (const auto& ca : config.trust.ca) {
    files.ca.push_back(ca.value);
  }
  for (const auto& crl : config.trust.crl) {
    files.crl.push_back(crl.value);
  }
  return files;
}

/// What a token says, which no file has: the certificate on it, and what its key can do.
std::string on_token(const Prepared& prepared) {
  if (!prepared.config.identity.token_key || prepared.identity == nullptr) {
    return "";
  }
  const auto only = prepared.identity->only_version();
  std::string text(only ? to_string(*only) : "");
  for (const x509::CertificateInfo& each : prepared.identity->chain().describe()) {
    text += fmt::format("\n{} {} {}", each.serial, each.issuer, each.spki_pin);
  }
  return text;
}

std::string digest_of(const std::filesystem::path& file) {
  return file.empty() ? "" : identity::content_digest(file);
}

}  // namespace

std::optional<config::Located<std::filesystem::path>> via_password_file(const config::Config& config) {
  return config.gateway.via ? config.gateway.via->password_file : std::nullopt;
}

Sources::Sources(const std::filesystem::path& file) : file_(file), config_(identity::content_digest(file)) {}

void Sources::note_files(Prepared& prepared, const Overrides& overrides) {
  identity_ = identity_files(prepared.config, overrides.key_process != nullptr);
  trust_ = trust_files(prepared.config);
  prepared.files = files_named_by(prepared.config);
  if (const auto password = via_password_file(prepared.config)) {
    via_password_file_ = password->value;
  }
  if (const auto& keys = prepared.config.tls.ticket_keys) {
    ticket_keys_file_ = keys->value;
  }
  note_stores(prepared);
  note_agent(prepared, overrides);
  contents_ = digest_of_certificates();
  via_password_ = digest_of(via_password_file_);
}

void Sources::compare(Prepared& prepared) const {
  const bool known = !config_.empty() && !contents_.empty();
  if (known && identity::content_digest(file_) == config_ && digest_of_certificates() == contents_ &&
      digest_of(via_password_file_) == via_password_) {
    prepared.certificate_digest = contents_ + on_token(prepared);
    prepared.digest = config_ + prepared.certificate_digest + via_password_;
  } else {
    prepared.ticket_keys.reset();  // what they are bound to may not be what was loaded
  }
}

void Sources::note_stores(Prepared& prepared) {
  const config::Config& config = prepared.config;
  Stores& stores = elsewhere_.stores;
  stores = look_into_stores(config);
  cli::note_stores(stores, config, identity_, trust_);
  if (!stores.identity && !stores.roots) {
    return;
  }
  if (stores.identity && *stores.identity) {
    prepared.identity_place = "in " + (*stores.identity)->to_string();
  }
  if (stores.roots && *stores.roots) {
    prepared.trust_place = roots_in_words(**stores.roots, config.trust.windows_store->value);
  }
  prepared.seen_elsewhere = digest_of_stores(stores, config);
  prepared.look_elsewhere = [config] { return digest_of_stores(look_into_stores(config), config); };
}

void Sources::note_agent(Prepared& prepared, const Overrides& overrides) {
  const auto& named = prepared.config.identity.spiffe;
  if (!named || !named->value.socket.is_unix()) {
    return;  // or it is unusable, which has been reported
  }
  // The number first: an update that comes between the two is looked at once more.
  if (overrides.svid_agents != nullptr) {
    prepared.look_elsewhere = number_of_updates(named->value, *overrides.svid_agents);
    prepared.seen_elsewhere = prepared.look_elsewhere ? prepared.look_elsewhere() : "";
  }
  elsewhere_.svid = svid_for(prepared.config, overrides.svid_agents.get());
  if (const Result<GivenSvid>& given = *elsewhere_.svid) {
    note_svid(*given, identity_, trust_);
    prepared.identity_place = given->place;
    prepared.trust_place = given->bundle ? given->bundle->source : "";
  }
}

std::string Sources::digest_of_certificates() const {
  return identity::content_digest(identity_, trust_) + digest_of(ticket_keys_file_);
}

}  // namespace persona::cli
