#include "persona/x509/extensions.hpp"

#include <algorithm>
#include <array>

#include <mbedtls/oid.h>

#include "persona/x509/der_reader.hpp"

namespace persona::x509 {

namespace {

// The extensions that mbedTLS or we process. Certificate policies restrict nothing unless the verifier
// demands one, and we demand none.
constexpr std::array known_critical = {
    oid::subject_key_identifier,   oid::key_usage,          oid::subject_alternative_name,
    oid::basic_constraints,        oid::name_constraints,   oid::certificate_policies,
    oid::authority_key_identifier, oid::extended_key_usage, oid::authority_information_access};

std::optional<Extension> read_one(ByteView content) {
  DerReader fields(content);
  Extension extension;
  const auto id = fields.take(MBEDTLS_ASN1_OID);
  if (!id) {
    return std::nullopt;
  }
  extension.oid = *id;
  if (fields.next_is(MBEDTLS_ASN1_BOOLEAN)) {
    const auto critical = fields.take(MBEDTLS_ASN1_BOOLEAN);
    if (!critical || critical->size() != 1) {
      return std::nullopt;
    }
    extension.critical = critical->front() != 0;
  }
  const auto value = fields.take(MBEDTLS_ASN1_OCTET_STRING);
  if (!value || !fields.empty()) {
    return std::nullopt;
  }
  extension.value = *value;
  return extension;
}

}  // namespace

std::optional<Extensions> Extensions::read(ByteView bytes) {
  Extensions extensions;
  if (bytes.empty()) {
    return extensions;
  }
  DerReader outer(bytes);
  const auto content = outer.take(DerReader::sequence);
  if (!content || !outer.empty()) {
    return std::nullopt;
  }
  for (DerReader list(*content); !list.empty();) {
    const auto item = list.take(DerReader::sequence);
    const auto extension = item ? read_one(*item) : std::nullopt;
    if (!extension || extensions.find(as_text(extension->oid)) != nullptr) {
      return std::nullopt;
    }
    extensions.all_.push_back(*extension);
  }
  return extensions;
}

const Extension* Extensions::find(std::string_view oid) const {
  const auto found = std::find_if(
      all_.begin(), all_.end(), [oid](const Extension& extension) { return as_text(extension.oid) == oid; });
  return found == all_.end() ? nullptr : &*found;
}

bool Extensions::is_critical(std::string_view oid) const {
  const Extension* extension = find(oid);
  return extension != nullptr && extension->critical;
}

bool is_known(const Extension& extension) {
  return std::find(known_critical.begin(), known_critical.end(), as_text(extension.oid)) !=
         known_critical.end();
}

std::string oid_in_words(ByteView oid) {
  std::array<char, 256> text{};
  mbedtls_asn1_buf buffer{};
  buffer.p = const_cast<unsigned char*>(oid.data());  // mbedTLS only reads
  buffer.len = oid.size();
  return mbedtls_oid_get_numeric_string(text.data(), text.size(), &buffer) > 0 ? text.data() : "?";
}

}  // namespace persona::x509
