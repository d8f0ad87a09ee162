#include "link.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <p11-kit/uri.h>

#include "persona/base/text.hpp"
#include "slots.hpp"

namespace persona::token {

namespace {

constexpr std::size_t largest_attribute = 16'384;  // in bytes; a certificate is the largest
constexpr std::size_t largest_signature = 2'048;

constexpr CK_FLAGS tries_are_short = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;

/// Codes of C_Login by which no PIN was looked at.
bool was_not_tried(CK_RV code) {
  return code == CKR_SESSION_HANDLE_INVALID || code == CKR_SESSION_CLOSED || code == CKR_DEVICE_REMOVED ||
         code == CKR_TOKEN_NOT_PRESENT || code == CKR_CRYPTOKI_NOT_INITIALIZED;
}

}  // namespace

Link::Session::~Session() {
  if (link_ != nullptr) {
    link_->give_back(handle_, usable_);
  }
}

Link::Link(std::shared_ptr<Library> library, CK_FUNCTION_LIST* module, CK_SLOT_ID slot,
           const CK_TOKEN_INFO& info)
    : library_(std::move(library)),
      module_(module),
      slot_(slot),
      name_(fmt::format("the token {}", in_quotes(text_of(info.label)))),
      wants_login_((info.flags & CKF_LOGIN_REQUIRED) != 0),
      pins_(PinMemory::of(fmt::format("{}\n{}\n{}\n{}", text_of(info.label), text_of(info.serialNumber),
                                      text_of(info.manufacturerID), text_of(info.model)))),
      most_(most_sessions) {
  ++library_->links;
  if (info.ulMaxSessionCount != CK_EFFECTIVELY_INFINITE &&
      info.ulMaxSessionCount != CK_UNAVAILABLE_INFORMATION) {
    most_ = std::min<std::size_t>(most_, info.ulMaxSessionCount);
  }
}

Link::~Link() {
  for (const CK_SESSION_HANDLE session : idle_) {
    library_->call([&] { return module_->C_CloseSession(session); });
  }
  --library_->links;
}

TokenResult<std::shared_ptr<Link>> Link::find(const Uri& uri, const x509::Secret* pin) {
  auto library = Library::open(uri);
  if (!library) {
    const bool may_come = library.error().kind == ErrorKind::network;
    return token_failure(may_come ? Fault::away : Fault::wrong, library.error().message);
  }
  const auto found = find_token(*library, uri);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto link = shared(std::move(*library), found->module, found->slot, found->info);
  const auto session = link->session();
  if (!session) {
    return tl::unexpected(session.error());
  }
  if (pin != nullptr && link->wants_login_) {
    if (auto in = link->log_in(session->handle(), *pin); !in) {
      return tl::unexpected(in.error());
    }
  }
  return link;
}

std::shared_ptr<Link> Link::shared(std::shared_ptr<Library> library, CK_FUNCTION_LIST* module,
                                   CK_SLOT_ID slot, const CK_TOKEN_INFO& info) {
  using Place = std::tuple<const Library*, CK_FUNCTION_LIST*, CK_SLOT_ID>;
  static auto& mutex = *new std::mutex;  // never destroyed, as an identity may outlive every static object
  static auto& links = *new std::map<Place, std::weak_ptr<Link>>;
  const std::lock_guard lock(mutex);
  std::erase_if(links, [](const auto& each) { return each.second.expired(); });
  auto& known = links[{library.get(), module, slot}];
  std::shared_ptr<Link> fresh(new Link(std::move(library), module, slot, info));
  auto link = known.lock();
  if (link == nullptr || link->lost_ ||
      link->pins_ != fresh->pins_) {  // there may be another token in its place
    known = link = std::move(fresh);
  }
  return link;
}

void Link::is_lost() {
  lost_ = true;
  Library::close(library_);
}

TokenResult<Link::Session> Link::session() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!idle_.empty()) {
      const CK_SESSION_HANDLE handle = idle_.back();
      idle_.pop_back();
      return Session(shared_from_this(), handle);
    }
    if (open_ < most_) {
      ++open_;
      lock.unlock();
      CK_SESSION_HANDLE handle = 0;
      const CK_RV code = library_->call(
          [&] { return module_->C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &handle); });
      if (code == CKR_OK) {
        return Session(shared_from_this(), handle);
      }
      lock.lock();
      --open_;
      if (code != CKR_SESSION_COUNT || open_ == 0) {
        return token_failure(name_, "opens no session", code);
      }
      most_ = open_;  // as many as it has for us
    }
    if (!returned_.wait_for(lock, patience, [&] { return !idle_.empty() || open_ < most_; })) {
      return token_failure(
          Fault::away, fmt::format("{} is busy: none of its {} sessions was free within {} s", name_, open_,
                                   patience.count() / 1000));
    }
  }
}

void Link::give_back(CK_SESSION_HANDLE session, bool usable) {
  if (!usable) {
    library_->call([&] { return module_->C_CloseSession(session); });
  }
  const std::lock_guard lock(mutex_);
  if (usable) {
    idle_.push_back(session);
  } else {
    --open_;
  }
  returned_.notify_one();
}

/// Whoever is logged in already, by another identity of this process, needs no PIN: a token might count one
/// more that is wrong.
TokenResult<void> Link::log_in(CK_SESSION_HANDLE session, const x509::Secret& pin) {
  CK_SESSION_INFO info{};
  const CK_RV code = library_->call([&] { return module_->C_GetSessionInfo(session, &info); });
  if (code != CKR_OK) {
    return token_failure(name_, "does not say who is logged in", code);
  }
  return info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS
             ? TokenResult<void>()
             : give_pin(session, CKU_USER, pin);
}

TokenResult<void> Link::give_pin(CK_SESSION_HANDLE session, CK_USER_TYPE user, const x509::Secret& pin) {
  const std::unique_lock turn(pins_->turn, patience);
  if (!turn) {
    return token_failure(Fault::away, fmt::format("{} does not answer to a login", name_));
  }
  if (pins_->was_refused(pin.view())) {
    return token_failure(
        Fault::wrong,
        fmt::format("{} has refused this PIN, which is not tried again: write the right one into the "
                    "file that pin-source names",
                    name_));
  }
  CK_TOKEN_INFO info{};
  if (const CK_RV code = library_->call([&] { return module_->C_GetTokenInfo(slot_, &info); });
      code != CKR_OK) {
    return token_failure(name_, "does not say how it is", code);
  }
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0) {
    return token_failure(Fault::wrong,
                         fmt::format("the PIN of {} is locked: unlock it with its own tools", name_));
  }
  if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    return token_failure(
        Fault::wrong,
        fmt::format("one more wrong PIN locks {}, so none is tried: log in once by hand, as with "
                    "\"p11tool --login\", which lets it count anew",
                    name_));
  }
  std::string_view text = pin.view();
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));  // which PKCS#11 only reads
  const CK_RV code = library_->call([&] { return module_->C_Login(session, user, bytes, text.size()); });
  switch (code) {
    case CKR_OK:
    case CKR_USER_ALREADY_LOGGED_IN:  // by another identity, a moment ago
      return {};
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      pins_->refused(text);
      return token_failure(Fault::wrong,
                           fmt::format("{} refuses the PIN, which is not tried again: write the right one "
                                       "into the file that pin-source names",
                                       name_));
    case CKR_PIN_LOCKED:
      pins_->refused(text);
      return token_failure(Fault::wrong,
                           fmt::format("the PIN of {} is locked: unlock it with its own tools", name_));
    default:
      break;
  }
  auto failed = token_failure(name_, "lets nobody log in", code);
  if (!was_not_tried(code)) {
    // Some say nothing better of a wrong PIN: so it is not tried at once again, nor later if it was counted.
    failed.value().fault = failed.value().fault == Fault::lost ? Fault::away : failed.value().fault;
    CK_TOKEN_INFO now{};
    if (library_->call([&] { return module_->C_GetTokenInfo(slot_, &now); }) == CKR_OK &&
        (now.flags & ~info.flags & tries_are_short) != 0) {
      pins_->refused(text);
    }
  }
  return failed;
}

TokenResult<std::vector<CK_OBJECT_HANDLE>> Link::objects(const Uri& uri, CK_OBJECT_CLASS of_class) {
  CK_ULONG count = 0;
  const CK_ATTRIBUTE* named = p11_kit_uri_get_attributes(uri.get(), &count);
  std::vector<CK_ATTRIBUTE> like{{CKA_CLASS, &of_class, sizeof of_class}};
  for (CK_ULONG at = 0; at < count; ++at) {
    if (named[at].type != CKA_CLASS) {
      like.push_back(named[at]);
    }
  }
  return objects(std::move(like));
}

TokenResult<std::vector<CK_OBJECT_HANDLE>> Link::objects(std::vector<CK_ATTRIBUTE> like) {
  auto own = session();
  if (!own) {
    return tl::unexpected(own.error());
  }
  std::vector<CK_OBJECT_HANDLE> found(2);
  CK_ULONG count = 0;
  const CK_RV code = library_->call([&] {
    CK_RV status = module_->C_FindObjectsInit(own->handle(), like.data(), like.size());
    if (status != CKR_OK) {
      return status;
    }
    // Some give one at a time, so it is asked until there are two, or no more.
    while (status == CKR_OK && count < found.size()) {
      CK_ULONG more = 0;
      status = module_->C_FindObjects(own->handle(), found.data() + count, found.size() - count, &more);
      if (more == 0 || more > found.size() - count) {
        break;
      }
      count += more;
    }
    const CK_RV end = module_->C_FindObjectsFinal(own->handle());
    return status == CKR_OK ? end : status;
  });
  if (code != CKR_OK) {
    own->is_unusable();
    return token_failure(name_, "cannot be searched", code);
  }
  found.resize(count);
  return found;
}

TokenResult<std::optional<Bytes>> Link::attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  auto own = session();
  if (!own) {
    return tl::unexpected(own.error());
  }
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  Bytes value;
  const CK_RV code = library_->call([&] {
    CK_RV status = module_->C_GetAttributeValue(own->handle(), object, &wanted, 1);
    if (status == CKR_OK && wanted.ulValueLen <= largest_attribute) {
      value.resize(wanted.ulValueLen);
      wanted.pValue = value.data();
      status = module_->C_GetAttributeValue(own->handle(), object, &wanted, 1);
    }
    return status;
  });
  const bool is_hidden = code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_ATTRIBUTE_SENSITIVE;
  if (code != CKR_OK && !is_hidden) {
    return token_failure(name_, "does not tell of its objects", code);
  }
  if (is_hidden || wanted.ulValueLen > value.size()) {
    return std::optional<Bytes>();
  }
  value.resize(wanted.ulValueLen);
  return std::optional(std::move(value));
}

TokenResult<Bytes> Link::sign(const Order& order, const x509::Secret* pin) {
  auto own = session();
  if (!own) {
    return tl::unexpected(own.error());
  }
  // PKCS#11's functions take what they only read without const.
  CK_MECHANISM mechanism = order.mechanism;
  auto* input = const_cast<std::uint8_t*>(order.input.data());
  CK_RV code = library_->call([&] { return module_->C_SignInit(own->handle(), &mechanism, order.key); });
  if (code == CKR_OK && order.asks_for_pin) {
    auto in = pin == nullptr ? TokenResult<void>(token_failure(
                                   Fault::wrong, fmt::format("{} wants the PIN for each signature: name "
                                                             "a file with it by pin-source",
                                                             name_)))
                             : give_pin(own->handle(), CKU_CONTEXT_SPECIFIC, *pin);
    if (!in) {
      own->is_unusable();  // a signature has begun in it
      return tl::unexpected(in.error());
    }
  }
  Bytes signature(largest_signature);
  CK_ULONG size = signature.size();
  if (code == CKR_OK) {
    code = library_->call(
        [&] { return module_->C_Sign(own->handle(), input, order.input.size(), signature.data(), &size); });
  }
  if (code != CKR_OK || size > signature.size()) {
    if (means_lost(code) || code == CKR_BUFFER_TOO_SMALL || code == CKR_OPERATION_ACTIVE) {
      own->is_unusable();
    }
    return token_failure(name_, "cannot sign", code);
  }
  signature.resize(size);
  return signature;
}

}  // namespace persona::token
