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
