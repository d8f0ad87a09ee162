// The unit for systemd, which is for all services: persona@.service.in, which CMake installs too, with what a
// configuration needs besides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persona/host/service_manager.hpp"

namespace persona::host {

/// The first one that knows Type=notify-reload, and so waits until a reload is done.
inline constexpr unsigned notify_reload_since = 253;

/// Its lines. `program`: absolute. `version`: of systemd; 0: not known.
std::vector<std::string> systemd_unit(const ServiceSettings& settings, const std::string& program,
                                      unsigned version);

/// Of what `systemctl --version` prints ("systemd 252 (252.38-1~deb12u1)"); 0: it is something else.
unsigned systemd_version(std::string_view printed);

/// A path as a word of ExecStart.
std::string in_command(const std::string& path);

}  // namespace persona::host
