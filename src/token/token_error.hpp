// What a token answers if it does not do what it is asked for.
#pragma once

#include <string>
#include <string_view>

#include <p11-kit/pkcs11.h>
#include <tl/expected.hpp>

namespace persona::token {

enum class Fault {
  away,  ///< it is not there, or does not work: it may come back as it was
  lost,  ///< what was known of it counts no more: a new link may do better at once
  wrong  ///< somebody has to do something
};

/// `code` is PKCS#11's, where the token gave one.
struct TokenError {
  Fault fault = Fault::wrong;
  std::string message;
  CK_RV code = CKR_OK;
};

template <class T>
using TokenResult = tl::expected<T, TokenError>;

/// "the token "db" cannot sign: The device was removed (0x32)"; `what` is "cannot sign".
tl::unexpected<TokenError> token_failure(std::string_view token, std::string_view what, CK_RV code);
tl::unexpected<TokenError> token_failure(Fault fault, std::string message);

/// Of what was known of a token something counts no more.
bool means_lost(CK_RV code);

/// "The PIN is incorrect", and the number.
std::string words_of(CK_RV code);

}  // namespace persona::token
