#include "token_error.hpp"

#include <utility>

#include <fmt/format.h>
#include <p11-kit/p11-kit.h>

namespace persona::token {

tl::unexpected<TokenError> token_failure(std::string_view token, std::string_view what, CK_RV code) {
  const Fault fault = means_lost(code) ? Fault::lost : code == CKR_SESSION_COUNT ? Fault::away : Fault::wrong;
  return tl::unexpected(TokenError{fault, fmt::format("{} {}: {}", token, what, words_of(code)), code});
}

tl::unexpected<TokenError> token_failure(Fault fault, std::string message) {
  return tl::unexpected(TokenError{fault, std::move(message), CKR_OK});
}

bool means_lost(CK_RV code) {
  switch (code) {
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_DEVICE_REMOVED:
    case CKR_DEVICE_ERROR:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    case CKR_GENERAL_ERROR:
    case CKR_FUNCTION_FAILED:
      return true;
    default:
      return false;
  }
}

std::string words_of(CK_RV code) {
  const char* words = p11_kit_strerror(code);
  return fmt::format("{} (0x{:x})", words == nullptr ? "error" : words, code);
}

}  // namespace persona::token
