// Profiles of an authority: what is usual for its certificates.
#pragma once

#include <optional>
#include <string_view>

namespace persona::authority {

/// What an authority is for. Decides how long things last, what a certificate may be used for, and what is
/// warned of.
enum class Profile { development, testing, production };

struct ProfileTerms {
  std::string_view name;
  unsigned authority_years;  ///< unless told otherwise, as all of these
  unsigned leaf_days;
  unsigned crl_days;
  unsigned long_authority_years;  ///< more than that is warned of
  unsigned long_leaf_days;
  bool both_usages;  ///< every certificate is for clients and servers
};

const ProfileTerms& terms_of(Profile profile);
std::optional<Profile> parse_profile(std::string_view name);

}  // namespace persona::authority
