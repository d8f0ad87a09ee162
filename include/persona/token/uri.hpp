// PKCS#11 URIs (RFC 7512): which key or certificate of which token.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "persona/base/result.hpp"

struct p11_kit_uri;

namespace persona::token {

enum class Object { private_key, certificate };

/// Names a token, by its label, serial number, manufacturer or model, so that no PIN is ever tried at another
/// one, and an object of it. Has no PIN. Immutable once parsed.
class Uri {
 public:
  /// The message of a failure says what is wrong and what is expected. Fails always without p11-kit.
  static Result<Uri> parse(std::string_view text, Object object);

  const std::string& text() const { return text_; }
  /// Of the file with the PIN, as it was written, without `file:`. Empty: there is no PIN.
  const std::string& pin_file() const { return pin_file_; }
  /// Empty: the modules that p11-kit is configured with, all or those called module_name().
  const std::string& module_path() const { return module_path_; }
  const std::string& module_name() const { return module_name_; }

  /// p11-kit's: to be matched with. Not const, as p11-kit's functions have it; they only read.
  p11_kit_uri* get() const { return uri_.get(); }

 private:
  Uri() = default;

  std::string text_;
  std::string pin_file_;
  std::string module_path_;
  std::string module_name_;
  std::shared_ptr<p11_kit_uri> uri_;
};

/// False: this build has no p11-kit (src/token/no_p11_kit.cpp).
bool tokens_are_supported();

}  // namespace persona::token
