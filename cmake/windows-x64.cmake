# Cross-builds for Windows x64 by Debian's g++-mingw-w64-x86-64-posix.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(target x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${target}-gcc-posix)
set(CMAKE_CXX_COMPILER ${target}-g++-posix)
set(CMAKE_RC_COMPILER ${target}-windres)
set(CMAKE_AR ${target}-gcc-ar-posix)
set(CMAKE_RANLIB ${target}-gcc-ranlib-posix)

# Windows 10 and Server 2016 or later. The assembler's limit of sections is met by templates.
set(CMAKE_C_FLAGS_INIT "-D_WIN32_WINNT=0x0A00")
set(CMAKE_CXX_FLAGS_INIT "-D_WIN32_WINNT=0x0A00 -Wa,-mbig-obj")
# The program needs nothing but the system's own DLLs: gcc's libraries and winpthreads are linked in.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")

# What scripts/setup-windows built, and nothing of the machine that builds.
if(NOT PERSONA_WINDOWS_PREFIX)
  execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/setup-windows --print-prefix
    OUTPUT_VARIABLE PERSONA_WINDOWS_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PERSONA_WINDOWS_PREFIX)
set(CMAKE_FIND_ROOT_PATH ${PERSONA_WINDOWS_PREFIX} /usr/${target})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
