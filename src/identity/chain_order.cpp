#include "chain_order.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "words.hpp"

namespace persona::identity {

namespace {

// Only whether a signature is the issuer's: how strong it is, is another finding.
constexpr mbedtls_x509_crt_profile any_algorithm{0xfffffff, 0xfffffff, 0xfffffff, 0};

struct Link {
  const mbedtls_x509_crt* certificate;
  std::string subject;
  std::string issuer;
  bool used = false;  // it has its place
  bool told = false;  // a sentence of `broken` names it
};

ByteView der_of(const mbedtls_x509_crt& certificate) {
  return {certificate.raw.p, certificate.raw.len};
}

/// By names, being a CA, key usage and signature.
bool is_issued_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer) {
  CertificateList child;  // alone, so that mbedTLS has no other issuer to choose
  CertificateList parent;
  if (!child.append_der(der_of(certificate)) || !parent.append_der(der_of(issuer))) {
    return false;
  }
  std::uint32_t flags = 0;
  mbedtls_x509_crt_verify_with_profile(child.get(), parent.get(), nullptr, &any_algorithm, nullptr, &flags,
                                       nullptr, nullptr);
  return (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;  // its dates are another finding
}

std::string why_not(const Link& child, const Link& parent) {
  if (parent.certificate->version == 3 && mbedtls_x509_crt_get_ca_istrue(parent.certificate) != 1) {
    return fmt::format("the chain does not build: {} is the issuer of {} by its name, but no CA certificate",
                       parent.subject, display_name(*child.certificate));
  }
  return fmt::format(
      "the chain does not build: {} is the issuer of {} by its name, but its key did not sign it; get the "
      "intermediate certificates anew from who issued it",
      parent.subject, display_name(*child.certificate));
}

class Orderer {
 public:
  Orderer(std::vector<Link> links, OrderedChain& result) : links_(std::move(links)), result_(result) {}

  std::vector<const mbedtls_x509_crt*> order(std::size_t leaf) {
    place(leaf);
    for (Link& link : links_) {
      if (!link.used) {
        order_.push_back(link.certificate);
        if (!link.told) {
          result_.unrelated.push_back(display_name(*link.certificate));
        }
      }
    }
    return std::move(order_);
  }

 private:
  /// Depth first, so that a whole path comes before an alternative to its end.
  void place(std::size_t index) {
    Link& child = links_[index];
    child.used = true;
    order_.push_back(child.certificate);
    if (child.issuer == child.subject) {
      return;  // the end of a path
    }
    bool found = false;
    Link* impostor = nullptr;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& parent = links_[i];
      if (&parent == &child || parent.subject != child.issuer) {
        continue;
      }
      if (is_issued_by(*child.certificate, *parent.certificate)) {
        found = true;
        if (!parent.used) {
          place(i);
        }
      } else {
        impostor = &parent;
      }
    }
    if (!found && impostor != nullptr) {
      impostor->told = true;
      result_.broken.push_back(why_not(child, *impostor));
    }
  }

  std::vector<Link> links_;
  OrderedChain& result_;
  std::vector<const mbedtls_x509_crt*> order_;
};

}  // namespace

Result<OrderedChain> order_chain(const CertificateList& file, const mbedtls_x509_crt& leaf) {
  OrderedChain result;
  std::vector<Link> links;
  std::size_t leaf_index = 0;
  for (const mbedtls_x509_crt* each = file.get(); each != nullptr; each = each->next) {
    const bool known = std::any_of(links.begin(), links.end(), [&](const Link& other) {
      return as_text(der_of(*other.certificate)) == as_text(der_of(*each));
    });
    if (known) {
      result.duplicates.push_back(display_name(*each));
      continue;
    }
    if (each == &leaf) {
      leaf_index = links.size();
    }
    links.push_back({each, name_in_words(each->subject), name_in_words(each->issuer)});
  }
  std::vector<const mbedtls_x509_crt*> before;
  before.reserve(links.size());
  for (const Link& link : links) {
    before.push_back(link.certificate);
  }
  const auto order = Orderer(std::move(links), result).order(leaf_index);
  result.reordered = order != before;
  for (const mbedtls_x509_crt* certificate : order) {
    if (auto appended = result.chain.append_der(der_of(*certificate)); !appended) {
      return tl::unexpected(appended.error());
    }
  }
  return result;
}

}  // namespace persona::identity
