// What the identity and the trust of a configuration are loaded from, and whether it has changed meanwhile.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "persona/config/config.hpp"
#include "persona/identity/identity.hpp"
#include "persona/trust/trust_store.hpp"
#include "prepare.hpp"
#include "stores.hpp"
#include "svids.hpp"

namespace persona::cli {

/// Nothing if no file is named.
std::optional<config::Located<std::filesystem::path>> via_password_file(const config::Config& config);

/// What a configuration takes from elsewhere than files, found once for each load.
struct Elsewhere {
  Stores stores{};
  std::optional<Result<GivenSvid>> svid{};  ///< nothing: no SPIFFE agent is asked
};

/// Has the contents of the files before loading, to be compared with those after it. Blocks on the file
/// system.
class Sources {
 public:
  explicit Sources(const std::filesystem::path& file);

  /// After the configuration, which names the others.
  void note_files(Prepared& prepared, const Overrides& overrides);

  const Elsewhere& elsewhere() const { return elsewhere_; }
  const identity::IdentityFiles& identity() const { return identity_; }
  const trust::TrustFiles& trust() const { return trust_; }

  /// Sets the digests of what has been loaded, unless it changed while it was.
  void compare(Prepared& prepared) const;

 private:
  void note_stores(Prepared& prepared);
  void note_agent(Prepared& prepared, const Overrides& overrides);
  std::string digest_of_certificates() const;

  std::filesystem::path file_;
  std::filesystem::path via_password_file_;  // empty: none
  std::filesystem::path ticket_keys_file_;   // the same
  Elsewhere elsewhere_;
  identity::IdentityFiles identity_;
  trust::TrustFiles trust_;
  std::string config_;
  std::string contents_;
  std::string via_password_;
};

}  // namespace persona::cli
