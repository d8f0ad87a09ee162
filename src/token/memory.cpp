#include "memory.hpp"

#include <map>
#include <utility>

#include <mbedtls/md.h>

#include "persona/base/bytes.hpp"

namespace persona::token {

namespace {

/// Kept until the process ends: of each token and key that was ever named.
template <class T>
std::shared_ptr<T> remembered(const std::string& key) {
  static auto& mutex = *new std::mutex;
  static auto& all = *new std::map<std::string, std::shared_ptr<T>>;
  const std::lock_guard lock(mutex);
  auto& found = all[key];
  if (found == nullptr) {
    found = std::make_shared<T>();
  }
  return found;
}

}  // namespace

std::shared_ptr<PinMemory> PinMemory::of(const std::string& token) {
  return remembered<PinMemory>(token);
}

bool PinMemory::was_refused(std::string_view pin) const {
  return refused_.contains(digest_of(pin));
}

void PinMemory::refused(std::string_view pin) {
  refused_.insert(digest_of(pin));
}

// All PINs are one if hashing fails: then none is tried after a wrong one.
PinMemory::Digest PinMemory::digest_of(std::string_view pin) {
  Digest digest{};
  static_cast<void>(mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), as_bytes(pin).data(), pin.size(),
                               digest.data()));
  return digest;
}

std::shared_ptr<Abilities> Abilities::of(const std::string& uri) {
  return remembered<Abilities>(uri);
}

}  // namespace persona::token
