// Keys of tickets that several instances of a gateway share (tls.ticket_keys), so that a session that one of
// them began is resumed by any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/result.hpp"
#include "persona/tls/key_schedule.hpp"

namespace persona::tls {

struct TicketKeys {
  static constexpr std::size_t most = 3;

  std::vector<Secret> keys{};  ///< 1 to `most`, of 32 bytes; the first seals, all open
  /// Of what clients are verified by: a ticket is opened only where it is the same, since the signatures of a
  /// client's chain are not looked at again. Up to 254 bytes.
  std::string trust{};
};

/// The keys in a file: up to three lines, each with 32 to 128 bytes in Base64; empty lines and those that
/// begin with '#' do not count. The message names the line, and never shows it.
Result<std::vector<Secret>> read_ticket_keys(std::string_view text);

}  // namespace persona::tls
