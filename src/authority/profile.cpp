#include "persona/authority/profile.hpp"

#include <array>
#include <cstddef>

namespace persona::authority {

namespace {

// 398 days is the limit that the CA/Browser Forum set for public server certificates in 2020.
constexpr std::array<ProfileTerms, 3> all_terms{{
    {"development", 1, 30, 365, 2, 398, true},
    {"testing", 1, 7, 30, 5, 90, false},
    {"production", 10, 90, 30, 20, 398, false},
}};

}  // namespace

const ProfileTerms& terms_of(Profile profile) {
  return all_terms.at(static_cast<std::size_t>(profile));
}

std::optional<Profile> parse_profile(std::string_view name) {
  for (const Profile profile : {Profile::development, Profile::testing, Profile::production}) {
    if (terms_of(profile).name == name) {
      return profile;
    }
  }
  return std::nullopt;
}

}  // namespace persona::authority
