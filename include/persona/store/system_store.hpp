// The certificate stores of the operating system. Platform: store/system_store_windows.cpp; other systems
// have none (store/system_store_posix.cpp). Everything blocks; any thread. Nothing asks a person, and only
// the name of a template may ask the network.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/base/windows_store.hpp"
#include "persona/pk/signer.hpp"
#include "persona/store/stored_certificate.hpp"

namespace persona::store {

/// False: everything below fails, or finds nothing.
bool stores_are_supported();

/// All certificates of a store but archived ones, in no order. Fails if there is no such store.
Result<std::vector<StoredCertificate>> certificates_in(const StoreName& store);

/// What nobody is to trust, whatever else says so: the store Disallowed of this account and of the machine.
/// Windows' own list, which it downloads (a CTL), is not in it.
std::vector<Bytes> distrusted();

/// The issuers of a certificate of that store, each of the one before it, as far as Windows finds them in its
/// stores; a root, which peers have, is left out.
std::vector<Bytes> issuers_of(const StoreName& store, ByteView certificate);

/// The OID of a template of this machine's domain, which Windows may ask; empty: none is known by that name.
std::string oid_of_template(std::string_view name);

/// The private key of a certificate of that store, which stays where it is. Fails with a sentence that says
/// why this account cannot use it. A key that wants to ask a person (for a PIN) fails, here or when it signs.
Result<std::unique_ptr<const pk::Signer>> open_key(const StoreName& store, ByteView certificate);

}  // namespace persona::store
