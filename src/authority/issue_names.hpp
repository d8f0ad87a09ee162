// Which names a certificate and its folder may have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persona/authority/requests.hpp"
#include "persona/base/result.hpp"

namespace persona::authority {

/// The common name of a CA: 1 to 64 characters (RFC 5280 appendix A.1, ub-common-name), printable.
Result<void> check_authority_name(std::string_view name);

/// A domain for nameConstraints: a host name without a wildcard.
Result<void> check_permitted_dns_name(std::string_view name);

/// Completes the names of `request`. A server without DNS names and addresses gets NAME as one, if that is a
/// host name or an address. The common name is NAME for a client; for a server it is one of its
/// subjectAltNames, and NAME if that is among them. Fails if verifiers would refuse a name, or would refuse
/// it from a CA that is limited to `permitted`.
Result<IssueRequest> complete_names(const LeafRequest& request, const std::vector<std::string>& permitted);

/// Warnings about names that are unusual for this profile.
std::vector<std::string> name_warnings(Profile profile, const IssueRequest& request);

}  // namespace persona::authority
