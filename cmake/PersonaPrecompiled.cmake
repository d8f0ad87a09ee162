# How a build of everything is made short.
#
# What most sources include, compiled once for a build instead of once for each source. Sources include what they use all the
# same: the preset for linting has no precompiled headers, and finds what is missing.
option(PERSONA_PRECOMPILED_HEADERS "Compile common headers once" ON)

set(PERSONA_COMMON_HEADERS
  <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional> <set>
  <span> <string> <string_view> <unordered_map> <utility> <vector> <fmt/chrono.h> <fmt/format.h> <tl/expected.hpp>)

# persona_precompiled(NAME LIBRARY... HEADERS header...): makes the target NAME, which persona_use_precompiled(TARGET NAME) shares.
function(persona_precompiled name)
  cmake_parse_arguments(PCH "" "" "LIBRARIES;HEADERS" ${ARGN})
  if(NOT PERSONA_PRECOMPILED_HEADERS)
    return()
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "// A precompiled header needs a source.\n")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE persona_options fmt::fmt tl::expected ${PCH_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${PERSONA_COMMON_HEADERS} ${PCH_HEADERS})
endfunction()

function(persona_use_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # It forgets that these headers are the system's, and warns of GCC bug 105651 in them.
      target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
    endif()
  endif()
endfunction()

# Sources of one target are compiled together, which takes about half the time. Their anonymous namespaces are one then, so a name
# that two of them define is an error: it belongs into a header, or is two names. The presets for working on persona and for
# linting compile each source alone.
option(PERSONA_UNITY_BUILD "Compile several sources of a target as one" ON)
set(PERSONA_UNITY_BATCH 8 CACHE STRING "As many at the most; 0: all of them")

function(persona_use_unity target)
  if(NOT PERSONA_UNITY_BUILD)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${PERSONA_UNITY_BATCH})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It takes a source that another includes for a header.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  # Headers of the system define macros and exclude each other: what includes them is compiled alone.
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "_(posix|windows)(_test)?\\.cpp$")
  set_property(SOURCE ${sources} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
