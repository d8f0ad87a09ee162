#include "path_builder.hpp"

#include <algorithm>

#include "persona/trust/signature.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/key_bounds.hpp"
#include "persona/x509/words.hpp"
#include "revocation.hpp"

namespace persona::trust {

namespace {

std::size_t length_of(const mbedtls_x509_crt* list) {
  std::size_t length = 0;
  for (; list != nullptr; list = list->next) {
    ++length;
  }
  return length;
}

bool is_one_of(const mbedtls_x509_crt& certificate, const x509::CertificateList& list) {
  const ByteView wanted = x509::bytes_of(certificate.raw);
  for (const mbedtls_x509_crt* each = list.get(); each != nullptr; each = each->next) {
    const ByteView raw = x509::bytes_of(each->raw);
    if (std::equal(raw.begin(), raw.end(), wanted.begin(), wanted.end())) {
      return true;
    }
  }
  return false;
}

PeerPath links_of(const Path& path) {
  PeerPath links;
  for (std::size_t depth = 0; depth + 1 < path.size(); ++depth) {
    const ByteView issuer = x509::bytes_of(path[depth + 1]->raw);
    links.push_back({serial_octets(path[depth]->serial), Bytes(issuer.begin(), issuer.end())});
  }
  return links;
}

void keep_deeper(std::optional<Finding>& deepest, Finding found) {
  if (!deepest || deepest->depth < found.depth) {
    deepest = std::move(found);
  }
}

}  // namespace

PathBuilder::PathBuilder(const TrustStore& trust, const mbedtls_x509_crt& presented,
                         const CheckContext& context)
    : trust_(trust), context_(context), graph_(trust, presented) {}

std::optional<Finding> PathBuilder::search() {
  const mbedtls_x509_crt& leaf = at(0);
  if (const std::size_t others = length_of(leaf.next); others >= most_presented) {
    return narrator(0).about(VerifyReason::too_deep,
                             fmt::format("comes with {} other certificates, which is too many", others));
  }
  // A self-signed certificate that is itself in trust.ca is its own anchor. A longer path would ask for more.
  if (is_self_issued(leaf) && is_one_of(leaf, trust_.roots())) {
    return accept({&leaf}) ? std::nullopt : refused_;
  }
  if (climb()) {
    return std::nullopt;
  }
  if (!refused_ && !exhausted_ && !unsigned_ && !incomplete_) {
    path_ = {0};
    steps_ = 0;
    find_dead_ends();
    exhausted_ = false;  // this search was only for the words of the refusal
  }
  if (refused_) {
    return refused_;
  }
  if (exhausted_) {
    return narrator(0).about(VerifyReason::too_deep, "comes with a chain that takes too much work to follow");
  }
  if (unsigned_) {
    return unsigned_;
  }
  return incomplete_ ? incomplete_ : narrator(0).untrusted(trust_, false);
}

/// Is there an acceptable path that begins with path_?
bool PathBuilder::climb() {
  if (!may_step() || refuses_hash()) {
    return false;
  }
  const IssuerGraph::Node& node = graph_[path_.back()];
  for (const mbedtls_x509_crt* anchor : node.anchors) {
    if (!graph_.is_cut(path_.back(), *anchor) && try_anchor(*anchor)) {
      return true;
    }
    if (exhausted_ || is_broken()) {
      return false;
    }
  }
  if (path_.size() >= longest_path) {
    keep_deeper(incomplete_, narrator(tip()).about(VerifyReason::too_deep, "ends a chain that is too long"));
    return false;
  }
  for (const std::size_t issuer : node.issuers) {
    if (!graph_[issuer].leads_to_anchor || graph_.is_cut(path_.back(), *graph_[issuer].certificate) ||
        is_on_path(issuer, tip())) {
      continue;
    }
    path_.push_back(issuer);
    const bool found = climb();
    path_.pop_back();
    if (found) {
      return true;
    }
    if (exhausted_ || is_broken()) {
      return false;
    }
  }
  return false;
}

/// The path of names is complete: verifies its signatures from the anchor downwards.
bool PathBuilder::try_anchor(const mbedtls_x509_crt& anchor) {
  const mbedtls_x509_crt* issuer = &anchor;
  for (std::size_t depth = path_.size(); depth-- > 0;) {
    if (const auto defect = x509::key_defect(*issuer)) {
      note_refused(Narrator(context_.policy.role, *issuer, depth + 1).bad_key(*defect));
      graph_.cut(path_[depth], *issuer);
      return false;
    }
    if (!is_verified(path_[depth], *issuer)) {
      if (!exhausted_) {
        keep_deeper(unsigned_, narrator(depth).untrusted(trust_, has_issuer_presented(depth)));
        graph_.cut(path_[depth], *issuer);
      }
      return false;
    }
    issuer = &at(depth);
  }
  Path path;
  for (std::size_t depth = 0; depth < path_.size(); ++depth) {
    path.push_back(&at(depth));
  }
  path.push_back(&anchor);
  return accept(path);
}

/// Call it only for an `issuer` that is already trusted: it uses its key.
bool PathBuilder::is_verified(std::size_t child, const mbedtls_x509_crt& issuer) {
  if (verified_.contains({child, &issuer})) {
    return true;
  }
  if (signatures_ >= most_signatures || bad_signatures_ >= most_bad_signatures) {
    exhausted_ = true;
    return false;
  }
  const Signature found = look_at_signature(*graph_[child].certificate, issuer, trust_.signatures());
  signatures_ += found == Signature::remembered ? 0 : 1;
  if (found == Signature::bad) {
    ++bad_signatures_;
    return false;
  }
  verified_.insert({child, &issuer});
  return true;
}

/// The path is complete and its signatures are good: is it acceptable?
bool PathBuilder::accept(const Path& path) {
  if (++paths_ > most_paths) {
    exhausted_ = true;
    return false;
  }
  x509::TimePoint until = x509::TimePoint::max();
  oddities_.clear();
  auto finding = check_path(path, context_, oddities_);
  keep_graver(finding, check_revocation(path, until));
  if (finding) {
    note_refused(std::move(*finding));
    return false;
  }
  for (const mbedtls_x509_crt* certificate : path) {
    until = std::min(until, x509::to_time_point(certificate->valid_to));
  }
  valid_until_ = until;
  if (context_.policy.keep_path) {
    kept_path_ = std::make_shared<const PeerPath>(links_of(path));
  }
  return true;
}

std::optional<Finding> PathBuilder::check_revocation(const Path& path, x509::TimePoint& until) const {
  std::optional<Finding> gravest;
  for (std::size_t depth = 0; depth + 1 < path.size(); ++depth) {
    auto found =
        trust_.revocation().check(*path[depth], *path[depth + 1], context_.at, trust_.signatures(), until);
    if (!found) {
      continue;
    }
    if (found->reason == VerifyReason::revoked) {
      keep_graver(gravest,
                  Narrator(context_.policy.role, *path[depth], depth).about(found->reason, found->sentence));
    } else {
      Finding finding{found->reason, std::move(found->sentence), depth};
      keep_graver(gravest, std::move(finding));
    }
  }
  return gravest;
}

/// No path of names leads to trust.ca: finds where the longest one ends, for the words of the refusal.
void PathBuilder::find_dead_ends() {
  if (!may_step() || refuses_hash()) {
    return;
  }
  if (path_.size() >= longest_path) {
    keep_deeper(incomplete_, narrator(tip()).about(VerifyReason::too_deep, "ends a chain that is too long"));
    return;
  }
  bool is_end = true;
  for (const std::size_t issuer : graph_[path_.back()].issuers) {
    if (!is_on_path(issuer, tip())) {
      is_end = false;
      path_.push_back(issuer);
      find_dead_ends();
      path_.pop_back();
    }
  }
  if (is_end && (!incomplete_ || incomplete_->depth < tip())) {
    incomplete_ = narrator(tip()).untrusted(trust_, false);
  }
}

bool PathBuilder::may_step() {
  if (++steps_ > most_steps) {
    exhausted_ = true;
  }
  return !exhausted_;
}

/// A signature with a weak hash never counts, so it is not even checked.
bool PathBuilder::refuses_hash() {
  const auto weak = weak_hash(at(tip()));
  if (!weak || (graph_[path_.back()].anchors.empty() && !has_issuer_presented(tip()))) {
    return false;
  }
  keep_graver(refused_, narrator(tip()).about(VerifyReason::weak_signature,
                                              fmt::format("is signed with {}, which is too weak", *weak)));
  return true;
}

/// Did the peer send a certificate of the issuer's name that is not already on the path?
bool PathBuilder::has_issuer_presented(std::size_t depth) const {
  const auto& issuers = graph_[path_[depth]].issuers;
  return std::any_of(issuers.begin(), issuers.end(),
                     [&](std::size_t issuer) { return !is_on_path(issuer, depth); });
}

/// Looks at the path up to `depth`. A CA that is on it under another certificate counts: the same name and
/// key twice would be a loop.
bool PathBuilder::is_on_path(std::size_t index, std::size_t depth) const {
  return std::any_of(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(depth) + 1,
                     [&](std::size_t other) { return graph_[other].holder == graph_[index].holder; });
}

/// Has one of the path's links been cut since it was built?
bool PathBuilder::is_broken() const {
  for (std::size_t depth = 0; depth + 1 < path_.size(); ++depth) {
    if (graph_.is_cut(path_[depth], at(depth + 1))) {
      return true;
    }
  }
  return false;
}

/// The least grave finding is the one to fix: that path came closest.
void PathBuilder::note_refused(Finding finding) {
  if (!refused_ || refused_->reason < finding.reason) {
    refused_ = std::move(finding);
  }
}

}  // namespace persona::trust
