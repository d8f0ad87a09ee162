// What a certificate store of Windows has: identity.windows_store and trust.windows_store.
#pragma once

#include "value.hpp"

namespace persona::config {

/// `windows_store` with one of `thumbprint`, `subject` and `template`, in place of files. False: it is not
/// there, and the identity is in files.
bool read_windows_store(Section& section, Identity& identity);

/// `windows_store`, beside `ca` or in place of it.
void read_windows_store(const Value& value, Trust& trust);

}  // namespace persona::config
