#include "path_builder.hpp"

#include <algorithm>

#include "crl.hpp"
#include "der_reader.hpp"
#include "distinguished_name.hpp"
#include "signature.hpp"
#include "words.hpp"

namespace persona::identity {

namespace {

bool same_octets(const mbedtls_x509_buf& left, const mbedtls_x509_buf& right) {
  return left.len == right.len && std::equal(left.p, left.p + left.len, right.p);
}

bool is_named_issuer(const mbedtls_x509_crt& issuer, const mbedtls_x509_crt& certificate) {
  return same_distinguished_name(bytes_of(issuer.subject_raw), bytes_of(certificate.issuer_raw));
}

/// RFC 4158 section 3.5.12: key identifiers only say which candidate to try first.
bool identifiers_match(const mbedtls_x509_crt& issuer, const mbedtls_x509_crt& certificate) {
  const mbedtls_x509_buf& wanted = certificate.authority_key_id.keyIdentifier;
  return wanted.len != 0 && same_octets(wanted, issuer.subject_key_id);
}

/// Those of the issuer's name, the likely ones first.
std::vector<const mbedtls_x509_crt*> candidates(std::vector<const mbedtls_x509_crt*> all,
                                                const mbedtls_x509_crt& certificate) {
  std::erase_if(all, [&](const mbedtls_x509_crt* one) { return !is_named_issuer(*one, certificate); });
  std::stable_partition(all.begin(), all.end(),
                        [&](const mbedtls_x509_crt* one) { return identifiers_match(*one, certificate); });
  return all;
}

std::vector<const mbedtls_x509_crt*> all_of(const mbedtls_x509_crt* list) {
  std::vector<const mbedtls_x509_crt*> all;
  for (; list != nullptr; list = list->next) {
    all.push_back(list);
  }
  return all;
}

}  // namespace

PathBuilder::PathBuilder(const Trust& trust, const mbedtls_x509_crt& presented, const CheckContext& context)
    : trust_(trust), context_(context), presented_(all_of(presented.next)), path_{&presented} {}

std::optional<Finding> PathBuilder::search() {
  if (presented_.size() >= most_presented) {
    return Narrator(context_.policy.role, tip(), 0)
        .about(VerifyReason::too_deep,
               fmt::format("comes with {} others, which is too many", presented_.size()));
  }
  // A self-signed certificate that is itself in trust.ca is its own anchor.
  const auto roots = all_of(trust_.roots().get());
  const bool is_root = std::any_of(roots.begin(), roots.end(), [&](const mbedtls_x509_crt* root) {
    return same_octets(root->raw, tip().raw);
  });
  if ((is_root && is_self_issued(tip()) && accept()) || extend()) {
    return std::nullopt;
  }
  return refused_ ? refused_ : incomplete_;
}

bool PathBuilder::extend() {
  const Narrator narrator(context_.policy.role, tip(), depth());
  const auto anchors = candidates(all_of(trust_.roots().get()), tip());
  auto issuers = candidates(presented_, tip());
  std::erase_if(issuers, [&](const mbedtls_x509_crt* one) { return is_on_path(*one); });
  const auto weak = weak_hash(tip());
  if (weak && !(anchors.empty() && issuers.empty())) {
    // Nobody's signature by that hash counts, so it is not even looked at.
    keep_graver(refused_, narrator.about(VerifyReason::weak_signature,
                                         fmt::format("is signed with {}, which is too weak", *weak)));
    return false;
  }
  for (const mbedtls_x509_crt* anchor : anchors) {
    if (try_anchor(*anchor)) {
      return true;
    }
  }
  if (path_.size() >= longest_path) {
    note_incomplete(narrator.about(VerifyReason::too_deep, "ends a chain that is too long"));
    return false;
  }
  bool any_signed = false;
  for (const mbedtls_x509_crt* issuer : issuers) {
    if (!signed_by(*issuer)) {
      continue;
    }
    any_signed = true;
    path_.push_back(issuer);
    if (extend()) {
      return true;
    }
    path_.pop_back();
  }
  if (signatures_ >= most_signatures) {
    note_incomplete(
        narrator.about(VerifyReason::too_deep, "comes with a chain that takes too much work to follow"));
  } else if (!any_signed) {
    note_incomplete(narrator.untrusted(trust_, !issuers.empty()));
  }
  return false;
}

bool PathBuilder::try_anchor(const mbedtls_x509_crt& anchor) {
  if (!signed_by(anchor)) {
    return false;
  }
  path_.push_back(&anchor);
  const bool accepted = accept();
  path_.pop_back();
  return accepted;
}

/// The path is complete: is it good?
bool PathBuilder::accept() {
  TimePoint until = TimePoint::max();
  auto finding = check_path(path_, context_);
  keep_graver(finding, check_revocation(until));
  if (finding) {
    // The least grave of several paths is the one to mend.
    if (!refused_ || refused_->reason < finding->reason) {
      refused_ = std::move(finding);
    }
    return false;
  }
  for (const mbedtls_x509_crt* certificate : path_) {
    until = std::min(until, to_time_point(certificate->valid_to));
  }
  valid_until_ = until;
  return true;
}

std::optional<Finding> PathBuilder::check_revocation(TimePoint& until) const {
  std::optional<Finding> gravest;
  for (std::size_t at = 0; at + 1 < path_.size(); ++at) {
    auto found =
        trust_.revocation().check(*path_[at], *path_[at + 1], context_.at, trust_.signatures(), until);
    if (!found) {
      continue;
    }
    if (found->reason == VerifyReason::revoked) {
      keep_graver(gravest,
                  Narrator(context_.policy.role, *path_[at], at).about(found->reason, found->sentence));
    } else {
      keep_graver(gravest, Finding{found->reason, std::move(found->sentence), at});
    }
  }
  return gravest;
}

bool PathBuilder::signed_by(const mbedtls_x509_crt& issuer) {
  return signatures_++ < most_signatures && is_signed_by(tip(), issuer, trust_.signatures());
}

/// The same key under the same name twice leads nowhere new.
bool PathBuilder::is_on_path(const mbedtls_x509_crt& certificate) const {
  return std::any_of(path_.begin(), path_.end(), [&](const mbedtls_x509_crt* other) {
    return same_octets(other->raw, certificate.raw) ||
           (same_octets(other->subject_raw, certificate.subject_raw) &&
            same_octets(other->pk_raw, certificate.pk_raw));
  });
}

void PathBuilder::note_incomplete(Finding finding) {
  if (!incomplete_ || incomplete_->depth < finding.depth) {
    incomplete_ = std::move(finding);
  }
}

}  // namespace persona::identity
