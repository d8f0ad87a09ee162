// What a service may be called, and which account it may run as.
#pragma once

#include <string>
#include <string_view>

#include "persona/base/result.hpp"

namespace persona::host {

/// ASCII letters, digits, '.', '_' and '-', a letter or digit first, at most 80: valid without quotes as a
/// service, an event source, an instance of a systemd unit and a word in a shell. On Windows names that
/// differ only in case are the same. The message says what is wrong.
Result<void> check_service_name(std::string_view name);

/// Same name for the Service Control Manager.
bool is_same_service(std::string_view one, std::string_view other);

/// An account as the Service Control Manager takes it: "LocalService" and "NetworkService" get their
/// authority, a bare name this machine's (".\"). Refuses LocalSystem in every English spelling, and a virtual
/// account ("NT SERVICE\...") of another service. What only the system knows (whether it exists, names in
/// other languages) is not checked. Text of one line.
Result<std::string> check_account(std::string_view account, std::string_view service);

}  // namespace persona::host
