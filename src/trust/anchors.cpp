#include "anchors.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include "certificate_checks.hpp"
#include "path_checks.hpp"
#include "persona/x509/few_of.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"

namespace persona::trust {

namespace {

// Why no peer can be verified by this certificate of trust.ca, if so: the gravest defect that `profile` does
// not tolerate. One that is self-signed may be the peer's own, and then has to follow the rules for a leaf
// alone.
std::optional<Defect> anchor_defect(const mbedtls_x509_crt& anchor, PeerRole role, TrustProfile profile) {
  const auto gravest_as = [&](Position position) {
    std::optional<Defect> gravest;
    for (Defect& defect : certificate_defects(anchor, position, role)) {
      if (!defect.is_tolerated(profile) && (!gravest || defect.reason < gravest->reason)) {
        gravest = std::move(defect);
      }
    }
    return gravest;
  };
  auto as_anchor = gravest_as(Position::anchor);
  if (!as_anchor || !is_self_issued(anchor)) {
    return as_anchor;
  }
  auto as_leaf = gravest_as(Position::leaf);
  const bool is_ca = mbedtls_x509_crt_get_ca_istrue(&anchor) == 1;
  return as_leaf && is_ca ? as_anchor : as_leaf;
}

std::optional<AnchorFinding> why_unusable(const mbedtls_x509_crt& certificate, std::optional<PeerRole> role,
                                          TrustProfile profile) {
  AnchorFinding found;
  const x509::TimePoint at = x509::now();
  if (auto problem = x509::validity_problem(certificate, at)) {
    const bool expired = x509::to_time_point(certificate.valid_to) < at;
    found.reason = expired ? VerifyReason::expired : VerifyReason::not_yet_valid;
    found.predicate = std::move(*problem);
    return found;
  }
  if (const auto defect = x509::key_defect(certificate)) {
    found.reason = VerifyReason::weak_key;
    found.predicate = fmt::format("has a key that {} ({}), so nobody with a certificate of it is let in",
                                  defect->predicate, defect->key);
    return found;
  }
  if (const auto defect = role ? anchor_defect(certificate, *role, profile) : std::nullopt) {
    const bool is_leaf = defect->reason == VerifyReason::not_a_ca && !is_self_issued(certificate) &&
                         mbedtls_x509_crt_get_ca_istrue(&certificate) != 1;
    found.reason = defect->reason;
    found.predicate =
        is_leaf ? fmt::format(
                      "is not a CA's (basicConstraints), so nobody is let in by it; trust.ca needs the "
                      "certificate of its issuer, {}",
                      x509::name_in_words(certificate.issuer))
                : fmt::format("{}, so nobody with a certificate of it is let in{}", defect->predicate,
                              defect->is_tolerable() ? " (trust.profile: private would accept it)" : "");
    return found;
  }
  return std::nullopt;
}

bool is_same_kind(const AnchorFinding& one, const AnchorFinding& other) {
  return one.file == other.file && one.reason == other.reason && one.oddity == other.oddity &&
         (!one.oddity.empty() || one.reason != VerifyReason::bad_extension ||
          one.predicate == other.predicate);
}

std::string sentence(const AnchorFinding& first, const std::vector<std::string>& names) {
  if (names.size() == 1) {
    return fmt::format("CA certificate {}: {}", first.predicate, first.name);
  }
  return fmt::format("{} CA certificates {} (the first {}): {}", names.size(),
                     first.oddity.empty() ? "cannot be used for the same reason" : "are odd in the same way",
                     first.predicate, x509::few_of(names));
}

}  // namespace

void judge_anchors(const x509::CertificateList& list, std::size_t file, std::optional<PeerRole> role,
                   TrustProfile profile, AnchorFindings& findings) {
  for (const mbedtls_x509_crt* each = list.get(); each != nullptr; each = each->next) {
    const std::string name = x509::display_name(*each);
    if (auto found = why_unusable(*each, role, profile)) {
      found->file = file;
      found->name = name;
      findings.unusable.push_back(std::move(*found));
      continue;
    }
    if (!role || profile != TrustProfile::private_cas) {
      continue;
    }
    auto defects = certificate_defects(*each, Position::anchor, *role);
    const auto refuses = [&](const Defect& defect) { return !defect.is_tolerated(profile); };
    if (std::any_of(defects.begin(), defects.end(), refuses)) {  // it is a peer's own, see anchor_defect()
      defects = certificate_defects(*each, Position::leaf, *role);
    }
    std::string_view told;  // a word once for each certificate
    for (Defect& defect : defects) {
      if (defect.is_tolerable() && defect.oddity != told) {
        told = defect.oddity;
        findings.odd.push_back({file, defect.reason, std::move(defect.predicate), defect.oddity, name});
      }
    }
  }
}

std::vector<x509::LoadError> in_words(const std::vector<AnchorFinding>& findings) {
  std::vector<x509::LoadError> lines;
  for (auto first = findings.begin(); first != findings.end(); ++first) {
    const auto is_told = [&](const AnchorFinding& one) { return is_same_kind(one, *first); };
    if (std::any_of(findings.begin(), first, is_told)) {
      continue;
    }
    std::vector<std::string> names;
    for (auto each = first; each != findings.end(); ++each) {
      if (is_told(*each)) {
        names.push_back(each->name);
      }
    }
    std::string line = sentence(*first, names);
    if (!first->oddity.empty()) {
      line += fmt::format(" [{}]", first->oddity);
    }
    lines.push_back({x509::LoadError::Part::ca, first->file, std::move(line)});
  }
  return lines;
}

}  // namespace persona::trust
