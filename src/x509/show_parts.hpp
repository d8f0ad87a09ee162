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

/// One line: what it is, indented, and what it is here. A repeated label is left out.
class ShownLines {
 public:
  void title(std::string_view text);
  void row(std::string_view label, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string last_;
};

/// `chain`: all certificates of the file, in its order; `index`: of the one to show.
void show_certificate(const std::vector<ReadCertificate>& chain, std::size_t index, ShownLines& lines);

/// "permitted: DNS example.com; excluded: IP 10.0.0.0/255.0.0.0", of the value of a nameConstraints
/// extension.
std::string name_constraints_in_words(ByteView value);

void show_crl(const ReadCrl& crl, ShownLines& lines);

/// `chain`: a certificate in it that the key belongs to is named.
void show_private_key(const mbedtls_pk_context& key, bool encrypted,
                      const std::vector<ReadCertificate>& chain, ShownLines& lines);

/// What is in a PKCS#12 file. Without a password only that it is one.
Result<void> describe_pkcs12(ByteView der, std::optional<std::string_view> password, ShownLines& lines);

}  // namespace persona::x509
