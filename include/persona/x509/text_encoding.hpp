// Text files as editors and shells write them, made what every reader here expects.
#pragma once

#include "persona/x509/secret.hpp"

namespace persona::x509 {

/// UTF-8 without a byte order mark. UTF-16 is converted where its byte order mark tells, or a PEM block that
/// the text begins with: PowerShell's `>` writes it. A lone surrogate becomes U+FFFD, an odd byte at the end
/// is dropped. Anything else is returned as it is; neither DER nor a key store begins like UTF-16.
Secret as_utf8(Secret content);

}  // namespace persona::x509
