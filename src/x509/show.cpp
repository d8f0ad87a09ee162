#include "persona/x509/show.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <mbedtls/pem.h>

#include "persona/base/path_text.hpp"
#include "persona/base/text.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/file.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/pkcs12.hpp"
#include "persona/x509/serial_number.hpp"
#include "persona/x509/words.hpp"
#include "show_parts.hpp"

namespace persona::x509 {

namespace {

using Chain = std::vector<ReadCertificate>;

constexpr std::uintmax_t file_limit = 1U << 26U;  // the largest are CRLs
constexpr std::size_t shown_entries = 100;

std::string encrypted_key_hint(bool password) {
  return password ? "the password does not decrypt it, or it is encrypted in a way that is not supported"
                  : "name a file with its password with --password-file to see more";
}

class Showing {
 public:
  Showing(std::string source, std::optional<std::string_view> password)
      : source_(std::move(source)), password_(password) {}

  Result<std::string> all(const Secret& content) {
    const auto blocks = find_pem_blocks(content.view());
    if (!blocks) {
      return fail(ErrorKind::configuration, "{} {}", source_, blocks.error().message);
    }
    const auto shown = blocks->empty() ? show_der(content) : show_blocks(*blocks);
    if (!shown) {
      const auto other = foreign_form(content.view(), source_, Wanted::identity);
      return other ? fail(ErrorKind::configuration, "{}", *other) : tl::unexpected(shown.error());
    }
    return source_ + "\n" + lines_.text();
  }

 private:
  tl::unexpected<Error> unreadable(const PemBlock& block, std::string_view what, std::string_view why) const {
    return fail(ErrorKind::configuration, "the {} in {} (line {}) cannot be parsed: {}", what, source_,
                block.line, why);
  }

  // Reads all certificates before any is shown: each is shown with its issuer, and each key with its
  // certificate.
  Result<void> read_chain(const std::vector<PemBlock>& blocks) {
    for (const PemBlock& block : blocks) {
      if (block.label == "CERTIFICATE") {
        const auto der = pem_content(block.text, block.label);
        if (!der) {
          return unreadable(block, "certificate", der.error().message);
        }
        auto read = read_certificate(*der);
        if (!read) {
          return unreadable(block, "certificate", read.error().message);
        }
        chain_.push_back(std::move(*read));
      }
    }
    return {};
  }

  Result<void> show_blocks(const std::vector<PemBlock>& blocks) {
    if (auto read = read_chain(blocks); !read) {
      return read;
    }
    std::size_t index = 0;
    for (const PemBlock& block : blocks) {
      Result<void> shown;
      if (block.label == "CERTIFICATE") {
        show_certificate(chain_, index++, lines_);
      } else if (block.label == "X509 CRL") {
        shown = show_crl_block(block);
      } else if (is_private_key(block)) {
        shown = show_key_block(block);
      } else {
        lines_.title(fmt::format("{} (line {})", escape(block.label.substr(0, 64)), block.line));
        lines_.row("content", "is not shown here");
      }
      if (!shown) {
        return shown;
      }
    }
    return {};
  }

  Result<void> show_crl_block(const PemBlock& block) {
    const auto der = pem_content(block.text, block.label);
    if (!der) {
      return unreadable(block, "CRL", der.error().message);
    }
    const auto crl = read_crl(*der);
    if (!crl) {
      return unreadable(block, "CRL", crl.error().message);
    }
    show_crl(*crl, lines_);
    return {};
  }

  Result<void> show_key_block(const PemBlock& block) {
    const bool encrypted = block.label == "ENCRYPTED PRIVATE KEY" ||
                           block.text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
    const Secret text = plain_pem(block.text, block.label);
    if (const PrivateKey key = parse_key(text.octets(), text.size_with_nul()); key != nullptr) {
      show_private_key(*key, encrypted, chain_, lines_);
      return {};
    }
    if (!encrypted) {
      return unreadable(block, "private key", "it is damaged, or of a kind that is not supported");
    }
    lines_.title("private key, encrypted");
    lines_.row("key", encrypted_key_hint(password_.has_value()));
    return {};
  }

  PrivateKey parse_key(const unsigned char* data, std::size_t size) const {
    PrivateKey key = new_private_key();
    const auto* password = password_ ? reinterpret_cast<const unsigned char*>(password_->data()) : nullptr;
    const int status = mbedtls_pk_parse_key(key.get(), data, size, password,
                                            password_ ? password_->size() : 0, psa_random, nullptr);
    return status == 0 ? std::move(key) : nullptr;
  }

  Result<void> show_der(const Secret& content) {
    const ByteView der = as_bytes(content.view());
    if (der.empty()) {
      return fail(ErrorKind::configuration, "{} is empty", source_);
    }
    if (auto certificate = read_certificate(der)) {
      chain_.push_back(std::move(*certificate));
      show_certificate(chain_, 0, lines_);
      return {};
    }
    if (const auto crl = read_crl(der)) {
      show_crl(*crl, lines_);
      return {};
    }
    if (is_pkcs12(content.view())) {
      return describe_pkcs12(der, password_, lines_);
    }
    if (const PrivateKey key = parse_key(der.data(), der.size()); key != nullptr) {
      show_private_key(*key, false, chain_, lines_);
      return {};
    }
    return fail(ErrorKind::configuration,
                "{} is not a certificate, private key, CRL or PKCS#12 file, in PEM or in DER", source_);
  }

  std::string source_;
  std::optional<std::string_view> password_;
  Chain chain_;
  ShownLines lines_;
};

}  // namespace

void ShownLines::title(std::string_view text) {
  text_ += fmt::format("  {}\n", text);
  last_.clear();
}

void ShownLines::row(std::string_view label, std::string_view value) {
  text_ += fmt::format("    {:<12}{}\n", label == last_ ? "" : label, value);
  last_ = label;
}

void show_crl(const ReadCrl& crl, ShownLines& lines) {
  lines.title("certificate revocation list");
  lines.row("issued by", crl.issuer);
  lines.row("number",
            crl.small_number() > 0 ? std::to_string(crl.small_number()) : crl.number.value_or("(none)"));
  lines.row("from", format_date(crl.this_update));
  const TimePoint at = now();
  if (!crl.next_update) {
    lines.row("until", "(never ends)");
  } else if (*crl.next_update <= at) {
    lines.row("until", fmt::format("{}: out of date", format_date(*crl.next_update)));
  } else {
    const std::int64_t days = days_between(at, *crl.next_update);
    lines.row("until",
              fmt::format("{}: {} day{} left", format_date(*crl.next_update), days, days == 1 ? "" : "s"));
  }
  if (crl.entries.empty()) {
    lines.row("revoked", "nothing");
  }
  for (std::size_t i = 0; i < std::min(shown_entries, crl.entries.size()); ++i) {
    const ReadCrl::Entry& entry = crl.entries[i];
    lines.row("revoked", fmt::format("{} on {} ({})", serial_text(entry.serial), format_date(entry.when),
                                     crl_reason_in_words(entry.reason)));
  }
  if (crl.entries.size() > shown_entries) {
    lines.row("revoked", fmt::format("and {} more, which openssl crl -noout -text -in FILE shows",
                                     crl.entries.size() - shown_entries));
  }
}

Result<std::string> show_content(std::string_view content, std::string_view source,
                                 std::optional<std::string_view> password) {
  return Showing(escape(source), password).all(Secret(content));
}

Result<std::string> show_file(const std::filesystem::path& file,
                              const std::optional<std::filesystem::path>& password_file) {
  std::optional<Secret> password;
  if (password_file) {
    auto read = read_password_file(*password_file);
    if (!read) {
      return tl::unexpected(read.error());
    }
    password = std::move(*read);
  }
  const auto content = read_file(file, file_limit);
  if (!content) {
    return tl::unexpected(content.error());
  }
  Showing showing(printable(path_text(file)), password ? std::optional(password->view()) : std::nullopt);
  return showing.all(*content);
}

}  // namespace persona::x509
