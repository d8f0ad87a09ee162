// Any bytes as a configuration of stunnel: no crash, no hang; what comes of it is bounded, can be shown, and
// is a configuration that persona's own parser takes. Files that it includes are the same bytes, so that they
// include themselves.
#include <cstdint>
#include <cstdlib>
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
    expect(!loaded.report.has_errors());
  }
  return 0;
}
