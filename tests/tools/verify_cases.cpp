// Judges chains in memory: reads a file in the format of x509-limbo and prints a line of JSON for each case.
//
//   verify_cases FILE [mbedtls]      {"id": "...", "accepted": false, "reason": "expired", "sentence": "...",
//   "oddities": []}
//
// With the second argument by mbedTLS alone, whatever provider of public-key primitives is the default.
//
// Of a test case it reads trusted_certs, untrusted_intermediates, peer_certificate, crls, validation_kind,
// validation_time (null: now), expected_peer_name and max_chain_depth, and of ours profile ("private", the
// default, or "public"), pins and crl_expired ("allow" or "refuse"). A chain that cannot be read is
// "malformed", as in a handshake; trust that cannot be loaded, and would keep persona from starting, is
// "at_start".
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "persona/pk/primitives.hpp"
#include "persona/pk/provider.hpp"
#include "persona/trust/trust_store.hpp"
#include "persona/trust/verify.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::trust;
using namespace persona::x509;
using nlohmann::json;

namespace {

int number_at(std::string_view text, std::size_t at, std::size_t length) {
  int number = 0;
  const auto part = text.substr(at, length);
  const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), number);
  if (status != std::errc() || end != part.data() + part.size()) {
    throw std::runtime_error("not a time: " + std::string(text));
  }
  return number;
}

// "2024-04-01T00:00:00.005+00:00": whole seconds are what X.509 knows.
TimePoint parse_time(std::string_view text) {
  if (text.size() < 20 || !(text.ends_with("+00:00") || text.ends_with("Z"))) {
    throw std::runtime_error("not a time in UTC: " + std::string(text));
  }
  const std::chrono::year_month_day date(std::chrono::year(number_at(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number_at(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number_at(text, 8, 2))));
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(number_at(text, 11, 2)) +
         std::chrono::minutes(number_at(text, 14, 2)) + std::chrono::seconds(number_at(text, 17, 2));
}

bool is_set(const json& test, const char* key) {
  return test.contains(key) && !test.at(key).is_null();
}

std::string joined(const json& texts) {
  std::string all;
  for (const auto& text : texts) {
    all += text.get<std::string>() + "\n";
  }
  return all;
}

json refused(std::string_view reason, const std::string& sentence) {
  return {{"accepted", false}, {"reason", reason}, {"sentence", sentence}, {"oddities", json::array()}};
}

VerifyPolicy policy_of(const json& test) {
  VerifyPolicy policy;
  policy.profile =
      test.value("profile", "private") == "public" ? TrustProfile::web_pki : TrustProfile::private_cas;
  policy.role = test.value("validation_kind", "SERVER") == "CLIENT" ? persona::trust::PeerRole::client
                                                                    : persona::trust::PeerRole::gateway;
  if (is_set(test, "expected_peer_name")) {
    const auto kind = test.at("expected_peer_name").at("kind").get<std::string>();
    if (kind != "DNS" && kind != "IP") {
      throw std::runtime_error("names of kind " + kind + " are not asked of anybody");
    }
    policy.expected_name = test.at("expected_peer_name").at("value").get<std::string>();
  }
  if (is_set(test, "max_chain_depth")) {
    policy.max_intermediates = test.at("max_chain_depth").get<std::size_t>();
  }
  if (is_set(test, "validation_time")) {
    policy.at = parse_time(test.at("validation_time").get<std::string>());
  }
  for (const auto& pin : test.value("pins", json::array())) {
    const auto parsed = SpkiPin::parse(pin.get<std::string>());
    if (!parsed) {
      throw std::runtime_error(parsed.error().message);
    }
    policy.pins.push_back(*parsed);
  }
  return policy;
}

json judge(const json& test) {
  const std::string ca = joined(test.at("trusted_certs"));
  const std::string crl = joined(test.value("crls", json::array()));
  TrustTexts texts;
  texts.ca = ca;
  texts.crl = crl;
  texts.crl_expired_allowed = test.value("crl_expired", "refuse") == "allow";
  texts.any_certificates = true;
  const auto trust = TrustStore::from_pem(texts);
  if (!trust) {
    return refused("at_start", trust.error().front().message);
  }
  CertificateList presented;
  if (const auto read = presented.append_pem(test.at("peer_certificate").get<std::string>(), "the peer");
      !read) {
    return refused(to_string(VerifyReason::malformed), read.error().message);
  }
  for (const auto& intermediate : test.at("untrusted_intermediates")) {
    // As in a handshake: one behind the peer's own that cannot be parsed is left out.
    static_cast<void>(presented.append_pem(intermediate.get<std::string>(), "the chain"));
  }
  const Verdict verdict = verify_chain(**trust, *presented.get(), policy_of(test));
  json oddities = json::array();
  for (const Oddity& oddity : verdict.oddities) {
    oddities.push_back(oddity.word);
  }
  return {{"accepted", verdict.accepted()},
          {"reason", to_string(verdict.reason)},
          {"sentence", verdict.sentence},
          {"oddities", std::move(oddities)}};
}

}  // namespace

int main(int argc, char** argv) try {
  const bool by_mbedtls = argc == 3 && std::string_view(argv[2]) == "mbedtls";
  if (argc != 2 && !by_mbedtls) {
    std::cerr << "usage: verify_cases FILE [mbedtls]\n";
    return 2;
  }
  if (const auto started = initialise_crypto(); !started) {
    throw std::runtime_error(started.error().message);
  }
  if (by_mbedtls) {
    pk::use(pk::Provider::mbedtls);
    pk::use_primitives(pk::Primitives::portable);
  }
  std::ifstream file(argv[1]);
  const json content = json::parse(file);
  for (const auto& test : content.at("testcases")) {
    json line = {{"id", test.at("id")}};
    line.update(judge(test));
    std::cout << line.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
  }
  return std::cout.flush() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "verify_cases: " << error.what() << '\n';
  return 1;
}
