#include "file_name.hpp"

namespace persona::net {

std::string file_name_key(std::string_view name) {
  return std::string(name);
}

}  // namespace persona::net
