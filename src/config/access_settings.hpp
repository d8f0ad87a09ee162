// `access:` and `clients:`, who may come in.
#pragma once

#include "value.hpp"

namespace persona::config {

/// A name that could be in a passwd(5) or group(5) database, or an id. Whether it is there is checked later.
/// `what`: "user" or "group".
std::optional<Located<std::string>> read_account(const Value& value, std::string_view what);

void read_access(Section section, Access& access);

/// Mode gateway.
void read_clients(Section section, Config& config);

}  // namespace persona::config
