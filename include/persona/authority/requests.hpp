// Requests to an authority: from other code (IssueRequest, AuthorityRequest), and from an administrator of an
// AuthorityFolder (the others).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "persona/authority/profile.hpp"

namespace persona::authority {

struct IssueRequest {
  enum class Usage { client, server, both };

  Usage usage = Usage::client;
  /// Empty: no subject. For tests only, as RFC 5280 section 4.1.2.6 then requires a critical subjectAltName.
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::chrono::seconds valid_from{-300};   ///< relative to now; in the past, as others' clocks may be behind
  std::chrono::seconds valid_for{86'400};  ///< from now; negative: already expired
};

struct AuthorityRequest {
  std::string common_name;
  std::chrono::seconds valid_from{-300};  ///< relative to now
  std::chrono::seconds valid_for{};       ///< from now
  /// If not empty, nameConstraints (RFC 5280 section 4.2.1.10) permit only these domains and subdomains.
  std::vector<std::string> permitted_dns_names;
};

struct InitRequest {
  Profile profile = Profile::production;
  std::string name;               ///< of the CA; empty: a default that names the profile
  std::optional<unsigned> years;  ///< unset: as many as the profile says
  std::vector<std::string> permitted_dns_names;
  bool force = false;
};

struct LeafRequest {
  IssueRequest::Usage usage = IssueRequest::Usage::client;
  std::string name;  ///< of its folder, and by default in the certificate
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::optional<unsigned> days;
  bool force = false;
};

struct RenewRequest {
  std::string name;
  std::optional<unsigned> days;  ///< unset: as many as before
  bool keep_key = false;
};

}  // namespace persona::authority
