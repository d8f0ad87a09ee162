#include "chain_order.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "persona/trust/signature.hpp"
#include "persona/x509/der_reader.hpp"
#include "persona/x509/distinguished_name.hpp"

namespace persona::identity {

namespace {

struct Link {
  const mbedtls_x509_crt* certificate;
  bool used = false;  // already in the order
  bool told = false;  // a sentence of `broken` names it
};

bool names_as_issuer(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer) {
  return x509::same_distinguished_name(x509::bytes_of(certificate.issuer_raw),
                                       x509::bytes_of(issuer.subject_raw));
}

bool may_issue(const mbedtls_x509_crt& certificate) {
  constexpr int version_3 = 3;  // earlier ones have no extensions to say so
  return certificate.version < version_3 ||
         (mbedtls_x509_crt_get_ca_istrue(&certificate) == 1 &&
          mbedtls_x509_crt_check_key_usage(&certificate, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0);
}

std::string why_not(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer) {
  const std::string_view reason =
      may_issue(issuer)
          ? "its key did not sign it; get the intermediate certificates again from whoever issued it"
          : "it may not issue certificates (its basicConstraints or keyUsage)";
  return fmt::format("the chain does not build: {} is the issuer of {} by its name, but {}",
                     x509::display_name(issuer), x509::display_name(certificate), reason);
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
          result_.unrelated.push_back(x509::display_name(*link.certificate));
        }
      }
    }
    return std::move(order_);
  }

 private:
  /// Depth first, so that one complete path comes before any alternative to its end.
  void place(std::size_t index) {
    links_[index].used = true;
    const mbedtls_x509_crt& child = *links_[index].certificate;
    order_.push_back(&child);
    if (names_as_issuer(child, child)) {
      return;  // the end of a path
    }
    bool found = false;
    Link* impostor = nullptr;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& parent = links_[i];
      if (i == index || !names_as_issuer(child, *parent.certificate)) {
        continue;
      }
      if (is_issued_by(child, *parent.certificate)) {
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
      result_.broken.push_back(why_not(child, *impostor->certificate));
    }
  }

  /// A weak signature is not checked here: own_findings() refuses it with a better sentence.
  bool is_issued_by(const mbedtls_x509_crt& certificate, const mbedtls_x509_crt& issuer) {
    return may_issue(issuer) && (trust::weak_hash(certificate).has_value() ||
                                 trust::is_signed_by(certificate, issuer, signatures_));
  }

  trust::SignatureCache signatures_;
  std::vector<Link> links_;
  OrderedChain& result_;
  std::vector<const mbedtls_x509_crt*> order_;
};

}  // namespace

Result<OrderedChain> order_chain(const x509::CertificateList& file, const mbedtls_x509_crt& leaf) {
  OrderedChain result;
  std::vector<Link> links;
  std::size_t leaf_index = 0;
  for (const mbedtls_x509_crt* each = file.get(); each != nullptr; each = each->next) {
    const bool known = std::any_of(links.begin(), links.end(), [&](const Link& other) {
      return as_text(x509::bytes_of(other.certificate->raw)) == as_text(x509::bytes_of(each->raw));
    });
    if (known) {
      result.duplicates.push_back(x509::display_name(*each));
      continue;
    }
    if (each == &leaf) {
      leaf_index = links.size();
    }
    links.push_back({each});
  }
  std::vector<const mbedtls_x509_crt*> before;
  before.reserve(links.size());
  for (const Link& link : links) {
    before.push_back(link.certificate);
  }
  const auto order = Orderer(std::move(links), result).order(leaf_index);
  result.reordered = order != before;
  for (const mbedtls_x509_crt* certificate : order) {
    if (auto appended = result.chain.append_der(x509::bytes_of(certificate->raw)); !appended) {
      return tl::unexpected(appended.error());
    }
  }
  return result;
}

}  // namespace persona::identity
