// The Windows Event Log, where administrators look for the messages of a service. Windows only.
//
// Entries go to the Application log under the service's name, with the event IDs 1 (information), 2 (warning)
// and 3 (error). Their texts come from the message table that is linked into persona.exe
// (src/base/event_messages.mc).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "persona/base/log.hpp"

namespace persona::log {

/// Registers `source` (a service's name) under the Application log; `program` has the message table. An
/// existing registration for a persona.exe is overwritten. Fails when the source belongs to another program
/// or another log, and with a message of its own without administrator rights.
Result<void> register_event_source(const std::string& source, const std::filesystem::path& program);

/// Removes what register_event_source() created. A missing source is not an error; one that belongs to
/// another program stays, and is an error.
Result<void> unregister_event_source(const std::string& source);

/// Writes one entry immediately. `text` may have several lines. With a source that is not registered the
/// entry is written all the same, but the Event Viewer puts words of its own around it. Fails when the Event
/// Log service is not running or refuses the entry; callers with nowhere else to report that ignore it.
Result<void> report_event(const std::string& source, Level level, std::string_view text) noexcept;

/// From now on Loggers that are opened without a `file` write to the Event Log under this source instead of
/// standard error: one entry per line, without time and level, which the Event Log keeps itself. To be called
/// before any other thread is started.
///
/// Loggers with a `file` write there and nowhere else: an administrator who asked for a file looks there, and
/// the Event Log would only hold a second copy of what went wrong. What a file cannot hold, because the
/// service was not running then, the service host reports by report_event(): started, stopped, failed.
void use_event_log(const std::string& source);

}  // namespace persona::log
