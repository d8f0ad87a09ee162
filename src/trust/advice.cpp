#include "advice.hpp"

#include <fmt/format.h>

#include "persona/base/address.hpp"
#include "persona/base/text.hpp"

namespace persona::trust {

namespace {

constexpr std::string_view ca_extensions =
    R"(basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash)";

std::string alternative_name(std::string_view name) {
  const std::string_view kind = IpAddress::parse(name)                       ? "IP"
                                : name.find("://") != std::string_view::npos ? "URI"
                                                                             : "DNS";
  return fmt::format("subjectAltName={}:{}", kind, name);
}

// Root CAs sign themselves again, with the same key: what they have issued stays good.
std::string command_to_issue_ca(bool in_trust_ca) {
  return in_trust_ca ? fmt::format(
                           "openssl x509 -in ca.crt -signkey ca.key -days 3650 -clrext -extfile <(printf "
                           "'{}') -out new-ca.crt",
                           ca_extensions)
                     : fmt::format(
                           "openssl x509 -req -in ca.csr -CA root.crt -CAkey root.key -CAcreateserial "
                           "-days 3650 -extfile <(printf '{}') -out new-ca.crt",
                           ca_extensions);
}

std::string issue_again(const Finding& finding, const VerifyPolicy& policy) {
  if (finding.depth > 0) {
    return fmt::format("whoever runs that CA has to issue its certificate again: {}",
                       command_to_issue_ca(finding.in_trust_ca));
  }
  return fmt::format("whoever issues the {}'s certificates has to issue it again: {}", to_string(policy.role),
                     command_to_issue(policy.role, policy.expected_name.value_or(""), finding.self_issued));
}

std::string renew(const Finding& finding, const VerifyPolicy& policy) {
  if (finding.in_trust_ca) {
    return "trust.ca needs the certificate that has replaced it";
  }
  return finding.depth > 0
             ? std::string("whoever runs that CA has to renew its certificate")
             : fmt::format("the {} needs a new one from whoever issued it", to_string(policy.role));
}

}  // namespace

std::string command_to_issue(PeerRole role, std::string_view name, bool self_issued) {
  const std::string_view usage = role == PeerRole::gateway ? "serverAuth" : "clientAuth";
  if (self_issued) {
    const bool is_subject = !name.empty() && name.find("://") == std::string_view::npos;
    return fmt::format(
        "openssl req -x509 -key {0}.key -days 365 -sha256 -subj /CN={1}{2} -addext "
        "basicConstraints=critical,CA:FALSE "
        "-addext keyUsage=digitalSignature -addext extendedKeyUsage={3} -out {0}.crt, and put it into "
        "trust.ca again",
        to_string(role), is_subject ? name : to_string(role),
        name.empty() ? "" : " -addext " + alternative_name(name), usage);
  }
  // keyid,issuer: a CA may have no key identifier.
  return fmt::format(
      "openssl x509 -req -in {0}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -sha256 -extfile "
      R"(<(printf 'keyUsage=digitalSignature\nextendedKeyUsage={1}\nauthorityKeyIdentifier=keyid,issuer{2}') -out {0}.crt)",
      to_string(role), usage, name.empty() ? "" : R"(\n)" + alternative_name(name));
}

std::string what_to_do(const Finding& finding, const VerifyPolicy& policy) {
  const std::string_view peer = to_string(policy.role);
  switch (finding.reason) {
    case VerifyReason::malformed:
    case VerifyReason::bad_extension:
    case VerifyReason::key_usage:
    case VerifyReason::extended_key_usage:
    case VerifyReason::weak_signature:
    case VerifyReason::not_a_ca:
    case VerifyReason::unsupported_critical_extension:
      return finding.tolerable
                 ? "trust.profile: private accepts it; otherwise " + issue_again(finding, policy)
                 : issue_again(finding, policy);
    case VerifyReason::untrusted_issuer:
    case VerifyReason::self_signed:
    case VerifyReason::bad_signature:
    case VerifyReason::name_mismatch:
    case VerifyReason::pin_mismatch:
    case VerifyReason::crl_expired:
      return finding.mend;
    case VerifyReason::too_deep:
      return fmt::format(
          "the {} has to send its own certificate and the CA certificates above it, and nothing else", peer);
    case VerifyReason::revoked:
      return fmt::format("the {} needs a new certificate with a new key", peer);
    case VerifyReason::crl_missing:
      return "add that CA's revocation list to trust.crl";
    case VerifyReason::crl_invalid:
      return "get that list again from the CA, and look at it with persona pki show";
    case VerifyReason::expired:
      return renew(finding, policy);
    case VerifyReason::not_yet_valid:
      return "is this machine's clock right (date -u)?";
    case VerifyReason::weak_key:
      return fmt::format(
          "it needs another key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
          "-out {}.key",
          finding.depth == 0 ? peer : "ca");
    case VerifyReason::path_length:
    case VerifyReason::name_constraint:
      return "only whoever runs that CA can allow it, in a new certificate for the CA";
    case VerifyReason::not_allowed:
      return "to let it in, add one of its names or its pin to clients.allow";
    case VerifyReason::ok:
    case VerifyReason::no_certificate:
      return {};
  }
  return {};
}

}  // namespace persona::trust
