# What most sources include, compiled once for a build instead of once for each source. Sources include what they use all the
# same: the preset for fuzzing and linting has no precompiled headers, and finds what is missing.
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
