// The parts of `persona pki show`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/certificate_reader.hpp"
#include "persona/x509/crl_reader.hpp"
#include "persona/x509/private_key.hpp"

namespace persona::x509 {

/// Titles, and below them rows of a label and a value. A label that repeats the one above it is left blank.
class ShownLines {
 public:
  void title(std::string_view text);
  void row(std::string_view label, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_;
};

/// `chain`: all certificates of the file, in its order; `index`: the one to show.
void show_certificate(const std::vector<ReadCertificate>& chain, std::size_t index, ShownLines& lines);

/// The value of a nameConstraints extension as "permitted: DNS example.com; excluded: IP
/// 10.0.0.0/255.0.0.0".
std::string name_constraints_in_words(ByteView value);

void show_crl(const ReadCrl& crl, ShownLines& lines);

/// Says which certificate of `chain`, if any, the key belongs to.
void show_private_key(const mbedtls_pk_context& key, bool encrypted,
                      const std::vector<ReadCertificate>& chain, ShownLines& lines);

/// What is in a PKCS#12 file; only that it is one, if it needs a password and none is given.
Result<void> describe_pkcs12(ByteView der, std::optional<std::string_view> password, ShownLines& lines);

}  // namespace persona::x509
