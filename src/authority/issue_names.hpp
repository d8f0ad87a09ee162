// What a certificate may be called, and what its folder may be called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/requests.hpp"
#include "persona/base/result.hpp"

namespace persona::authority {

/// The common name of a CA: 1 to 64 characters (RFC 5280 appendix A.1, ub-common-name), printable.
Result<void> check_authority_name(std::string_view name);

/// A domain for nameConstraints: a host name of no wildcard.
Result<void> check_permitted_dns_name(std::string_view name);

/// `request` with its names completed: a server without a name in its subjectAltName gets NAME as one, where
/// that is a host name or an address. The common name is NAME for a client; for a server one of its
/// subjectAltNames, NAME if it is one of them. Fails when a name cannot stand in a certificate, or not in one
/// of a CA that is limited to `permitted`.
Result<IssueRequest> complete_names(const LeafRequest& request, const std::vector<std::string>& permitted);

/// Names that are odd in a certificate of this profile, in words.
std::vector<std::string> name_warnings(Profile profile, const IssueRequest& request);

}  // namespace persona::authority
