// An authority's folder while a command changes it.
#pragma once

#include "ledger.hpp"
#include "persona/authority/authority_folder.hpp"
#include "persona/x509/certificate_reader.hpp"
#include "persona/x509/time.hpp"
#include "store.hpp"

namespace persona::authority {

struct AuthorityFolder::Opened {
  FolderLock lock;
  Ledger ledger;
  Authority authority;
  x509::ReadCertificate certificate;  ///< the CA's
  x509::TimePoint not_after{};        ///< of it

  static Result<Ledger> read_ledger(const std::filesystem::path& file);
};

}  // namespace persona::authority
