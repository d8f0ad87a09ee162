// Memory for private keys and passwords: zeroised when released, never copied by accident.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace persona::x509 {

/// Text that is wiped on destruction. A NUL follows it, as mbedTLS's PEM readers require.
class Secret {
 public:
  Secret() : bytes_(1, '\0') {}
  explicit Secret(std::string_view text);
  explicit Secret(std::size_t size) : bytes_(size + 1, '\0') {}
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  char* data() { return bytes_.data(); }
  std::string_view view() const;
  const unsigned char* octets() const { return reinterpret_cast<const unsigned char*>(bytes_.data()); }
  std::size_t size_with_nul() const { return bytes_.size(); }

  /// Wipes everything after the first `size` characters.
  void shrink(std::size_t size);

 private:
  void wipe();

  std::vector<char> bytes_;
};

}  // namespace persona::x509
