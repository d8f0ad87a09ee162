#include "persona/host/confinement.hpp"

namespace persona::host {

std::string Confined::in_words() const {
  return "nothing";
}

Confined what_confines(const Confinement& /*wanted*/) {
  Confined confined;
  confined.missing.emplace_back("there is no sandbox on Windows, where the service's account has no rights");
  return confined;
}

Result<Confined> confine(const Confinement& wanted) {
  return what_confines(wanted);
}

bool users_can_change() {
  return false;
}

Result<void> become_user(std::uint32_t /*user*/) {
  return fail(ErrorKind::configuration, "a process on Windows cannot become another user");
}

bool is_privileged() {
  return false;
}

}  // namespace persona::host
