#include "named.hpp"

#include "persona/base/log_files.hpp"
#include "persona/base/path_text.hpp"
#include "persona/config/load.hpp"
#include "persona/x509/file.hpp"
#include "token_keys.hpp"

namespace persona::cli {

std::vector<std::filesystem::path> files_named_by(const config::Config& config) {
  std::vector<std::filesystem::path> files{config.file, config.identity.certificate.value,
                                           config.identity.private_key.value};
  const auto add = [&](const std::optional<config::Located<std::filesystem::path>>& file) {
    if (file) {
      files.push_back(file->value);
    }
  };
  add(config.identity.private_key_password_file);
  add(config.tls.ticket_keys);
  for (const auto* list : {&config.trust.ca, &config.trust.crl}) {
    for (const auto& file : *list) {
      files.push_back(file.value);
    }
  }
  if (config.gateway.via) {
    add(config.gateway.via->password_file);
  }
  if (const auto pin = pin_file_of(config.identity, config.file)) {
    files.push_back(*pin);
  }
  std::erase(files, std::filesystem::path());  // not named
  return files;
}

std::vector<std::filesystem::path> logs_of(const config::Config& config) {
  std::vector<std::filesystem::path> logs;
  for (const std::string* file : {&config.log.file, &config.audit_file}) {
    if (!file->empty()) {
      logs.push_back(path_from_text(*file));
    }
  }
  return logs;
}

std::vector<config::Located<Endpoint>> dialled_by(const config::Config& config) {
  std::vector<config::Located<Endpoint>> all;
  if (config.gateway.via) {
    const config::Mark mark =
        config.gateway.addresses.empty() ? config::Mark{} : config.gateway.addresses.front().mark;
    all.push_back({config.gateway.via->proxy.address, mark});
  } else {
    all = config.gateway.addresses;
  }
  if (config.service) {
    all.push_back(*config.service);
  }
  std::erase_if(all, [](const auto& each) { return each.value.is_unix(); });
  return all;
}

std::vector<config::Located<Endpoint>> listened_on_by(const config::Config& config) {
  std::vector<config::Located<Endpoint>> all;
  for (const config::Listen& listen : config.listen) {
    all.push_back({listen.value, listen.mark});
  }
  if (config.admin) {
    all.push_back({config.admin->value, config.admin->mark});
  }
  return all;
}

Named::Named(std::filesystem::path config, bool without_keys, const std::string& log)
    : config_(std::move(config)), without_keys_(without_keys) {
  if (!log.empty()) {
    add_log(path_from_text(log));
  }
}

void Named::add_log(const std::filesystem::path& file) {
  logs_.insert(file);
  logs_.insert(log::resolved(file));
}

bool Named::has_file(const std::filesystem::path& file) {
  if (!files_.contains(file)) {
    read_again();
  }
  return files_.contains(file);
}

bool Named::has_port(std::uint16_t port) {
  constexpr std::uint16_t chosen_by_kernel = 0;  // for one family, and then asked for by number for the other
  if (!ports_.contains(port) && !ports_.contains(chosen_by_kernel)) {
    read_again();
  }
  return ports_.contains(port) || ports_.contains(chosen_by_kernel);
}

bool Named::has_log(const std::filesystem::path& file) {
  if (!logs_.contains(file)) {
    read_again();
  }
  const std::filesystem::path real = log::resolved(file);
  return logs_.contains(file) && !believed_.contains(real) &&
         !(config::is_configuration(real) && real.parent_path() == log::resolved(config_));
}

bool Named::may_hand_over(std::string_view content) const {
  return !without_keys_ || !x509::looks_like_private_key(content);
}

void Named::read_again() {
  const auto found = config::find_files(config_);
  for (const std::filesystem::path& file : found ? *found : std::vector<std::filesystem::path>()) {
    config::Loaded loaded = config::load(file);
    for (const std::filesystem::path& named : files_named_by(loaded.config)) {
      believed_.insert(log::resolved(named));
    }
    for (const std::filesystem::path& log : logs_of(loaded.config)) {
      add_log(log);
    }
    if (without_keys_) {
      config::Identity& identity = loaded.config.identity;
      if (identity.private_key.value.empty() && !identity.agent && !identity.token_key) {
        identity.certificate.value.clear();  // it has the key
      }
      identity.private_key.value.clear();
      identity.private_key_password_file.reset();
      identity.token_key.reset();  // its PIN
    }
    for (std::filesystem::path& named : files_named_by(loaded.config)) {
      files_.insert(std::move(named));
    }
    for (const auto& listened : listened_on_by(loaded.config)) {
      if (!listened.value.is_unix() && !listened.value.is_systemd()) {
        ports_.insert(listened.value.port);
      }
    }
  }
}

}  // namespace persona::cli
