#include "persona/identity/digest.hpp"

#include <array>

#include <psa/crypto.h>

#include "file.hpp"

namespace persona::identity {

namespace {

bool add(psa_hash_operation_t& hash, std::string_view bytes) {
  return psa_hash_update(&hash, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) ==
         PSA_SUCCESS;
}

/// With its length, so that what moves from one file to the next makes a difference.
bool add_whole(psa_hash_operation_t& hash, char kind, std::string_view bytes) {
  return add(hash, fmt::format("{}{}:", kind, bytes.size())) && add(hash, bytes);
}

}  // namespace

std::string content_digest(const std::vector<std::filesystem::path>& files) {
  psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
  bool good = psa_hash_setup(&hash, PSA_ALG_SHA_256) == PSA_SUCCESS;
  for (const auto& file : files) {
    const auto content = read_file(file);
    good = good &&
           (content ? add_whole(hash, 'c', content->view()) : add_whole(hash, 'e', content.error().message));
  }
  std::array<char, PSA_HASH_LENGTH(PSA_ALG_SHA_256)> digest{};
  std::size_t length = 0;
  good = good && psa_hash_finish(&hash, reinterpret_cast<std::uint8_t*>(digest.data()), digest.size(),
                                 &length) == PSA_SUCCESS;
  if (!good) {
    static_cast<void>(psa_hash_abort(&hash));  // frees what there is, whatever failed
    return {};
  }
  return {digest.data(), length};
}

}  // namespace persona::identity
