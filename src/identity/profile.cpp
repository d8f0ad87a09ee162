// What the profiles of an authority differ in.
#include <array>
#include <utility>

#include "persona/identity/authority_folder.hpp"

namespace persona::identity {

namespace {

// 398 days is what the CA/Browser Forum lets public CAs give a server.
constexpr std::array<ProfileTerms, 3> all_terms{{
    {"development", 1, 30, 365, 2, 398, true},
    {"testing", 1, 7, 30, 5, 90, false},
    {"production", 10, 90, 30, 20, 398, false},
}};

constexpr std::array<std::pair<RevocationReason, std::string_view>, 6> reasons{{
    {RevocationReason::unspecified, "unspecified"},
    {RevocationReason::key_compromise, "keyCompromise"},
    {RevocationReason::affiliation_changed, "affiliationChanged"},
    {RevocationReason::superseded, "superseded"},
    {RevocationReason::cessation_of_operation, "cessationOfOperation"},
    {RevocationReason::privilege_withdrawn, "privilegeWithdrawn"},
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

std::string_view reason_in_words(RevocationReason reason) {
  for (const auto& [known, word] : reasons) {
    if (known == reason) {
      return word;
    }
  }
  return "unspecified";
}

std::optional<RevocationReason> parse_reason(std::string_view word) {
  for (const auto& [reason, known] : reasons) {
    if (known == word) {
      return reason;
    }
  }
  return std::nullopt;
}

}  // namespace persona::identity
