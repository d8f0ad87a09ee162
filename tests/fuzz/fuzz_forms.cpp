// Files in any encoding and form: what is made of UTF-16 and of PEM, and what is said of forms that we do not
// read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/text.hpp"
#include "persona/x509/certificate.hpp"
#include "persona/x509/crypto.hpp"
#include "persona/x509/foreign_form.hpp"
#include "persona/x509/odd_certificate.hpp"
#include "persona/x509/pem.hpp"
#include "persona/x509/text_encoding.hpp"

using namespace persona;
using namespace persona::x509;

namespace {

void demand(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = initialise_crypto().has_value();
  demand(ready);
  const Secret content = as_utf8(Secret(as_text({data, size})));
  demand(content.view().size() <= size / 2 * 3 + 1);
  for (const Wanted wanted : {Wanted::identity, Wanted::ca, Wanted::private_key, Wanted::crl}) {
    const auto sentence = foreign_form(content.view(), "file", wanted);
    demand(!sentence || printable(*sentence) == *sentence);
  }
  if (const auto blocks = find_pem_blocks(content.view())) {
    for (const PemBlock& block : *blocks) {
      const Secret once = plain_pem(block.text, block.label);
      demand(plain_pem(once.view(), block.label).view() == once.view());
      static_cast<void>(pem_content(block.text, block.label));
    }
  }
  CertificateList list;
  demand(list.append_pem(content.view()).has_value() != list.empty());
  std::vector<std::string> left_out;
  CertificateList readable;
  const bool read = readable.append_readable_pem(content.view(), "file", left_out).has_value();
  demand(read == (!readable.empty() || (read && !left_out.empty())));
  if (const auto odd = describe_odd_certificate(as_bytes(content.view()))) {
    demand(!odd->name.empty() && printable(odd->name) == odd->name);
  }
  return 0;
}
