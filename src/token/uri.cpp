#include "persona/token/uri.hpp"

#include <p11-kit/uri.h>

#include "persona/base/text.hpp"

namespace persona::token {

namespace {

constexpr std::size_t longest_uri = 4096;  // in bytes
constexpr std::string_view file_prefix = "file:";

std::string text_or_none(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

bool names_a_token(P11KitUri* uri) {
  // p11-kit fills fields that are not named with zeros.
  const CK_TOKEN_INFO* token = p11_kit_uri_get_token_info(uri);
  return token->label[0] != 0 || token->serialNumber[0] != 0 || token->manufacturerID[0] != 0 ||
         token->model[0] != 0;
}

/// Does `type=` say what is wanted, or nothing?
bool is_of(P11KitUri* uri, Object object) {
  const CK_ATTRIBUTE* type = p11_kit_uri_get_attribute(uri, CKA_CLASS);
  if (type == nullptr || type->ulValueLen != sizeof(CK_OBJECT_CLASS)) {
    return true;
  }
  return *static_cast<const CK_OBJECT_CLASS*>(type->pValue) ==
         (object == Object::private_key ? CKO_PRIVATE_KEY : CKO_CERTIFICATE);
}

tl::unexpected<Error> unusable(std::string_view why) {
  return fail(ErrorKind::configuration,
              "expected a PKCS#11 URI (RFC 7512) such as "
              "\"pkcs11:token=db;object=client?pin-source=file:client.pin\": {}",
              why);
}

/// "client.pin" of "file:client.pin"; "/run/pin" of "file:///run/pin".
Result<std::string> file_of(std::string_view pin_source) {
  if (pin_source.starts_with(file_prefix)) {
    pin_source.remove_prefix(file_prefix.size());
    if (pin_source.starts_with("///")) {
      pin_source.remove_prefix(2);
    } else if (pin_source.starts_with("//")) {
      return unusable("pin-source names a file of another machine");
    }
  }
  if (pin_source.empty() || pin_source.front() == '|' || pin_source.find('\0') != std::string_view::npos) {
    return unusable("pin-source is the name of a file with the PIN in its first line");
  }
  return std::string(pin_source);
}

}  // namespace

Result<Uri> Uri::parse(std::string_view text, Object object) {
  if (text.size() > longest_uri || text.find('\0') != std::string_view::npos) {
    return unusable("it is too long");
  }
  Uri parsed;
  parsed.text_ = text;
  parsed.uri_.reset(p11_kit_uri_new(), &p11_kit_uri_free);
  P11KitUri* uri = parsed.uri_.get();
  if (uri == nullptr) {
    return fail(ErrorKind::internal, "out of memory");
  }
  if (const int code = p11_kit_uri_parse(parsed.text_.c_str(), P11_KIT_URI_FOR_ANY, uri);
      code != P11_KIT_URI_OK) {
    const char* why = p11_kit_uri_message(code);
    return unusable(why == nullptr ? "it is malformed" : why);
  }
  if (p11_kit_uri_get_pin_value(uri) != nullptr) {
    return unusable("a PIN has no place in it; name a file with it by pin-source");
  }
  if (p11_kit_uri_any_unrecognized(uri) != 0) {
    return unusable("it has an attribute that persona does not know");
  }
  if (!names_a_token(uri)) {
    return unusable("it does not say which token: add token=LABEL or serial=NUMBER");
  }
  if (!is_of(uri, object)) {
    return unusable(object == Object::private_key ? "its type is not that of a private key: leave out type="
                                                  : "its type is not that of a certificate: leave out type=");
  }
  if (const char* pin_source = p11_kit_uri_get_pin_source(uri)) {
    if (object == Object::certificate) {
      return unusable("pin-source belongs into the URI of private_key");
    }
    auto file = file_of(pin_source);
    if (!file) {
      return tl::unexpected(file.error());
    }
    parsed.pin_file_ = std::move(*file);
  }
  parsed.module_path_ = text_or_none(p11_kit_uri_get_module_path(uri));
  parsed.module_name_ = text_or_none(p11_kit_uri_get_module_name(uri));
  return parsed;
}

bool tokens_are_supported() {
  return true;
}

}  // namespace persona::token
