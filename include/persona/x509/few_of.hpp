// Lists of names of which the first few are enough.
#pragma once

#include <string>
#include <vector>

namespace persona::x509 {

/// "CN=A; CN=B; CN=C and 9 more". Semicolons, because names have commas.
std::string few_of(const std::vector<std::string>& names);

}  // namespace persona::x509
