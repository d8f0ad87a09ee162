#include <doctest/doctest.h>

#include "folder.hpp"

using namespace persona::config;
using namespace persona::config::test;

namespace {

std::string find_error(const Folder& folder, const std::filesystem::path& path) {
  const auto files = find_files(path);
  return files ? "none" : folder.with_short_paths(files.error().message);
}

}  // namespace

TEST_CASE("a folder stands for its visible yaml files in order of name") {
  const Folder folder;
  for (const char* name : {"b.yaml", "a.yaml", ".hidden.yaml", "c.yml", "d.yaml~"}) {
    folder.write(name, persona_yaml);
  }
  std::filesystem::create_directory(folder.path() / "e.yaml");
  using Paths = std::vector<std::filesystem::path>;
  CHECK(find_files(folder.path()).value() == Paths{folder.path() / "a.yaml", folder.path() / "b.yaml"});
  CHECK(find_files(folder.path() / "c.yml").value() == Paths{folder.path() / "c.yml"});
}

TEST_CASE("nothing to run is said in words") {
  const Folder folder;
  CHECK(find_error(folder, folder.path()) == "conf: there is no *.yaml file in this folder");
  CHECK(find_error(folder, folder.path() / "x") == "conf/x: no such file or folder");
  CHECK(find_error(folder, folder.path() / "pg.crt" / "x").starts_with("conf/pg.crt/x: "));
}

TEST_CASE("a file is loaded from disk with paths relative to its folder") {
  const Folder folder;
  folder.write("pg.yaml", persona_yaml);
  const Loaded loaded = load(folder.path() / "pg.yaml");
  CHECK(loaded.report.render().empty());
  CHECK(loaded.config.file == folder.path() / "pg.yaml");
  CHECK(loaded.config.identity.private_key.value == folder.path() / "pg.key");
}

TEST_CASE("a file that cannot be read is one finding, at its beginning") {
  const Folder folder;
  const auto findings = [&](const char* name) {
    return folder.with_short_paths(load(folder.path() / name).report.render());
  };
  CHECK(findings("x.yaml") == "conf/x.yaml:1:1: No such file or directory\n");
  CHECK(findings("folder") == "conf/folder:1:1: is a folder, expected a file\n");
  folder.write("large.yaml", std::string(3 << 20, '#'));
  CHECK(findings("large.yaml") == "conf/large.yaml:1:1: the file is larger than 1 MiB\n");
}

TEST_CASE("a file whose name cannot name the service asks for one") {
  const Folder folder;
  const auto findings = [&](const std::string& text) {
    return folder.with_short_paths(parse(folder.path() / "my db.yaml", text).report.render());
  };
  CHECK(findings(persona_yaml) ==
        "conf/my db.yaml:1:1: the file's name \"my db\" cannot name the service; add a \"name\" of 1 to 64 "
        "letters, "
        "digits, '-', '_' or '.'\n");
  CHECK(findings(persona_yaml + "name: my-db\n").empty());
}
