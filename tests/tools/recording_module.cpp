// A PKCS#11 module in front of another one, for tests: it writes down what is asked of it, and misbehaves as
// it is told.
//
// PERSONA_MODULE_BEHIND names the other module, PERSONA_MODULE_FOLDER a folder with
//
//     calls                what was called, a line each: "C_Login 0x1 0xa0", with what it returned
//     C_Sign               the next C_Sign returns this code (hexadecimal), and the file is removed
//     C_Sign.always        every one does
//     C_SignInit.0xd       the same for one mechanism, or user of C_Login; also with .always
//     C_Sign.wait          C_Sign makes the file C_Sign.waits, and comes back when this one is gone
//     flags                is added to the flags of every token (hexadecimal)
//     flags.after_login    becomes `flags` with the next C_Login
//     sessions             so many sessions are open at the most
//     always_authenticate  keys want the PIN for each signature, which is taken whatever it is
//     cannot_lock          C_Initialize refuses to lock; what is called meanwhile is "at once"
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include <p11-kit/pkcs11.h>

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path place(const std::string& name) {
  return fs::path(variable("PERSONA_MODULE_FOLDER")) / name;
}

std::optional<CK_ULONG> number_in(const std::string& name) {
  std::ifstream file(place(name));
  CK_ULONG number = 0;
  return file >> std::hex >> number ? std::optional(number) : std::nullopt;
}

CK_FUNCTION_LIST* behind() {
  static CK_FUNCTION_LIST* list = [] {
    void* module = dlopen(variable("PERSONA_MODULE_BEHIND").c_str(), RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST* found = nullptr;
    if (module != nullptr) {
      const auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(module, "C_GetFunctionList"));
      if (get == nullptr || get(&found) != CKR_OK) {
        found = nullptr;
      }
    }
    return found;
  }();
  return list;
}

std::mutex mutex;
std::atomic<int> inside{0};
std::atomic<CK_ULONG> open_sessions{0};

void record(const std::string& line) {
  const std::lock_guard lock(mutex);
  std::ofstream(place("calls"), std::ios::app) << line << '\n';
}

std::optional<CK_RV> told(const std::string& name) {
  const std::lock_guard lock(mutex);
  if (const auto always = number_in(name + ".always")) {
    return always;
  }
  const auto once = number_in(name);
  if (once) {
    std::error_code ignored;
    fs::remove(place(name), ignored);
  }
  return once;
}

template <class Call>
CK_RV through(const std::string& name, const std::string& detail, Call call) {
  if (++inside > 1 && fs::exists(place("cannot_lock"))) {
    record("at once");
  }
  if (fs::exists(place(name + ".wait"))) {
    std::ofstream(place(name + ".waits")) << '\n';
    while (fs::exists(place(name + ".wait"))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  auto code = told(name);
  if (!code && !detail.empty()) {
    code = told(name + "." + detail);
  }
  const CK_RV result = code ? *code : call();
  --inside;
  std::ostringstream line;
  line << name << (detail.empty() ? "" : " ") << detail << " 0x" << std::hex << result;
  record(line.str());
  return result;
}

std::string hex(CK_ULONG number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

CK_RV initialise(void* arguments) {
  return through("C_Initialize", "", [&]() -> CK_RV {
    if (fs::exists(place("cannot_lock")) && arguments != nullptr) {
      return CKR_CANT_LOCK;
    }
    CK_C_INITIALIZE_ARGS locking{};
    locking.flags = CKF_OS_LOCKING_OK;
    open_sessions = 0;
    return behind()->C_Initialize(&locking);
  });
}

CK_RV finalise(void* reserved) {
  return through("C_Finalize", "", [&] { return behind()->C_Finalize(reserved); });
}

CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  return through("C_GetTokenInfo", "", [&] {
    const CK_RV code = behind()->C_GetTokenInfo(slot, info);
    if (code == CKR_OK) {
      info->flags |= number_in("flags").value_or(0);
    }
    return code;
  });
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify,
                   CK_SESSION_HANDLE* session) {
  return through("C_OpenSession", "", [&]() -> CK_RV {
    const auto most = number_in("sessions");
    if (++open_sessions > most.value_or(1'000'000)) {
      --open_sessions;
      return CKR_SESSION_COUNT;
    }
    const CK_RV code = behind()->C_OpenSession(slot, flags, application, notify, session);
    if (code != CKR_OK) {
      --open_sessions;
    }
    return code;
  });
}

CK_RV close_session(CK_SESSION_HANDLE session) {
  return through("C_CloseSession", "", [&] {
    --open_sessions;
    return behind()->C_CloseSession(session);
  });
}

CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char* pin, CK_ULONG size) {
  const CK_RV code = through("C_Login", hex(user), [&]() -> CK_RV {
    return user == CKU_CONTEXT_SPECIFIC ? CKR_OK : behind()->C_Login(session, user, pin, size);
  });
  std::error_code ignored;
  fs::rename(place("flags.after_login"), place("flags"), ignored);
  return code;
}

CK_RV attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* list, CK_ULONG count) {
  const CK_RV code = behind()->C_GetAttributeValue(session, object, list, count);
  if (code == CKR_OK && count == 1 && list->type == CKA_ALWAYS_AUTHENTICATE && list->pValue != nullptr &&
      fs::exists(place("always_authenticate"))) {
    *static_cast<CK_BBOOL*>(list->pValue) = CK_TRUE;
  }
  return code;
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return through("C_SignInit", hex(mechanism->mechanism),
                 [&] { return behind()->C_SignInit(session, mechanism, key); });
}

CK_RV sign(CK_SESSION_HANDLE session, unsigned char* data, CK_ULONG size, unsigned char* signature,
           CK_ULONG* written) {
  return through("C_Sign", "", [&] { return behind()->C_Sign(session, data, size, signature, written); });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (behind() == nullptr) {
    return CKR_GENERAL_ERROR;
  }
  static CK_FUNCTION_LIST own = [] {
    CK_FUNCTION_LIST copy = *behind();
    copy.C_Initialize = &initialise;
    copy.C_Finalize = &finalise;
    copy.C_GetFunctionList = &C_GetFunctionList;
    copy.C_GetTokenInfo = &token_info;
    copy.C_OpenSession = &open_session;
    copy.C_CloseSession = &close_session;
    copy.C_Login = &log_in;
    copy.C_GetAttributeValue = &attributes;
    copy.C_SignInit = &sign_init;
    copy.C_Sign = &sign;
    return copy;
  }();
  *list = &own;
  return CKR_OK;
}
