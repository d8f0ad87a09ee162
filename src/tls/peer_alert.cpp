#include "peer_alert.hpp"

#include <fmt/format.h>

#include "persona/identity/identity.hpp"

namespace persona::tls {

std::string our_certificate(const Context& context) {
  const auto& identity = context.options().identity;
  if (!identity) {
    return {};
  }
  const x509::CertificateInfo info = x509::describe(*identity->chain().get());
  return fmt::format("{}, issued by {}", info.subject, info.issuer);
}

Failure received_alert(const Context& context, std::uint8_t description, AlertStage stage) {
  const Role role = context.options().role;
  const bool refusal = role == Role::client && is_certificate_alert(description) && stage != AlertStage::open;
  Failure failure{refusal ? Failure::Kind::client_certificate_refused : Failure::Kind::peer_alert,
                  explain_alert(role, description, stage, our_certificate(context))};
  failure.alert = description;
  return failure;
}

}  // namespace persona::tls
