#include "persona/x509/pem.hpp"

#include <algorithm>

#include <mbedtls/pem.h>

#include "persona/x509/words.hpp"

namespace persona::x509 {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

/// Every line without the blanks around it. What is left of the header's own line is dropped if it is blank.
template <class Put>
void put_lines(std::string_view body, Put put) {
  for (bool first = true; !body.empty(); first = false) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const std::size_t start = line.find_first_not_of(blanks);
    if (start != std::string_view::npos) {
      put(line.substr(start, line.find_last_not_of(blanks) + 1 - start));
    }
    if (start != std::string_view::npos || !first) {
      put("\n");
    }
  }
}

}  // namespace

Result<std::vector<PemBlock>> find_pem_blocks(std::string_view text) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view dashes = "-----";
  std::vector<PemBlock> blocks;
  std::size_t line = 1;
  std::size_t counted = 0;  // the part of `text` whose lines are counted

  for (std::size_t start = text.find(begin); start != std::string_view::npos;) {
    line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                                text.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
    counted = start;
    const std::size_t label_start = start + begin.size();
    const std::size_t label_end = text.find(dashes, label_start);
    if (label_end == std::string_view::npos) {
      return fail(ErrorKind::configuration, "has a PEM block that is cut off (line {})", line);
    }
    const std::string_view label = text.substr(label_start, label_end - label_start);
    const std::size_t next = text.find(begin, label_end);
    const std::string footer = fmt::format("-----END {}-----", label);
    const std::size_t footer_start = text.find(footer, label_end);
    if (footer_start == std::string_view::npos || footer_start > next) {
      // Does not quote the label, which may be as long as the file.
      const bool certificate = label == "CERTIFICATE";
      return fail(ErrorKind::configuration, "has a {} without its -----END line (line {})",
                  certificate ? "certificate" : "PEM block", line);
    }
    std::size_t end = text.find('\n', footer_start);
    end = end == std::string_view::npos ? text.size() : end + 1;
    blocks.push_back({label, text.substr(start, end - start), line});
    start = next;
  }
  return blocks;
}

Secret plain_pem(std::string_view text, std::string_view label) {
  const std::string header = fmt::format("-----BEGIN {}-----", label);
  const std::string footer = fmt::format("-----END {}-----", label);
  const std::size_t end = text.find(footer, std::min(header.size(), text.size()));
  if (!text.starts_with(header) || end == std::string_view::npos) {
    return Secret(text);  // mbedTLS refuses it
  }
  const std::string_view body = text.substr(header.size(), end - header.size());
  Secret plain(text.size() + 3);  // three line ends may be new
  char* at = plain.data();
  const auto put = [&](std::string_view piece) { at = std::copy(piece.begin(), piece.end(), at); };
  put(header);
  put("\n");
  if (body.find(':') != std::string_view::npos) {
    put_lines(body, put);
  } else {
    at = std::copy_if(body.begin(), body.end(), at,
                      [](char character) { return blanks.find(character) == std::string_view::npos; });
    put("\n");
  }
  put(footer);
  put("\n");
  plain.shrink(static_cast<std::size_t>(at - plain.data()));
  return plain;
}

Result<Secret> secret_pem_content(std::string_view block, std::string_view label) {
  const Secret text = plain_pem(block, label);
  const std::string header = fmt::format("-----BEGIN {}-----", label);
  const std::string footer = fmt::format("-----END {}-----", label);
  mbedtls_pem_context pem;
  mbedtls_pem_init(&pem);
  std::size_t used = 0;
  const int status =
      mbedtls_pem_read_buffer(&pem, header.c_str(), footer.c_str(), text.octets(), nullptr, 0, &used);
  Secret content;
  if (status == 0) {
    std::size_t size = 0;
    const unsigned char* data = mbedtls_pem_get_buffer(&pem, &size);
    content = Secret(as_text({data, size}));
  }
  mbedtls_pem_free(&pem);  // zeroises
  if (status != 0) {
    return fail(ErrorKind::configuration, "{}", mbedtls_reason(status));
  }
  return content;
}

Result<Bytes> pem_content(std::string_view block, std::string_view label) {
  const auto content = secret_pem_content(block, label);
  if (!content) {
    return tl::unexpected(content.error());
  }
  const ByteView bytes = as_bytes(content->view());
  return Bytes(bytes.begin(), bytes.end());
}

bool is_private_key(const PemBlock& block) {
  return block.label.ends_with("PRIVATE KEY");
}

std::string_view instead_of_certificate(const std::vector<PemBlock>& blocks) {
  const auto has = [&](std::string_view label) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const PemBlock& block) { return block.label == label; });
  };
  if (std::any_of(blocks.begin(), blocks.end(), is_private_key)) {
    return "a private key, not a certificate";
  }
  if (has("CERTIFICATE REQUEST") || has("NEW CERTIFICATE REQUEST")) {
    return "a certificate request, not a certificate";
  }
  if (has("PKCS7")) {
    return "a PKCS#7 bundle, not a certificate";
  }
  return "no certificate";
}

}  // namespace persona::x509
