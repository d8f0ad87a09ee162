// What an authority is asked for: by other code (IssueRequest, AuthorityRequest), and by an administrator,
// with the names of an AuthorityFolder.
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
  std::string common_name;  ///< empty: no subject, for tests (RFC 5280 wants such a subjectAltName critical)
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::chrono::seconds valid_from{-300};   ///< relative to now
  std::chrono::seconds valid_for{86'400};  ///< from now; negative: expired already
};

struct AuthorityRequest {
  std::string common_name;
  std::chrono::seconds valid_from{-300};  ///< relative to now
  std::chrono::seconds valid_for{};       ///< from now
  /// Not empty: nameConstraints (RFC 5280 section 4.2.1.10) that permit these domains and what is below them.
  std::vector<std::string> permitted_dns_names;
};

struct InitRequest {
  Profile profile = Profile::production;
  std::string name;               ///< of the CA; empty: one that names the profile
  std::optional<unsigned> years;  ///< unset: the profile's, as all of these
  std::vector<std::string> permitted_dns_names;
  bool force = false;
};

struct LeafRequest {
  IssueRequest::Usage usage = IssueRequest::Usage::client;
  std::string name;  ///< of its folder
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
