// Profiles of an authority: what is usual for its certificates and CRLs.
#pragma once

#include <optional>
#include <string_view>

namespace persona::authority {

/// What an authority is for. Decides how long certificates and CRLs last, what certificates may be used for,
/// and what causes a warning.
enum class Profile { development, testing, production };

struct ProfileTerms {
  std::string_view name;
  unsigned authority_years;  ///< default, as are the next two
  unsigned leaf_days;
  unsigned crl_days;
  unsigned long_authority_years;  ///< a longer life causes a warning, as with the next
  unsigned long_leaf_days;
  bool both_usages;  ///< every certificate is for clients and servers
};

const ProfileTerms& terms_of(Profile profile);
std::optional<Profile> parse_profile(std::string_view name);

}  // namespace persona::authority
