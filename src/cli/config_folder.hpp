// What a folder of configurations has besides the services that run already.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hosted_service.hpp"
#include "overrides.hpp"
#include "persona/config/config.hpp"
#include "persona/forward/listen_plan.hpp"
#include "persona/net/file_stamp.hpp"

namespace persona::cli {

/// A file whose service does not run yet.
struct NewFile {
  std::filesystem::path file;
  std::string name;                           ///< of the service, as far as it could be read
  config::Mode mode = config::Mode::persona;  ///< likewise
  std::vector<std::string> errors;            ///< sentences; empty: `opened` is there
  bool unsettled = false;                     ///< it is being written
  std::optional<OpenedService> opened;
  forward::ListenPlan listen;
};

struct FolderContents {
  std::vector<std::filesystem::path> files;
  std::string trouble;         ///< why `files` is empty; empty: it is not
  std::vector<NewFile> added;  ///< in order of name
  net::Places places;  ///< where to watch for files that come and go, and for what the broken ones need
};

/// By file, the name of its service.
using Running = std::map<std::filesystem::path, std::string>;

/// Blocks; any thread.
FolderContents look_into(const std::filesystem::path& folder, const Running& running,
                         const Overrides& overrides);

}  // namespace persona::cli
