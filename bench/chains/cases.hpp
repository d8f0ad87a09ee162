// Chains that a client may send: a good one, and those that shall cost a server as much as can be.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../../tests/forge/forge.hpp"
#include "persona/base/bytes.hpp"

namespace persona::bench {

struct ChainCase {
  std::string name;
  std::vector<Bytes> chain;  ///< DER, the leaf first
  support::ForgedKey* key;   ///< what the client signs its CertificateVerify with
};

/// The CA whom the server trusts, and the chains: the good one first. They own their keys.
struct ChainCases {
  ChainCases();

  std::string ca;  ///< PEM
  std::vector<ChainCase> cases;

 private:
  support::ForgedKey& make_key(mbedtls_ecp_group_id curve = MBEDTLS_ECP_DP_SECP256R1);
  support::ForgedKey& make_key(support::Exponent exponent);
  void add_good();
  void add_rsa(const std::string& name, support::Exponent exponent, const std::string& top);
  void add_one_name(const std::string& name, mbedtls_ecp_group_id curve);
  void add_compressed();
  void add_below_root(const std::string& name, bool with_intermediate);
  void add_long_names();

  std::vector<std::unique_ptr<support::ForgedKey>> keys_;
  support::ForgedKey* root_ = nullptr;
  support::ForgedKey* issuer_ = nullptr;
  Bytes intermediate_;
};

}  // namespace persona::bench
