#include "persona/spiffe/choice.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "persona/base/text.hpp"
#include "persona/x509/few_of.hpp"

namespace persona::spiffe {

namespace {

constexpr std::string_view scheme = "spiffe://";
constexpr std::size_t longest_id = 2048;  // SPIFFE-ID section 2.4

std::vector<std::string> ids_of(const Update& update) {
  std::vector<std::string> ids;
  for (const Svid& each : update.svids) {
    ids.push_back(printable(each.id));
  }
  return ids;
}

tl::unexpected<std::vector<x509::LoadError>> refuse(std::string message) {
  return tl::unexpected(
      std::vector<x509::LoadError>{{x509::LoadError::Part::certificate, 0, std::move(message)}});
}

}  // namespace

std::string_view trust_domain_of(std::string_view id) {
  if (!id.starts_with(scheme) || id.size() > longest_id) {
    return {};
  }
  const std::string_view domain = id.substr(0, id.find('/', scheme.size()));
  const auto is_usual = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  const std::string_view name = domain.substr(scheme.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), is_usual) ? domain : std::string_view();
}

Result<const Svid*> choose(const Update& update, std::string_view id) {
  const auto found = id.empty() ? update.svids.begin()
                                : std::find_if(update.svids.begin(), update.svids.end(),
                                               [&](const Svid& each) { return each.id == id; });
  if (found == update.svids.end()) {
    return fail(ErrorKind::configuration, "the agent gives no SVID with the ID {}, only {}", id,
                x509::few_of(ids_of(update)));
  }
  if (trust_domain_of(found->id).empty()) {
    return fail(ErrorKind::configuration, "the agent gives an SVID with the ID {}, which is no SPIFFE ID",
                in_quotes(found->id));
  }
  return &*found;
}

identity::Identity::Loaded load_identity(const Svid& svid, identity::IdentityUse use,
                                         std::string_view source) {
  x509::CertificateList sent;
  if (auto parsed = sent.append_pem(as_text(svid.chain), source); !parsed) {
    return refuse(parsed.error().message);
  }
  const x509::CertificateInfo leaf = sent.describe().front();
  if (leaf.uris.size() != 1 || leaf.uris.front() != svid.id) {
    return refuse(fmt::format("the first certificate of {} does not have {} as its only URI: {}", source,
                              printable(svid.id), leaf.name));
  }
  auto loaded = identity::Identity::from_pem(as_text(svid.chain), svid.key.view(), std::nullopt, use, source);
  if (loaded && (*loaded)->chain().describe().front().spki_pin != leaf.spki_pin) {
    return refuse(
        fmt::format("the private key of {} is not that of its first certificate: {}", source, leaf.name));
  }
  return loaded;
}

Result<trust::GivenCas> bundle_for(const Update& update, const Svid& svid, std::string_view peer) {
  const std::string_view own = trust_domain_of(svid.id);
  const std::string_view domain = peer.starts_with(scheme) ? trust_domain_of(peer) : own;
  const Bytes* bundle = domain == own ? &svid.bundle : nullptr;
  for (const FederatedBundle& other : update.federated) {
    if (bundle == nullptr && other.domain == domain) {
      bundle = &other.bundle;
    }
  }
  if (bundle == nullptr || bundle->empty()) {
    std::vector<std::string> known{std::string(own)};
    for (const FederatedBundle& other : update.federated) {
      known.push_back(printable(other.domain));
    }
    return fail(ErrorKind::configuration,
                "the agent gives no bundle of {}, only of {}: federate the two trust domains", domain,
                x509::few_of(known));
  }
  return trust::GivenCas{fmt::format("the bundle of {}", domain.substr(scheme.size())), *bundle, update.crls};
}

}  // namespace persona::spiffe
