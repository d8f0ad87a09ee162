// Arbitrary certificates of a store, texts that select of them, and properties that restrict them. Input: a
// byte for the kind of selector, its text, a NUL, and the certificate.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "persona/base/bytes.hpp"
#include "persona/base/windows_store.hpp"
#include "persona/store/stored_certificate.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::store;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = x509::initialise_crypto().has_value();
  demand(ready);
  const ByteView input(data, size);
  if (input.empty()) {
    return 0;
  }
  const std::string_view rest = as_text(input.subspan(1));
  const auto end = rest.find('\0');
  const std::string text(rest.substr(0, end));
  const ByteView certificate = end == std::string_view::npos ? ByteView() : as_bytes(rest.substr(end + 1));
  if (const auto thumbprint = parse_thumbprint(text)) {
    demand(parse_thumbprint(*thumbprint) == *thumbprint);
  }
  if (const auto store = StoreName::parse(text)) {
    demand(StoreName::parse(store->to_string()) == *store);
  }
  const Bytes der(certificate.begin(), certificate.end());
  const StoreSelector selector{static_cast<StoreSelector::Kind>(input.front() % 3), text};
  const auto choice = choose({{der, true}}, {}, selector, text, identity::IdentityUse::any, x509::now());
  demand(choice ? choice->index == 0 && choice->older == 0 : !choice.error().message.empty());
  for (const auto role : {trust::PeerRole::gateway, trust::PeerRole::client}) {
    // A list of usages that allows is no list that disallows, unless it cannot be read.
    const bool allows = may_vouch({.usages = der}, role, x509::now());
    const bool spared = may_vouch({.disallowed_usages = der}, role, x509::now());
    demand(!(allows && spared));
  }
  return 0;
}
