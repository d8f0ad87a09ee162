// The gateway: accepts TLS 1.3 with client certificates, or plain TCP, and echoes, swallows or sends.
#pragma once

#include "tls.hpp"

namespace bench {

/// Serves until standard input ends. Prints {"port": N} first; every line "stats" is answered by one line of
/// JSON. Null settings: plain TCP.
void run_gateway(const TlsSettings* settings);

}  // namespace bench
