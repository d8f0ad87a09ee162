// Intel's ipsec-mb as an AeadKey; never available unless compiled in (PERSONA_IPSEC_MB).
#pragma once

#include <memory>
#include <string>

#include "persona/tls/aead.hpp"

namespace persona::tls {

bool ipsec_mb_available();
std::string describe_ipsec_mb();
std::unique_ptr<AeadKey> create_ipsec_mb_key(Aead algorithm, ByteView key);  ///< null: not available

}  // namespace persona::tls
