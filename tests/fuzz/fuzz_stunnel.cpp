// Any bytes as a configuration of stunnel: no crash, no hang; what comes of it is bounded, can be shown, and
// is a configuration that persona's own parser takes, but for files that
// are not there. Files that it includes are the same bytes, so that they
// include themselves.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string>

#include "persona/base/text.hpp"
#include "persona/config/load.hpp"
#include "persona/importing/stunnel.hpp"

using namespace persona;

namespace {

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// The files are not there, and their names may be anything.
bool names_a_file(std::string_view message) {
  constexpr std::string_view keys[] = {
      "identity.certificate: ",      "identity.private_key: ", "trust.ca: ", "trust.ca[", "trust.crl: ",
      "gateway.via.password_file: ", "tls.ticket_keys: ",      "log.file: "};
  return std::any_of(std::begin(keys), std::end(keys),
                     [message](std::string_view key) { return message.starts_with(key); });
}

class Bytes final : public importing::Surroundings {
 public:
  explicit Bytes(std::string text) : text_(std::move(text)) {}

  Result<std::string> read(const std::filesystem::path&) override { return text_; }
  Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) override {
    if (folder == "nowhere") {
      return fail(ErrorKind::configuration, "cannot read the folder nowhere");
    }
    return std::vector<std::filesystem::path>{folder / "01234567.0"};
  }
  std::vector<std::string> pins_in(const std::filesystem::path& file) override {
    return file == "pins" ? std::vector<std::string>{"sha256//MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
                          : std::vector<std::string>();
  }

 private:
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(std::string(reinterpret_cast<const char*>(data), size));
  const auto imported = importing::import_stunnel("stunnel.conf", bytes);
  if (!imported) {
    expect(!imported.error().message.empty() &&
           printable(imported.error().message) == imported.error().message);
    return 0;
  }
  expect(imported->remarks.size() <= importing::most_remarks);
  for (const importing::Remark& remark : imported->remarks) {
    expect(remark.line > 0 && printable(remark.sentence) == remark.sentence);
  }
  std::set<std::string> names;
  for (const importing::ImportedService& service : imported->services) {
    expect(names.insert(service.name).second);
    const config::Loaded loaded = config::parse(service.name + ".yaml", service.yaml);
    for (const config::Diagnostic& found : loaded.report.diagnostics()) {
      expect(found.severity == config::Diagnostic::Severity::warning || names_a_file(found.message));
    }
  }
  return 0;
}
