// What of a configuration depends on the machine and on the configurations beside it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "prepare.hpp"

namespace persona::cli {

/// Reports users and groups that are not there, and folders of sockets. Blocks.
void check_on_this_machine(Prepared& prepared);

/// What services of one process may not both have. Each `prepared` must stay where it is.
class SharedNames {
 public:
  void check(Prepared& prepared);

 private:
  /// What was seen first, and where, so that the second can name it.
  using Seen = std::map<std::string, std::filesystem::path>;

  void check_unique(Prepared& prepared);
  void check_admin(Prepared& prepared);

  Seen names_;
  Seen addresses_;
  std::map<std::string, const Prepared*> admins_;  // by address; one answers for all services
};

}  // namespace persona::cli
