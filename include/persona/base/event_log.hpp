// The Event Log of Windows, where an administrator looks for what a service has to say. Windows only.
//
// Entries go to the Application log under the service's name, with the event IDs 1 (information), 2 (warning)
// and 3 (error). Their texts are made of the message table that is linked into persona.exe
// (src/base/event_messages.mc).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "persona/base/log.hpp"

namespace persona::log {

/// Registers `source` (a service's name) under the Application log; `program` has the message table. What is
/// registered already for a persona.exe is written anew. Fails when the source is another program's, or is
/// known to another log, and with a sentence of its own without administrator rights.
Result<void> register_event_source(const std::string& source, const std::filesystem::path& program);

/// Removes what register_event_source() made. What is not there is fine; what is another program's stays, and
/// is an error.
Result<void> unregister_event_source(const std::string& source);

/// One entry, at once. `text` may have several lines. With a source that is not registered the entry is there
/// all the same, only that the Event Viewer puts words of its own around it. Fails when the Event Log service
/// does not run, or does not take it; who has nobody else to tell ignores that.
Result<void> report_event(const std::string& source, Level level, std::string_view text) noexcept;

/// From now on Loggers that are opened without a `file` write to the Event Log under this source instead of
/// standard error, every line an entry, without the time and level that it keeps itself. Before any other
/// thread is started.
///
/// Loggers with a `file` write there and nowhere else: an administrator who asked for a file looks there, and
/// the Event Log would only hold a second copy of what went wrong. What a file cannot hold, because the
/// service was not running then, is the service host's to tell by report_event(): started, stopped, failed.
void use_event_log(const std::string& source);

}  // namespace persona::log
