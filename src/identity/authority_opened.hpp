// An authority's folder while a command changes it.
#pragma once

#include "certificate_reader.hpp"
#include "ledger.hpp"
#include "persona/identity/authority_folder.hpp"
#include "store.hpp"

namespace persona::identity {

struct AuthorityFolder::Opened {
  FolderLock lock;
  Ledger ledger;
  Authority authority;
  ReadCertificate certificate;  ///< the CA's
  TimePoint not_after{};        ///< of it

  static Result<Ledger> read_ledger(const std::filesystem::path& file);
};

}  // namespace persona::identity
