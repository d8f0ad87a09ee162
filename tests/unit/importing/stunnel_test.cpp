#include "persona/importing/stunnel.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "importing/stunnel_options.hpp"

using namespace persona;
using namespace persona::importing;

namespace {

class InMemory final : public Surroundings {
 public:
  explicit InMemory(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string> read(const std::filesystem::path& file) override {
    const auto found = files_.find(file.generic_string());
    if (found == files_.end()) {
      return fail(ErrorKind::configuration, "cannot read {}: gone", file.generic_string());
    }
    return found->second;
  }
  Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) override {
    std::vector<std::filesystem::path> found;
    for (const auto& [name, text] : files_) {
      if (name.starts_with(folder.generic_string() + "/")) {
        found.emplace_back(name);
      }
    }
    return found;
  }
  std::vector<std::string> pins_in(const std::filesystem::path&) override { return {}; }

 private:
  std::map<std::string, std::string> files_;
};

Result<Imported> import_text(const std::string& text) {
  InMemory surroundings({{"a.conf", text}});
  return import_stunnel("a.conf", surroundings);
}

std::string yaml_of_client(const std::string& more) {
  const auto imported = import_text(
      "[a]\nclient = yes\naccept = 127.0.0.1:1\nconnect = b.example.com:2\ncert = a.pem\nCAfile = ca.pem\n"
      "verifyChain = yes\ncheckHost = b.example.com\n" +
      more);
  REQUIRE(imported.has_value());
  return imported->services.at(0).yaml;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("case, blanks, a byte order mark and CR LF make no difference") {
  const auto plain = import_text("[a]\naccept = 1\nconnect = 2\ncert = a.pem\n");
  const auto other =
      import_text("\xef\xbb\xbf  [a] \r\n\tACCEPT=1\r\nConnect\t=  2 \r\n# x\r\n; y\r\n\r\ncert = a.pem");
  REQUIRE(plain.has_value());
  REQUIRE(other.has_value());
  CHECK(plain->services.at(0).yaml == other->services.at(0).yaml);
  CHECK(has(plain->services.at(0).yaml, "\nlisten: 0.0.0.0:1\nservice: localhost:2\n"));
}

TEST_CASE("the last one of an option counts, and a service's own before the default of all") {
  const std::string yaml = yaml_of_client("TIMEOUTidle = 5\nTIMEOUTidle = 7\n");
  CHECK(has(yaml, "idle: 7s"));
  const auto imported = import_text(
      "TIMEOUTidle = 9\nclient = no\n[a]\nTIMEOUTidle = 8\nclient = yes\naccept = 1\nconnect = h:2\n");
  REQUIRE(imported.has_value());
  CHECK(has(imported->services.at(0).yaml, "idle: 8s"));
  CHECK(has(imported->services.at(0).yaml, "gateway:\n  address: h:2\n"));
}

TEST_CASE("a client that was not verified is not let in by what was written about it") {
  const auto imported = import_text("[a]\naccept = 1\nconnect = 2\ncert = a\nCAfile = c\nverify = 4\n");
  REQUIRE(imported.has_value());
  CHECK(has(imported->services.at(0).yaml, "pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"));
  CHECK_FALSE(imported->is_complete());
}

TEST_CASE("values are quoted where YAML would take them for something else") {
  CHECK(has(yaml_of_client("output = a b # c\n"), "\n  file: \"a b # c\"\n"));
  CHECK(has(yaml_of_client("output = \"x\": y\\z\n"), "\n  file: \"\\\"x\\\": y\\\\z\"\n"));
  CHECK(has(yaml_of_client("key = *a\n"), "\n  private_key: \"*a\"\n"));
}

TEST_CASE("a host named unix would be taken for a socket's path: there is no configuration") {
  for (const char* places : {"accept = unix:1\nconnect = 2\n", "accept = 1\nconnect = unix:2\n"}) {
    CAPTURE(places);
    const auto imported = import_text(std::string("[a]\ncert = a.pem\n") + places);
    REQUIRE(imported.has_value());
    CHECK(imported->services.empty());
    CHECK(has(imported->remarks.back().sentence, "write its address"));
  }
}

TEST_CASE("what is said names the file and the line, also of what was included, in their order") {
  InMemory surroundings({{"etc/a.conf", "pid = /x\ninclude = d\n"},
                         {"etc/d/1", "[a]\naccept = 1\nconnect = 2\ncert = a.pem\ndelay = yes\n"},
                         {"etc/d/2", "[a]\naccept = 3\nconnect = 4\ncert = /a.pem\n"}});
  const auto imported = import_stunnel("etc/a.conf", surroundings);
  REQUIRE(imported.has_value());
  REQUIRE(imported->services.size() == 2);
  CHECK(imported->services[0].name == "a");
  CHECK(imported->services[1].name == "a-2");
  std::vector<std::string> places;
  for (const Remark& remark : imported->remarks) {
    places.push_back(remark.file.generic_string() + ":" + std::to_string(remark.line));
  }
  CHECK(places ==
        std::vector<std::string>{"etc/a.conf:1", "etc/d/1:1", "etc/d/1:4", "etc/d/1:5", "etc/d/2:1"});
}

TEST_CASE("a default of all services is spoken of once") {
  const auto imported = import_text(
      "local = 10.0.0.1\ncert = /a\n[a]\naccept = 1\nconnect = 2\n[b]\naccept = 3\nconnect = 4\n");
  REQUIRE(imported.has_value());
  CHECK(std::count_if(imported->remarks.begin(), imported->remarks.end(),
                      [](const Remark& remark) { return remark.fate == Fate::left_out; }) == 1);
}

TEST_CASE("a file with too much to say of ends") {
  std::string text = "[a]\naccept = 1\nconnect = 2\n";
  for (std::size_t i = 0; i <= most_remarks; ++i) {
    text += "unknown = yes\n";
  }
  const auto imported = import_text(text);
  REQUIRE_FALSE(imported.has_value());
  CHECK(has(imported.error().message, "more than 2000 remarks"));
}

TEST_CASE("a password or a PIN is nowhere in what is written or said") {
  const auto imported = import_text(
      "engineCtrl = PIN:geheim\n[a]\nclient = yes\naccept = 1\nconnect = p:3128\nprotocol = connect\n"
      "protocolHost = h:2\nprotocolUsername = u\nprotocolPassword = geheim\n"
      "cert = pkcs11:object=c\nkey = pkcs11:object=k?pin-value=geheim\nPSKsecrets = geheim\n"
      "ticketKeySecret = geheim\nticketMacSecret = geheim\n");
  REQUIRE(imported.has_value());
  CHECK_FALSE(has(imported->services.at(0).yaml, "geheim"));
  for (const Remark& remark : imported->remarks) {
    CHECK_FALSE(has(remark.sentence, "geheim"));
  }
}

TEST_CASE("the table has each option once, and a name in each row") {
  for (const StunnelOption& option : stunnel_options()) {
    CHECK(find_stunnel_option(option.name) == &option);
    CHECK_FALSE(option.words.empty());
    CHECK((option.carry != nullptr));
  }
  CHECK(find_stunnel_option("CAFILE") == find_stunnel_option("cafile"));
  CHECK(find_stunnel_option("CAfil") == nullptr);
}
