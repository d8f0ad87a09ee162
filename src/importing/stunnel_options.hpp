// The one table of stunnel's options: what each is here, in words and in code.
#pragma once

#include <span>
#include <string_view>

#include "draft.hpp"

namespace persona::importing {

struct StunnelOption {
  using Carry = void (*)(Draft& draft, const StunnelLine& line, const StunnelOption& option);

  std::string_view name;
  std::string_view keys;   ///< "listen", or several with ", " between them; empty: there is none
  std::string_view words;  ///< what becomes of it: a remark, and a cell in docs/migrating.md
  Carry carry;
};

std::span<const StunnelOption> stunnel_options();

/// Null: stunnel has none of that name.
const StunnelOption* find_stunnel_option(std::string_view name);

}  // namespace persona::importing
