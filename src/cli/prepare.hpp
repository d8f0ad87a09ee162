// Between configuration and running: reads the files that a configuration names and checks what no parser
// can.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "overrides.hpp"
#include "persona/base/result.hpp"
#include "persona/config/config.hpp"
#include "persona/config/diagnostic.hpp"

namespace persona::identity {
class Identity;
}  // namespace persona::identity
namespace persona::tls {
struct TicketKeys;
}  // namespace persona::tls
namespace persona::trust {
class TrustStore;
}  // namespace persona::trust
namespace persona::x509 {
class Secret;
}  // namespace persona::x509

namespace persona::cli {

struct Prepared {
  config::Report report;
  config::Config config;                               ///< as far as it could be read
  std::shared_ptr<const identity::Identity> identity;  ///< may be null when the report has errors
  std::shared_ptr<const trust::TrustStore> trust;  ///< null also where clients are not asked for certificates
  std::shared_ptr<const x509::Secret> via_password{};    ///< null: none is named, or the report has errors
  std::shared_ptr<const tls::TicketKeys> ticket_keys{};  ///< null: none are named, or the report has errors
  std::vector<std::filesystem::path> files{};            ///< all that was read, the configuration first
  /// Of the contents of `files`, each in its role, and of all that identity, trust and ticket keys are made
  /// of, settings included (identity::content_digest); empty when they changed while they were read.
  std::string digest{};
  std::string certificate_digest{};
  std::string
      identity_place{};  ///< "in LocalMachine\\My, ...", "from the SPIFFE agent ..."; empty: it is in files
  std::string trust_place{};  ///< the same for CA certificates: what has them
  /// Of what was found elsewhere than in files (stores of the system, a SPIFFE agent), and what makes the
  /// same of what is there now. Null: nothing. It owns what it uses; any thread.
  std::string seen_elsewhere{};
  std::function<std::string()> look_elsewhere{};
};

/// Loads one file with its identity and trust. Every problem is in the report, at the key that names the file
/// at fault.
Prepared prepare(const std::filesystem::path& file, const Overrides& overrides = {});

/// The same for a file or a folder, and checks what may not appear twice among its files: the name of a
/// service, an address to listen on. Fails when there is no file at all.
Result<std::vector<Prepared>> prepare_all(const std::filesystem::path& file_or_folder,
                                          const Overrides& overrides = {});

bool has_errors(const std::vector<Prepared>& services);

/// Every finding, errors and warnings; empty when there is none.
std::string render_findings(const std::vector<Prepared>& services);

/// Prints the findings. False when one of them is an error.
bool show_findings(const std::vector<Prepared>& services, std::FILE* err);

}  // namespace persona::cli
