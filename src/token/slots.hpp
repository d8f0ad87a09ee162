// Which token a URI means, of all that modules have.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "library.hpp"
#include "persona/base/text.hpp"
#include "token_error.hpp"

namespace persona::token {

/// Text of a fixed size that blanks follow.
template <std::size_t size>
std::string text_of(const unsigned char (&field)[size]) {
  const std::size_t length = p11_kit_space_strlen(field, size);
  return printable({reinterpret_cast<const char*>(field), length});
}

struct Found {
  CK_FUNCTION_LIST* module;
  CK_SLOT_ID slot;
  CK_TOKEN_INFO info;
};

/// The only one that the URI means. Blocks. A library whose fault it may be that there is none is closed.
TokenResult<Found> find_token(const std::shared_ptr<Library>& library, const Uri& uri);

}  // namespace persona::token
