// Windows only: signatures by a key of CNG.
#pragma once

#include <windows.h>
// after windows.h
#include <ncrypt.h>
#include <string>

#include "persona/pk/signer.hpp"

namespace persona::store {

/// Signs as pk::Signer::sign does, and asks nobody. Writes the size of the signature.
SECURITY_STATUS sign_with(NCRYPT_KEY_HANDLE key, pk::Scheme scheme, pk::Hash hash, ByteView digest,
                          ByteSpan signature, std::size_t& size);

/// Why a key of `owner` ("CN=app in LocalMachine\My") cannot be used, and what to do: a sentence.
std::string key_trouble(DWORD code, const std::string& owner);

/// Windows says so of a key that is not there, and of one that this account may not see.
bool is_not_there(DWORD code);

/// The same of a key that an old provider (CSP) has, and that cannot be opened by CNG.
std::string old_key_trouble(const std::string& provider, const std::string& owner);

}  // namespace persona::store
