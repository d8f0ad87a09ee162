# Third-party libraries, from the system's packages but for mbedTLS (Debian 12 has 2.28: no TLS 1.3, end of life).
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)

# Optional: without it records are sealed by PSA, at a tenth of the speed. Static by preference, so that the program
# stands alone.
if(PERSONA_IPSEC_MB)
  find_library(PERSONA_IPSEC_MB_LIBRARY NAMES libIPSec_MB.a IPSec_MB)
  find_path(PERSONA_IPSEC_MB_INCLUDE intel-ipsec-mb.h)
  if(NOT PERSONA_IPSEC_MB_LIBRARY OR NOT PERSONA_IPSEC_MB_INCLUDE)
    unset(PERSONA_IPSEC_MB_LIBRARY CACHE)
    message(STATUS "ipsec-mb not found: records will be sealed by PSA")
  endif()
endif()

set(PERSONA_MBEDTLS_VERSION 3.6.6)
# The SHA-256 of the upstream release archive, for -DPERSONA_MBEDTLS=fetch.
set(PERSONA_MBEDTLS_SHA256 "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a")

set(mbedtls_found FALSE)
if(PERSONA_MBEDTLS MATCHES "^(auto|prefix)$")
  # What scripts/setup built: it prints the prefix of this version and of our mbedTLS configuration.
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/setup --print-mbedtls-prefix
    OUTPUT_VARIABLE mbedtls_prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(mbedtls_prefix AND EXISTS ${mbedtls_prefix}/lib/cmake/MbedTLS/MbedTLSConfig.cmake)
    unset(MbedTLS_DIR CACHE) # of an older recipe
    find_package(MbedTLS CONFIG REQUIRED PATHS ${mbedtls_prefix} NO_DEFAULT_PATH)
    set(mbedtls_found TRUE)
  elseif(PERSONA_MBEDTLS STREQUAL "prefix")
    message(FATAL_ERROR "mbedTLS is not built yet: run scripts/setup")
  endif()
endif()
if(NOT mbedtls_found AND PERSONA_MBEDTLS MATCHES "^(auto|system)$")
  find_package(MbedTLS 3.6 CONFIG QUIET)
  if(MbedTLS_FOUND)
    set(mbedtls_found TRUE)
  elseif(PERSONA_MBEDTLS STREQUAL "system")
    message(FATAL_ERROR "no system mbedTLS 3.6 or later found: use scripts/setup and -DPERSONA_MBEDTLS=prefix")
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
    add_subdirectory(${mbedtls_SOURCE_DIR} ${mbedtls_BINARY_DIR} EXCLUDE_FROM_ALL)
    foreach(library mbedcrypto everest) # see scripts/build-mbedtls
      target_compile_options(${library} PRIVATE "$<$<CONFIG:Release,RelWithDebInfo>:-O3;-fno-tree-vectorize>")
    endforeach()
  endif()
endif()
