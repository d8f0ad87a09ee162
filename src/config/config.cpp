#include "persona/config/config.hpp"

namespace persona::config {

std::vector<Cidr> effective_access(const Config& config) {
  if (config.access.allow) {
    return *config.access.allow;
  }
  if (config.mode == Mode::gateway) {
    return {Cidr::parse("0.0.0.0/0").value(), Cidr::parse("::/0").value()};
  }
  return {Cidr::parse("127.0.0.0/8").value(), Cidr::parse("::1/128").value()};
}

}  // namespace persona::config
