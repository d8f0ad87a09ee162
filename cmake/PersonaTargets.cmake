# How every target of ours is compiled, and one helper for an area of the layout.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # As its manual says for precompiled headers; one cache serves every checkout.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Warnings are errors where CMAKE_COMPILE_WARNING_AS_ERROR says so, which is for who works on persona (CMakePresets.json) and
# for the tests: a compiler that is newer than ours must not break anybody's build.
add_library(persona_options INTERFACE)
target_include_directories(persona_options INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_link_libraries(persona_options INTERFACE Threads::Threads)
if(MSVC)
  target_compile_options(persona_options INTERFACE /W4 /utf-8)
else()
  target_compile_options(persona_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Wold-style-cast>")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 and 13 take "literal" + std::string for an overlapping copy (GCC bug 105651).
    target_compile_options(persona_options INTERFACE -Wno-restrict)
  endif()
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    include(PersonaHardening)
    persona_harden(persona_options)
  endif()
endif()
if(PERSONA_SANITIZE)
  target_compile_options(persona_options INTERFACE -fsanitize=${PERSONA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(persona_options INTERFACE -fsanitize=${PERSONA_SANITIZE})
  if(PERSONA_SANITIZE MATCHES "undefined")
    target_compile_options(persona_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(PERSONA_SANITIZE)
  # Links in a quarter of the processor time. What users run is linked by the system's own linker.
  find_program(PERSONA_LLD ld.lld)
  mark_as_advanced(PERSONA_LLD)
  if(PERSONA_LLD)
    target_link_options(persona_options INTERFACE -fuse-ld=lld)
  endif()
endif()

# The fuzzer is told where the code of TARGET goes: the areas and its own targets, and not the tests, which would only compile
# longer.
function(persona_tell_fuzzer target)
  if(PERSONA_FUZZ AND TARGET ${target})
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Leaves out of a list of sources those made for another platform: *_posix.cpp, *_windows.cpp and their tests.
function(persona_platform_sources list)
  if(WIN32)
    list(FILTER ${list} EXCLUDE REGEX "_posix(_test)?\\.cpp$")
  else()
    list(FILTER ${list} EXCLUDE REGEX "_windows(_test)?\\.cpp$")
  endif()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# persona_no_area(NAME USES areas...)
# One that this build does without; tests/layering.cmake looks at its files all the same.
function(persona_no_area name)
  cmake_parse_arguments(AREA "" "" "USES" ${ARGN})
  get_property(lower GLOBAL PROPERTY PERSONA_AREAS)
  foreach(used IN LISTS AREA_USES)
    if(NOT used IN_LIST lower)
      message(FATAL_ERROR "The area ${name} uses ${used}, which is not below it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY PERSONA_AREAS ${name})
  set_property(GLOBAL PROPERTY PERSONA_USES_${name} ${AREA_USES})
endfunction()

# persona_area(NAME USES areas... LIBRARIES third-party... EXCEPT sources... TOGETHER sources...)
# Every source of src/NAME made for this platform. Links are private to
# the area: what it may call is enforced by the linker, what it may include by tests/layering.cmake. TOGETHER: those with the
# same large templates of a library, which are then compiled once.
function(persona_area name)
  cmake_parse_arguments(AREA "" "" "USES;LIBRARIES;EXCEPT;TOGETHER" ${ARGN})
  persona_no_area(${name} USES ${AREA_USES})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  persona_platform_sources(sources)
  foreach(source IN LISTS AREA_EXCEPT)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${name}/${source})
  endforeach()
  if(AREA_TOGETHER)
    list(TRANSFORM AREA_TOGETHER PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${name}/)
    list(REMOVE_ITEM sources ${AREA_TOGETHER})
    list(PREPEND sources ${AREA_TOGETHER}) # one batch of the unity build
  endif()
  add_library(persona_${name} STATIC ${sources})
  target_link_libraries(persona_${name} PUBLIC persona_options)
  foreach(used IN LISTS AREA_USES)
    target_link_libraries(persona_${name} PRIVATE persona_${used})
  endforeach()
  target_link_libraries(persona_${name} PRIVATE ${AREA_LIBRARIES})
  persona_tell_fuzzer(persona_${name})
  persona_use_precompiled(persona_${name} persona_common)
  persona_use_unity(persona_${name})
endfunction()

# Writes the areas and what each may use, lowest first, for tests/layering.cmake.
function(persona_write_areas file)
  get_property(areas GLOBAL PROPERTY PERSONA_AREAS)
  set(content "set(areas ${areas})\n")
  foreach(area IN LISTS areas)
    get_property(uses GLOBAL PROPERTY PERSONA_USES_${area})
    string(APPEND content "set(uses_${area} ${area} ${uses})\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} CONTENT "${content}" @ONLY)
endfunction()
