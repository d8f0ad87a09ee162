# Third-party libraries, from the system's packages but for mbedTLS (Debian 12 has 2.28: no TLS 1.3, end of life).
if(WIN32) # scripts/setup-windows, or vcpkg: both install CMake's own description
  find_package(libuv CONFIG REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)
  set(PERSONA_LIBUV $<IF:$<TARGET_EXISTS:libuv::uv_a>,libuv::uv_a,libuv::uv>)
  set(PERSONA_PROMETHEUS prometheus-cpp::core)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
  pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
  set(PERSONA_LIBUV PkgConfig::LIBUV)
  set(PERSONA_PROMETHEUS PkgConfig::PROMETHEUS)
endif()
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)

# Optional: without it records are sealed by PSA, at a tenth of the speed. Static by preference, so that the program
# stands alone. Not with MSVC: see call() in src/tls/aead_ipsec_mb.cpp.
if(PERSONA_IPSEC_MB AND NOT MSVC)
  find_library(PERSONA_IPSEC_MB_LIBRARY NAMES libIPSec_MB.a IPSec_MB)
  find_path(PERSONA_IPSEC_MB_INCLUDE intel-ipsec-mb.h)
  if(NOT PERSONA_IPSEC_MB_LIBRARY OR NOT PERSONA_IPSEC_MB_INCLUDE)
    unset(PERSONA_IPSEC_MB_LIBRARY CACHE)
    message(STATUS "ipsec-mb not found: records will be sealed by PSA")
  endif()
endif()

# Optional: keys on PKCS#11 tokens. Shared, as it is the system's that knows which modules there are.
set_property(CACHE PERSONA_PKCS11 PROPERTY STRINGS auto on off)
set(PERSONA_PKCS11_FOUND FALSE)
if(NOT PERSONA_PKCS11 MATCHES "^(auto|on|off)$")
  message(FATAL_ERROR "PERSONA_PKCS11 is auto, on or off, not ${PERSONA_PKCS11}")
endif()
if(NOT WIN32 AND NOT PERSONA_PKCS11 STREQUAL "off")
  pkg_check_modules(P11_KIT IMPORTED_TARGET p11-kit-1>=0.23.10) # slot-id and vendor attributes of URIs
  set(PERSONA_PKCS11_FOUND ${P11_KIT_FOUND})
endif()
if(NOT PERSONA_PKCS11_FOUND)
  if(PERSONA_PKCS11 STREQUAL "on")
    message(FATAL_ERROR "p11-kit is not found (Debian: libp11-kit-dev), and PERSONA_PKCS11 is on")
  endif()
  message(STATUS "No PKCS#11 tokens: they need p11-kit (Debian: libp11-kit-dev), and are not for Windows")
endif()

# The upstream release archive and its SHA-256, for -DPERSONA_MBEDTLS=fetch.
set(PERSONA_MBEDTLS_VERSION 3.6.7)
set(PERSONA_MBEDTLS_SHA256 "a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6")
# A library that somebody else built has none of our patches: what they mend must be mended upstream (SECURITY.md).
set(PERSONA_MBEDTLS_LOWEST_SYSTEM 3.6.8 CACHE STRING "The lowest version for -DPERSONA_MBEDTLS=system")

# What `persona version` says of where mbedTLS comes from; scripts/build-mbedtls writes it.
function(read_mbedtls_origin prefix)
  file(STRINGS ${prefix}/share/persona/mbedtls origin LIMIT_COUNT 1)
  set(PERSONA_MBEDTLS_ORIGIN ${origin} PARENT_SCOPE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${prefix}/share/persona/mbedtls)
  # The ML-KEM-768 that a patch of this mbedTLS calls.
  if(EXISTS ${prefix}/share/persona/libcrux)
    file(STRINGS ${prefix}/share/persona/libcrux origin LIMIT_COUNT 1)
    set(PERSONA_LIBCRUX_ORIGIN ${origin} PARENT_SCOPE)
    set(PERSONA_LIBCRUX_INCLUDE ${prefix}/include PARENT_SCOPE)
  endif()
  # What computes the same, and X25519, in less time: scripts/build-aws-lc.
  if(EXISTS ${prefix}/share/persona/aws-lc)
    file(STRINGS ${prefix}/share/persona/aws-lc origin LIMIT_COUNT 1)
    set(PERSONA_AWS_LC_ORIGIN ${origin} PARENT_SCOPE)
    set(PERSONA_AWS_LC_LIBRARY ${prefix}/lib/libpersona_aws_lc.a PARENT_SCOPE)
  endif()
endfunction()

set(mbedtls_found FALSE)
if(PERSONA_WINDOWS_PREFIX)
  find_package(MbedTLS 3.6 CONFIG REQUIRED)
  read_mbedtls_origin(${PERSONA_WINDOWS_PREFIX})
  set(mbedtls_found TRUE)
elseif(PERSONA_MBEDTLS MATCHES "^(auto|prefix)$")
  # What scripts/setup built: it prints the prefix of this version and of our mbedTLS configuration.
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/setup --print-mbedtls-prefix
    OUTPUT_VARIABLE mbedtls_prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(mbedtls_prefix AND EXISTS ${mbedtls_prefix}/lib/cmake/MbedTLS/MbedTLSConfig.cmake)
    unset(MbedTLS_DIR CACHE) # of an older recipe
    find_package(MbedTLS CONFIG REQUIRED PATHS ${mbedtls_prefix} NO_DEFAULT_PATH)
    read_mbedtls_origin(${mbedtls_prefix})
    set(mbedtls_found TRUE)
  elseif(PERSONA_MBEDTLS STREQUAL "prefix")
    message(FATAL_ERROR "mbedTLS is not built yet: run scripts/setup")
  endif()
endif()
if(NOT mbedtls_found AND PERSONA_MBEDTLS MATCHES "^(auto|system)$")
  find_package(MbedTLS ${PERSONA_MBEDTLS_LOWEST_SYSTEM} CONFIG QUIET)
  if(MbedTLS_FOUND)
    set(mbedtls_found TRUE)
    set(PERSONA_MBEDTLS_ORIGIN "the system's")
  elseif(PERSONA_MBEDTLS STREQUAL "system")
    message(FATAL_ERROR "no system mbedTLS ${PERSONA_MBEDTLS_LOWEST_SYSTEM} or later found: use scripts/setup and "
      "-DPERSONA_MBEDTLS=prefix. An older one lets a gateway skip the key exchange (CVE-2026-115490), unless whoever built it has "
      "mended that: then say so with -DPERSONA_MBEDTLS_LOWEST_SYSTEM=VERSION")
  endif()
endif()
if(NOT mbedtls_found)
  include(FetchContent)
  set(ENABLE_PROGRAMS OFF CACHE BOOL "" FORCE)
  set(ENABLE_TESTING OFF CACHE BOOL "" FORCE)
  FetchContent_Declare(mbedtls
    URL https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-${PERSONA_MBEDTLS_VERSION}/mbedtls-${PERSONA_MBEDTLS_VERSION}.tar.bz2
    URL_HASH SHA256=${PERSONA_MBEDTLS_SHA256})
  FetchContent_GetProperties(mbedtls)
  if(NOT mbedtls_POPULATED)
    FetchContent_Populate(mbedtls)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/cmake/configure-mbedtls ${mbedtls_SOURCE_DIR} COMMAND_ERROR_IS_FATAL ANY)
    file(STRINGS ${mbedtls_SOURCE_DIR}/.persona-patched patches REGEX "^applied ")
    list(TRANSFORM patches REPLACE "^applied " "")
    list(JOIN patches " " patches)
    set(PERSONA_MBEDTLS_ORIGIN "the upstream release, patches of persona: ${patches}")
    add_subdirectory(${mbedtls_SOURCE_DIR} ${mbedtls_BINARY_DIR} EXCLUDE_FROM_ALL)
    foreach(library mbedcrypto everest) # see scripts/build-mbedtls
      target_compile_options(${library} PRIVATE "$<$<CONFIG:Release,RelWithDebInfo>:-O3;-fno-tree-vectorize>")
    endforeach()
  endif()
endif()

# Signatures by libcrypto take a fraction of mbedTLS's time. It is the system's, shared, so that the distribution's security
# updates reach it; libssl is not used. mbedTLS calls it through hooks that are patches of ours.
set_property(CACHE PERSONA_PK PROPERTY STRINGS libcrypto mbedtls)
if(NOT PERSONA_PK MATCHES "^(libcrypto|mbedtls)$")
  message(FATAL_ERROR "PERSONA_PK is libcrypto or mbedtls, not ${PERSONA_PK}")
endif()
if(PERSONA_PK STREQUAL "libcrypto")
  get_target_property(mbedtls_headers MbedTLS::mbedcrypto INTERFACE_INCLUDE_DIRECTORIES)
  string(REGEX REPLACE "\\$<BUILD_INTERFACE:([^>]*)>" "\\1" mbedtls_headers "${mbedtls_headers}")
  set(lacking "")
  foreach(hook IN ITEMS ecdsa.h:MBEDTLS_ECDSA_VERIFY_HOOK rsa.h:MBEDTLS_RSA_PUBLIC_HOOK pk.h:MBEDTLS_PK_SIGNER)
    string(REPLACE ":" ";" hook ${hook})
    list(GET hook 0 header)
    list(GET hook 1 macro)
    unset(file CACHE)
    find_file(file mbedtls/${header} PATHS ${mbedtls_headers} NO_DEFAULT_PATH NO_CACHE)
    set(found "")
    if(file)
      file(STRINGS ${file} found REGEX "^#define ${macro}$")
    endif()
    if(NOT found)
      set(lacking "this mbedTLS has no hooks for it (cmake/mbedtls-signature-hooks.patch, mbedtls-pk-signer.patch)")
    endif()
    unset(file)
  endforeach()
  if(WIN32)
    set(lacking "it is not used on Windows")
  elseif(NOT lacking)
    pkg_check_modules(LIBCRYPTO IMPORTED_TARGET libcrypto>=3.0)
    if(NOT LIBCRYPTO_FOUND)
      set(lacking "it is not found (Debian: libssl-dev)")
    endif()
  endif()
  if(lacking)
    message(STATUS "mbedTLS will sign and verify, several times slower than libcrypto: ${lacking}")
    set(PERSONA_PK mbedtls)
  endif()
endif()

# Restricts system calls; without it a process is confined all the same, by what the kernel does alone.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  pkg_check_modules(LIBSECCOMP IMPORTED_TARGET libseccomp)
  if(NOT LIBSECCOMP_FOUND)
    message(STATUS "libseccomp not found (Debian: libseccomp-dev): system calls will not be restricted")
  endif()
endif()

if(NOT PERSONA_LIBCRUX_INCLUDE)
  message(STATUS "No X25519MLKEM768: it needs what scripts/setup builds (a patch of mbedTLS, and libcrux). tls.groups begins with x25519.")
endif()

# What `persona version` says: of shared libraries those that it was compiled with, which may be replaced by newer ones.
set(PERSONA_BUILT_WITH "")
foreach(library IN ITEMS
    "yaml-cpp:${yaml-cpp_VERSION}" "fmt:${fmt_VERSION}" "nlohmann-json:${nlohmann_json_VERSION}"
    "CLI11:${CLI11_VERSION}" "tl-expected:${tl-expected_VERSION}" "prometheus-cpp:${PROMETHEUS_VERSION}${prometheus-cpp_VERSION}"
    "libcrypto:${LIBCRYPTO_VERSION}" "libseccomp:${LIBSECCOMP_VERSION}" "p11-kit:${P11_KIT_VERSION}"
    "${CMAKE_CXX_COMPILER_ID}:${CMAKE_CXX_COMPILER_VERSION}")
  if(library MATCHES "^(.+):(.+)$")
    list(APPEND PERSONA_BUILT_WITH "${CMAKE_MATCH_1} ${CMAKE_MATCH_2}")
  endif() # else it is not there
endforeach()
list(TRANSFORM PERSONA_BUILT_WITH REPLACE "^GNU " "GCC ")
list(JOIN PERSONA_BUILT_WITH ", " PERSONA_BUILT_WITH)
