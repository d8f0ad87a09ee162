#include "reload.hpp"

#include <utility>

namespace persona::cli {

reload::Loaded to_loaded(Prepared prepared) {
  reload::Loaded loaded;
  for (const config::Diagnostic& found : prepared.report.diagnostics()) {
    auto& list = found.severity == config::Diagnostic::Severity::error ? loaded.errors : loaded.warnings;
    list.push_back(prepared.report.sentence(found));
  }
  loaded.files = std::move(prepared.files);
  loaded.digest = prepared.digest;
  loaded.elsewhere = {std::move(prepared.look_elsewhere), std::move(prepared.seen_elsewhere)};
  if (!prepared.report.has_errors()) {
    loaded.material = forward::Material{std::move(prepared.config),
                                        std::move(prepared.identity),
                                        std::move(prepared.trust),
                                        std::move(prepared.digest),
                                        std::move(prepared.certificate_digest),
                                        std::move(prepared.via_password),
                                        std::move(prepared.ticket_keys)};
  }
  return loaded;
}

}  // namespace persona::cli
