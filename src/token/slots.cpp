#include "slots.hpp"

#include <algorithm>

#include <p11-kit/uri.h>

namespace persona::token {

namespace {

/// All tokens that the URI means. `failure`: what the last module said that failed.
std::vector<Found> find_tokens(Library& library, const Uri& uri, CK_RV& failure) {
  std::vector<Found> found;
  for (CK_FUNCTION_LIST* module : library.modules()) {
    CK_INFO about{};
    std::vector<CK_SLOT_ID> slots;
    CK_ULONG count = 0;
    const CK_RV code = library.call([&] {
      CK_RV status = module->C_GetInfo(&about);
      if (status == CKR_OK) {
        status = module->C_GetSlotList(CK_TRUE, nullptr, &count);
      }
      if (status == CKR_OK && count > 0) {
        slots.resize(count);
        status = module->C_GetSlotList(CK_TRUE, slots.data(), &count);
      }
      return status;
    });
    if (code != CKR_OK) {
      failure = code;
      continue;
    }
    if (p11_kit_uri_match_module_info(uri.get(), &about) == 0) {
      continue;
    }
    slots.resize(std::min<std::size_t>(slots.size(), count));
    for (const CK_SLOT_ID slot : slots) {
      CK_SLOT_INFO place{};
      CK_TOKEN_INFO token{};
      const bool known = library.call([&] {
        const CK_RV status = module->C_GetSlotInfo(slot, &place);
        return status == CKR_OK ? module->C_GetTokenInfo(slot, &token) : status;
      }) == CKR_OK;
      const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri.get());
      if (known && (token.flags & CKF_TOKEN_INITIALIZED) != 0 &&
          (wanted == static_cast<CK_SLOT_ID>(-1) || wanted == slot) &&
          p11_kit_uri_match_slot_info(uri.get(), &place) != 0 &&
          p11_kit_uri_match_token_info(uri.get(), &token) != 0) {
        found.push_back({module, slot, token});
      }
    }
  }
  return found;
}

/// The library is closed where it may be its fault: what was initialised without a token may not see it come,
/// and a module may speak to a process that is no more.
tl::unexpected<TokenError> not_there(const std::shared_ptr<Library>& library, const Uri& uri, CK_RV failure) {
  const bool is_cut_off =
      failure == CKR_CRYPTOKI_NOT_INITIALIZED || (!uri.module_path().empty() && means_lost(failure));
  if (is_cut_off || library->links == 0) {
    Library::close(library);
  }
  return token_failure(is_cut_off ? Fault::lost : Fault::away,
                       fmt::format("the token of {} is not there{}", printable(uri.text()),
                                   failure == CKR_OK ? "" : ": " + words_of(failure)));
}

}  // namespace

TokenResult<Found> find_token(const std::shared_ptr<Library>& library, const Uri& uri) {
  CK_RV failure = CKR_OK;
  const auto found = find_tokens(*library, uri, failure);
  if (found.empty()) {
    return not_there(library, uri, failure);
  }
  if (found.size() > 1) {
    std::vector<std::string> names;
    names.reserve(found.size());
    for (const Found& one : found) {
      names.push_back(
          fmt::format("token={};serial={}", text_of(one.info.label), text_of(one.info.serialNumber)));
    }
    return token_failure(
        Fault::wrong,
        fmt::format("{} means several tokens ({}): name one by token= and serial=, or its module by "
                    "module-name= or module-path=",
                    printable(uri.text()), fmt::join(names, " and ")));
  }
  return found.front();
}

}  // namespace persona::token
