cmake_minimum_required(VERSION 3.25)
# Fails when a file includes a header of an area, or of a third-party library, that its own area may not use, or reaches into
# mbedTLS where that is not allowed.
# Usage: cmake -DROOT=<source folder> -DAREAS=<build folder>/areas.cmake -P layering.cmake
# The areas and what they use are those of src/CMakeLists.txt: `areas`, and `uses_NAME` for each, itself included.
include(${AREAS})

# Which areas may include what of third parties.
set(only_uv.h net)
set(only_mbedtls pk x509 trust identity authority tls agent token store)
set(only_openssl pk)
set(only_psa x509 trust identity authority tls store)
set(only_yaml-cpp config)
set(only_CLI cli)
set(only_prometheus admin)
set(only_p11-kit token)
set(only_grpcpp workload)
set(only_google workload)

# The files that touch private fields of mbedTLS: to be looked at with every new release of it.
set(private_fields
  src/tls/resumption.cpp    # a ticket as a session, and the secrets of one
  src/tls/ssl.cpp           # the alert that was received, the state of a handshake
  src/trust/signature.cpp   # what a signature covers, and how
  src/x509/certificate.cpp) # pathLenConstraint

# The one file that asks which platform it is.
set(both_platforms include/persona/base/sockets.hpp)

function(complain file line)
  file(RELATIVE_PATH name ${ROOT} ${file})
  message(SEND_ERROR "${name}: ${line}")
endfunction()

foreach(root src include/persona)
  file(GLOB entries LIST_DIRECTORIES true RELATIVE ${ROOT}/${root} ${ROOT}/${root}/*)
  foreach(entry IN LISTS entries)
    if(IS_DIRECTORY ${ROOT}/${root}/${entry} AND NOT entry IN_LIST areas)
      message(SEND_ERROR "${root}/${entry} is no area of src/CMakeLists.txt")
    endif()
  endforeach()
endforeach()

foreach(area IN LISTS areas)
  file(GLOB_RECURSE files ${ROOT}/include/persona/${area}/*.hpp ${ROOT}/src/${area}/*.hpp ${ROOT}/src/${area}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${file} includes REGEX "^#include ")
    foreach(line IN LISTS includes)
      if(line MATCHES "\"\\.\\./")
        complain(${file} "headers of another area are those of include/persona: ${line}")
      endif()
      if(line MATCHES "\"persona/([a-z0-9_]+)/")
        set(used ${CMAKE_MATCH_1})
        if(NOT used IN_LIST uses_${area})
          complain(${file} "${area} may not use ${used}: ${line}")
        endif()
      endif()
      if(line MATCHES "<(uv\\.h|mbedtls|openssl|psa|yaml-cpp|CLI|prometheus|p11-kit|grpcpp|google)[/>]")
        set(used ${CMAKE_MATCH_1})
        if(NOT area IN_LIST only_${used})
          complain(${file} "only ${only_${used}} may use ${used}: ${line}")
        endif()
      endif()
      # Platform headers only in files made for a platform.
      if(line MATCHES "<(sys/|unistd|netdb|netinet/|arpa/|poll|pwd|fcntl|io\\.h|windows|winsock|ws2)" AND
          NOT file MATCHES "_(posix|windows)\\.(cpp|hpp)$" AND NOT file STREQUAL "${ROOT}/${both_platforms}")
        complain(${file} "platform header outside a *_posix or *_windows file: ${line}")
      endif()
    endforeach()
  endforeach()
endforeach()

file(GLOB_RECURSE files ${ROOT}/src/*.cpp ${ROOT}/src/*.hpp ${ROOT}/include/*.hpp)
foreach(file IN LISTS files)
  file(STRINGS ${file} conditions REGEX "(^|[^A-Z])_WIN32|_MSC_VER|__MINGW")
  if(conditions AND NOT file STREQUAL "${ROOT}/${both_platforms}")
    complain(${file} "what differs between platforms belongs into *_posix and *_windows files: ${conditions}")
  endif()
  file(STRINGS ${file} private REGEX "MBEDTLS_PRIVATE|MBEDTLS_ALLOW_PRIVATE_ACCESS")
  file(RELATIVE_PATH name ${ROOT} ${file})
  if(private AND NOT name IN_LIST private_fields)
    complain(${file} "only ${private_fields} may touch mbedTLS's private fields: ${private}")
  endif()
endforeach()

# yaml-cpp in one source file.
set(yaml "")
foreach(file IN LISTS files)
  file(STRINGS ${file} includes REGEX "^#include <yaml-cpp/")
  if(includes)
    list(APPEND yaml ${file})
  endif()
endforeach()
list(LENGTH yaml count)
if(count GREATER 1)
  message(SEND_ERROR "yaml-cpp is included in more than one file: ${yaml}")
endif()
