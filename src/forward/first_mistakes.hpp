// Sentences for an administrator's first mistakes: what it is that does not speak TLS, and which key is
// missing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inquiry.hpp"
#include "persona/base/bytes.hpp"
#include "persona/base/endpoint.hpp"

namespace persona::forward {

/// A gateway whose first bytes are not TLS; nothing if they are of nobody whom we know.
std::optional<std::string> mistaken_gateway(const Endpoint& gateway, ByteView first_bytes);

/// A gateway that was asked; empty if it did not say.
std::string mistaken_gateway(const Endpoint& gateway, Inquiry::Answer answer);

/// What to add where a gateway never said a word: "", or " (if it is SQL Server: ...)".
std::string_view hint_for_silence(const Endpoint& gateway);

/// A client whose first bytes are not TLS; nothing if they are of nobody whom we know.
std::optional<std::string> mistaken_client(ByteView first_bytes);

}  // namespace persona::forward
