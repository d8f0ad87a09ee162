#include "cases.hpp"

#include <numeric>

#include <fmt/format.h>

namespace persona::bench {

namespace {

using support::Ca;
using support::Exponent;
using support::ForgedKey;
using support::Forgery;

constexpr std::size_t most_certificates = 32;
constexpr std::size_t most_octets = 16'000;  // of a Certificate message that mbedTLS takes, about

const std::string root_name = "CN=Root";
const std::string issuing_name = "CN=Issuing CA";

/// As small as can be.
Forgery bare(const std::string& subject, const std::string& issuer) {
  return {.subject = subject, .issuer = issuer, .ca = Ca::absent};
}

std::size_t octets_of(const std::vector<Bytes>& chain) {
  return std::accumulate(chain.begin(), chain.end(), std::size_t{0},
                         [](std::size_t sum, const Bytes& one) { return sum + one.size() + 5; });
}

}  // namespace

ChainCases::ChainCases() {
  root_ = &make_key();
  issuer_ = &make_key();
  ca = support::forge(support::ca(root_name, root_name), *root_, *root_);
  intermediate_ = support::forge_der(support::ca(issuing_name, root_name), *issuer_, *root_);
  add_good();
  add_rsa("4 × RSA-8192, exponents as long as the modulus, by nobody", Exponent::as_long_as_the_modulus,
          "CN=nobody");
  add_rsa("the same, named as if by the trusted CA", Exponent::as_long_as_the_modulus, root_name);
  add_rsa("6 × RSA-8192, exponent 65537, named as if by the trusted CA", Exponent::usual, root_name);
  add_one_name("32 × brainpoolP512r1 of one name", MBEDTLS_ECP_DP_BP512R1);
  add_one_name("32 × P-521 of one name", MBEDTLS_ECP_DP_SECP521R1);
  add_compressed();
  add_below_root("31 forged issuers below the trusted CA", false);
  add_below_root("30 forged issuers beside a good one, and the leaf forged", true);
  add_long_names();
}

ForgedKey& ChainCases::make_key(mbedtls_ecp_group_id curve) {
  return *keys_.emplace_back(std::make_unique<ForgedKey>(curve));
}

ForgedKey& ChainCases::make_key(Exponent exponent) {
  return *keys_.emplace_back(std::make_unique<ForgedKey>(exponent));
}

void ChainCases::add_good() {
  ForgedKey& key = make_key();
  cases.push_back(
      {"good: leaf, intermediate, root; P-256",
       {support::forge_der(support::client("CN=client", issuing_name), key, *issuer_), intermediate_},
       &key});
}

/// Each certificate signed by the next, with signatures as long as they have to be.
void ChainCases::add_rsa(const std::string& name, Exponent exponent, const std::string& top) {
  ForgedKey& signer = make_key(Exponent::usual);
  ForgedKey& shown = exponent == Exponent::usual ? signer : make_key(exponent);
  const int count = exponent == Exponent::usual ? 6 : 4;
  std::vector<Bytes> chain;
  for (int i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    chain.push_back(
        support::forge_der(bare(fmt::format("CN={}", i), last ? top : fmt::format("CN={}", i + 1)), shown,
                           last ? make_key() : signer));
  }
  cases.push_back({name, std::move(chain), &signer});
}

/// A CA certified by itself again and again, each time with another key, and the first path is found last.
void ChainCases::add_one_name(const std::string& name, mbedtls_ecp_group_id curve) {
  std::vector<ForgedKey*> keys;
  for (std::size_t i = 0; i < most_certificates; ++i) {
    keys.push_back(&make_key(curve));
  }
  std::vector<Bytes> chain = {support::forge_der(bare("CN=x", "CN=N"), *keys[0], *keys.back())};
  for (std::size_t i = 1; i < keys.size(); ++i) {
    chain.push_back(support::forge_der(bare("CN=N", "CN=N"), *keys[i], *keys[i - 1]));
  }
  cases.push_back({name, std::move(chain), keys[0]});
}

/// Parsing takes a square root for each.
void ChainCases::add_compressed() {
  ForgedKey& key = make_key(MBEDTLS_ECP_DP_SECP521R1);
  ForgedKey& signer = make_key();
  const Bytes one = support::with_compressed_point(support::forge_der(bare("CN=x", "CN=N"), key, signer));
  std::vector<Bytes> chain;
  while (octets_of(chain) + one.size() < most_octets) {
    chain.push_back(one);
  }
  cases.push_back({fmt::format("{} × P-521 with compressed points", chain.size()), std::move(chain), &key});
}

void ChainCases::add_below_root(const std::string& name, bool with_intermediate) {
  ForgedKey& key = make_key();
  ForgedKey& forger = make_key();
  std::vector<Bytes> chain = {support::forge_der(bare("CN=x", issuing_name), key, forger)};
  while (chain.size() < most_certificates - (with_intermediate ? 1 : 0)) {
    chain.push_back(support::forge_der(bare(issuing_name, root_name), make_key(), forger));
  }
  if (with_intermediate) {
    chain.push_back(intermediate_);
  }
  cases.push_back({name, std::move(chain), &key});
}

void ChainCases::add_long_names() {
  ForgedKey& key = make_key();
  const std::string part(60, 'x');
  const std::string long_name = fmt::format("O={0},OU={0},L={0},CN={0}", part);
  std::vector<Bytes> chain;
  while (octets_of(chain) < most_octets - 1000 && chain.size() < most_certificates) {
    chain.push_back(support::forge_der(
        bare(fmt::format("{}{}", long_name, chain.size() % 2), long_name + "2"), key, key));
  }
  cases.push_back({"names as long as fit", std::move(chain), &key});
}

}  // namespace persona::bench
