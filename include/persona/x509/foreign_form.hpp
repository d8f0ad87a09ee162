// Files in forms that we do not read: what they are, and the command that makes of them one that we do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace persona::x509 {

/// What a file should have: our certificates (and perhaps key), CA certificates, our private key, or CRLs.
enum class Wanted { identity, ca, private_key, crl };

/// For a file that could not be read as what it should be: a sentence such as "client.jks is a Java key
/// store: make a PKCS#12 file of it with keytool -importkeystore ...", the command at its end ready for a
/// shell, or nothing if it is in no form that we know. Capitals in a command stand for files that only the
/// administrator knows, and NEW for the one that it writes. Recognises forms by a few bytes, without parsing
/// them.
std::optional<std::string> foreign_form(std::string_view content, std::string_view source, Wanted wanted);

/// PKCS#7 signedData (RFC 2315), DER or BER: certificates and CRLs as Windows exports them.
bool is_pkcs7(std::string_view der);

/// True for the encryption of old programs (RFC 7292 appendix C, all but 3DES), which OpenSSL 3 reads only
/// with -legacy.
bool has_legacy_encryption(std::string_view pkcs12);

}  // namespace persona::x509
