#include "library.hpp"

#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "persona/base/text.hpp"
#include "token_error.hpp"

namespace persona::token {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<Library>> open;
};

// Never destroyed: an identity may outlive every other static object.
Registry& registry() {
  static auto& only = *new Registry;
  return only;
}

std::string message_of_p11_kit() {
  const char* message = p11_kit_message();
  return message == nullptr ? "no reason is given" : printable(message);
}

std::string name_of(CK_FUNCTION_LIST* module) {
  char* name = p11_kit_module_get_name(module);
  std::string copy = name == nullptr ? "" : name;
  std::free(name);
  return copy;
}

}  // namespace

Result<std::shared_ptr<Library>> Library::open(const Uri& uri) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  std::string key = uri.module_path().empty() ? "name " + uri.module_name() : "path " + uri.module_path();
  if (auto library = all.open[key].lock()) {
    return library;
  }
  std::shared_ptr<Library> library(new Library(key));
  const auto loaded = uri.module_path().empty() ? library->load_configured(uri.module_name())
                                                : library->load_one(uri.module_path());
  if (!loaded) {
    return tl::unexpected(loaded.error());
  }
  all.open[key] = library;
  return library;
}

void Library::close(const std::shared_ptr<Library>& library) {
  constexpr std::chrono::seconds patience{1};
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  if (const auto found = all.open.find(library->key_);
      found != all.open.end() && found->second.lock() == library) {
    all.open.erase(found);
  }
  std::unique_lock use(library->mutex_);
  library->closed_ = true;
  library->changed_.notify_all();
  const bool is_idle = library->changed_.wait_for(use, patience, [&] { return library->uses_ == 0; });
  if (is_idle && !library->finalised_) {
    library->finalise();
  }
}

Library::~Library() {
  if (!finalised_) {
    finalise();
  }
}

Library::Use::Use(Library& library) : library_(&library) {
  std::unique_lock lock(library.mutex_);
  library.changed_.wait(lock, [&] { return library.closed_ || !library.serial_ || library.uses_ == 0; });
  if (library.closed_) {
    library_ = nullptr;
  } else {
    ++library.uses_;
  }
}

Library::Use::~Use() {
  if (library_ != nullptr) {
    const std::lock_guard lock(library_->mutex_);
    --library_->uses_;
    if (library_->uses_ == 0) {
      library_->changed_.notify_all();
    }
  }
}

void Library::finalise() {
  finalised_ = true;
  for (CK_FUNCTION_LIST* module : modules_) {
    serial_ ? module->C_Finalize(nullptr) : p11_kit_module_finalize(module);
    if (configured_ == nullptr) {
      p11_kit_module_release(module);
    }
  }
  if (configured_ != nullptr) {
    p11_kit_modules_release(configured_);
  }
}

Result<void> Library::load_one(const std::string& path) {
  CK_FUNCTION_LIST* module = p11_kit_module_load(path.c_str(), 0);
  if (module == nullptr) {
    return fail(ErrorKind::configuration, "the PKCS#11 module {} cannot be loaded: {}", printable(path),
                message_of_p11_kit());
  }
  CK_RV code = p11_kit_module_initialize(module);
  if (code == CKR_OK) {
    modules_.push_back(module);
    return {};
  }
  p11_kit_module_release(module);
  if (code == CKR_CANT_LOCK) {
    code = initialise_alone(path);
  }
  if (code != CKR_OK) {
    return fail(ErrorKind::network, "the PKCS#11 module {} cannot be initialised: {}", printable(path),
                words_of(code));
  }
  return {};
}

/// p11-kit always asks a module to lock. This one cannot, so its calls come one at a time.
CK_RV Library::initialise_alone(const std::string& path) {
  CK_FUNCTION_LIST* module = p11_kit_module_load(path.c_str(), P11_KIT_MODULE_UNMANAGED);
  if (module == nullptr) {
    return CKR_GENERAL_ERROR;
  }
  const CK_RV code = module->C_Initialize(nullptr);
  if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    p11_kit_module_release(module);
    return code;
  }
  serial_ = true;
  modules_.push_back(module);
  return CKR_OK;
}

/// What cannot be initialised is left out, as p11-kit does: it may be any that the system has.
Result<void> Library::load_configured(const std::string& name) {
  configured_ = p11_kit_modules_load(nullptr, 0);
  if (configured_ == nullptr) {
    return fail(ErrorKind::configuration, "the PKCS#11 modules of this system cannot be loaded: {}",
                message_of_p11_kit());
  }
  std::string failed;
  for (CK_FUNCTION_LIST** each = configured_; *each != nullptr; ++each) {
    if (!name.empty() && name_of(*each) != name) {
      continue;
    }
    if (const CK_RV code = p11_kit_module_initialize(*each); code == CKR_OK) {
      modules_.push_back(*each);
    } else {
      failed = fmt::format("the PKCS#11 module {} cannot be initialised: {}", printable(name_of(*each)),
                           words_of(code));
    }
  }
  if (modules_.empty() && !failed.empty()) {
    return fail(ErrorKind::network, "{}", failed);
  }
  if (modules_.empty()) {
    return fail(
        ErrorKind::configuration,
        "there is no PKCS#11 module{}: see \"p11-kit list-modules\", or name its file by module-path=",
        name.empty() ? "" : " called " + in_quotes(name));
  }
  return {};
}

}  // namespace persona::token
