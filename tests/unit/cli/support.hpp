// A folder of configurations with the certificates they name.
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/temporary_folder.hpp"
#include "persona/authority/authority.hpp"

namespace support {

/// Has gateway-ca.crt (CN=Test CA), client.crt with client.key, and server.crt with server.key; all valid for
/// a year.
class ConfigFolder : public TemporaryFolder {
 public:
  ConfigFolder();

  /// Writes NAME.crt and NAME.key of a client's certificate.
  void issue(const std::string& name, std::chrono::seconds valid_from, std::chrono::seconds valid_for) const;

  const persona::authority::Authority& authority() const { return authority_; }

  /// The text without the folder's path, so that whole outputs can be compared.
  std::string relative(std::string text) const { return with_short_paths(std::move(text), ""); }

 private:
  void write_pair(const std::string& name, const persona::authority::IssueRequest& request) const;

  persona::authority::Authority authority_;
};

/// Of a subcommand.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// What `action` writes to the file it is given.
std::string captured(const std::function<void(std::FILE*)>& action);

/// The date some time from now, as messages show it.
std::string date(std::chrono::seconds from_now);

}  // namespace support
