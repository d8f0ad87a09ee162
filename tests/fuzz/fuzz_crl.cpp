// Arbitrary bytes as a CRL, and genuine CRLs with some bytes exchanged: no change may let a revoked
// certificate pass.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <mbedtls/x509_crl.h>

#include "../support/peer.hpp"
#include "persona/authority/authority.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"
#include "trust/revocation.hpp"

using namespace persona;
using namespace persona::authority;
using namespace persona::trust;
using namespace persona::x509;
using persona::tls::test::must;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

CertificateList parsed(std::string_view pem) {
  CertificateList list;
  must(list.append_pem(pem));
  return list;
}

struct Fixture {
  CertificateList issuer;
  CertificateList revoked;
  std::string genuine;  // DER
  SignatureCache signatures;

  Fixture() {
    must(initialise_crypto());
    const auto authority = must(Authority::create("Fuzz CA", std::chrono::hours(24)));
    issuer = parsed(authority->certificate_pem());
    IssueRequest request;
    request.common_name = "revoked";
    revoked = parsed(must(authority->issue(request))->certificate);
    authority::RevocationList list;
    list.this_update = now() - std::chrono::hours(1);
    list.next_update = now() + std::chrono::hours(24 * 365);
    const mbedtls_x509_buf& serial = revoked.get()->serial;
    list.revoked.push_back({Bytes(serial.p, serial.p + serial.len), now() - std::chrono::hours(1)});
    const std::string pem = *must(authority->revocation_list(list));
    mbedtls_x509_crl crl;
    mbedtls_x509_crl_init(&crl);
    demand(mbedtls_x509_crl_parse(&crl, reinterpret_cast<const unsigned char*>(pem.c_str()),
                                  pem.size() + 1) == 0);
    genuine.assign(reinterpret_cast<const char*>(crl.raw.p), crl.raw.len);
    mbedtls_x509_crl_free(&crl);
  }

  // Does the revoked certificate pass with these lists?
  bool passes(const RevocationLists& lists) {
    TimePoint until = TimePoint::max();
    return !lists.check(*revoked.get(), *issuer.get(), now(), signatures, until);
  }
};

void load(Fixture& fixture, std::string_view text) {
  RevocationLists lists(false);
  if (!lists.append(text, "the text")) {
    demand(lists.empty() || !fixture.passes(lists));
    return;
  }
  demand(!lists.empty() && !lists.describe().empty());
  demand(!fixture.passes(lists));
  demand(lists.append(fixture.genuine, "the list") && !fixture.passes(lists));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture fixture;
  if (size < 1) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    load(fixture, input);
    return 0;
  }
  std::string changed = fixture.genuine;
  for (std::size_t i = 0; i + 2 < input.size(); i += 3) {
    const std::size_t at =
        std::size_t{static_cast<std::uint8_t>(input[i])} << 8U | static_cast<std::uint8_t>(input[i + 1]);
    changed[at % changed.size()] = input[i + 2];
  }
  load(fixture, changed);
  return 0;
}
