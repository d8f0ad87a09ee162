// A folder with the files that configurations name, and the configuration text the tests have in common.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/temporary_folder.hpp"
#include "persona/config/load.hpp"

namespace persona::config::test {

inline const std::string rest =
    "identity: {certificate: pg.crt, private_key: pg.key}\n"
    "trust: {ca: ca.crt}\n";
inline const std::string persona_yaml = "listen: 127.0.0.1:5432\ngateway: db.example.com:5433\n" + rest;
inline const std::string gateway_yaml = "listen: 0.0.0.0:5433\nservice: 127.0.0.1:5432\n" + rest;

/// A new folder, gone with the object. Has pg.crt, pg.key, ca.crt, next-ca.crt and a folder named "folder".
class Folder : public support::TemporaryFolder {
 public:
  Folder() {
    for (const char* name : {"pg.crt", "pg.key", "ca.crt", "next-ca.crt"}) {
      write(name, "");
    }
    std::filesystem::create_directory(path() / "folder");
  }

  Loaded parse(std::string_view text) const { return config::parse(path() / "pg.yaml", text); }

  /// Everything that is said about a file, with "conf" for this folder.
  std::string findings(std::string_view text) const { return with_short_paths(parse(text).report.render()); }

  std::string with_short_paths(std::string text) const {
    return TemporaryFolder::with_short_paths(std::move(text), "conf");
  }
};

/// One broken file of a table. The texts begin with a line end, so that they line up in the source.
struct Broken {
  const char* what;
  std::string text;
  std::string_view findings;
};

}  // namespace persona::config::test
