// What a client is told of a connection's end: coarser than the log, which has the id that it quotes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "persona/config/config.hpp"
#include "persona/dialect/facade.hpp"
#include "persona/forward/reason.hpp"

namespace persona::forward {

/// The client of `mode` has had no byte of the far side's. Nothing for an end that is its own doing, or of
/// which it must not be told. `far_side`: the gateway as HOST:PORT, or the name of the service.
std::optional<dialect::Regret> regret_for(const End& why, config::Mode mode, std::string_view far_side,
                                          std::uint64_t id);

}  // namespace persona::forward
