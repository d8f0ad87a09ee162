// What is wrong with a certificate, key or CRL file that a configuration names.
#pragma once

#include <cstddef>
#include <string>

namespace persona::x509 {

/// Says which file is at fault, so that the caller can point at the line that names it.
struct LoadError {
  enum class Part { certificate, private_key, password_file, ca, crl };
  enum class Severity { error, warning };

  Part part = Part::certificate;
  std::size_t index = 0;  ///< of the file, where a setting may name several
  std::string message;    ///< "certificate expired 3 days ago (2026-11-18): CN=client"
  Severity severity = Severity::error;
};

}  // namespace persona::x509
