// POSIX only: no system but Windows has certificate stores that are read here.
#include "persona/store/system_store.hpp"

namespace persona::store {

namespace {

tl::unexpected<Error> no_stores(const StoreName& store) {
  return fail(ErrorKind::configuration, "there is no {}: only Windows has certificate stores",
              store.to_string());
}

}  // namespace

bool stores_are_supported() {
  return false;
}

Result<std::vector<StoredCertificate>> certificates_in(const StoreName& store) {
  return no_stores(store);
}

std::vector<Bytes> distrusted() {
  return {};
}

std::vector<Bytes> issuers_of(const StoreName& /*store*/, ByteView /*certificate*/) {
  return {};
}

std::string oid_of_template(std::string_view /*name*/) {
  return "";
}

Result<std::unique_ptr<const pk::Signer>> open_key(const StoreName& store, ByteView /*certificate*/) {
  return no_stores(store);
}

}  // namespace persona::store
