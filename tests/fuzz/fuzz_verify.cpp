// One certificate (DER) as a peer's, judged by both profiles in both roles: what `public` accepts `private`
// accepts, a refusal has a sentence, and what is tolerated has a word.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <mbedtls/x509_crt.h>

#include "persona/base/bytes.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/certificate_parser.hpp"
#include "persona/x509/crypto.hpp"
#include "trust/certificate_checks.hpp"

using namespace persona;
using namespace persona::trust;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void judge(ByteView der, PeerRole role, const std::string& name) {
  VerifyPolicy policy;
  policy.role = role;
  if (!name.empty()) {
    policy.expected_name = name;
  }
  const Verdict mild = verify_leaf_again(der, policy);
  policy.profile = TrustProfile::web_pki;
  const Verdict strict = verify_leaf_again(der, policy);
  demand(mild.accepted() || !strict.accepted());
  demand(mild.accepted() == mild.sentence.empty() && strict.accepted() == strict.sentence.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = x509::initialise_crypto().has_value();
  demand(ready);
  const ByteView der(data, size);
  for (const PeerRole role : {PeerRole::gateway, PeerRole::client}) {
    for (const char* name : {"", "gateway.test", "192.0.2.7", "spiffe://test/gateway"}) {
      judge(der, role, name);
    }
  }
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  if (x509::parse_certificate(certificate, der) == 0) {
    for (const Position position : {Position::leaf, Position::intermediate, Position::anchor}) {
      for (const Defect& defect : certificate_defects(certificate, position, PeerRole::gateway)) {
        demand(!defect.predicate.empty() && defect.reason != VerifyReason::ok);
      }
    }
  }
  mbedtls_x509_crt_free(&certificate);
  return 0;
}
